const form =
  /^arn:aws[a-z-]*:sns:(?<region>[a-z0-9-]+):\d{12}:app\/(?<platform>GCM|ADM|APNS|APNS_SANDBOX)\/[\w.-]{1,256}$/;

export interface ApplicationArn {
  readonly region: string;
  /** What devices register with, and so the kind of token that they have. */
  readonly platform: 'GCM' | 'ADM' | 'APNS' | 'APNS_SANDBOX';
}

/** @throws Error naming the ARN and what one looks like */
export function parseApplicationArn(arn: string): ApplicationArn {
  const groups = form.exec(arn)?.groups;
  if (!groups) {
    throw new Error(
      `'${arn}' is no platform application: arn:aws:sns:<region>:<account>:app/<GCM|ADM|APNS|APNS_SANDBOX>/<name>.`,
    );
  }
  return { region: groups.region ?? '', platform: groups.platform as ApplicationArn['platform'] };
}
