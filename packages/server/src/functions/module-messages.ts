// What travels between a thread that runs a function and the server. Events and answers go as JSON text, so that the
// function has values of its own, and what it answers was made into text on its own time.

export interface ThreadSettings {
  /** URL of the module. */
  readonly module: string;
  readonly functionArn: string;
  readonly memoryMb: number;
}

export interface ThreadRequest {
  readonly id: number;
  readonly event: string;
  readonly remainingMs: number;
}

/** The first says that the module is loaded. */
export type ThreadReply =
  | { readonly kind: 'ready' }
  | { readonly kind: 'answered'; readonly id: number; readonly text: string }
  | { readonly kind: 'failed'; readonly id: number; readonly message: string };
