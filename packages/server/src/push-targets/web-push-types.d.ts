/** As much of web-push as is used; it brings no types of its own. */
declare module 'web-push' {
  interface RequestDetails {
    readonly headers: Readonly<Record<string, string | number>>;
    readonly body: Buffer;
  }

  interface WebPush {
    generateRequestDetails(
      subscription: {
        readonly endpoint: string;
        readonly keys: { readonly p256dh: string; readonly auth: string };
      },
      payload: string,
      options: {
        readonly vapidDetails: {
          readonly subject: string;
          readonly publicKey: string;
          readonly privateKey: string;
        };
        readonly TTL: number;
        readonly urgency: 'very-low' | 'low' | 'normal' | 'high';
        readonly topic: string;
      },
    ): RequestDetails;
  }

  const webPush: WebPush;
  // biome-ignore lint/style/noDefaultExport: it is how the package exports it
  export default webPush;
}
