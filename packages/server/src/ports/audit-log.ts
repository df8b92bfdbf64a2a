import type { Instant } from '../domain/dataset.ts';

/**
 * Who did what to what, and how it ended. The words are those of docs/reference/audit-log.md, on which people's tools
 * rely. Never holds a secret, a token or a record.
 */
export interface AuditEvent {
  readonly at: Instant;
  /** Through the API, or with the command on the machine itself. */
  readonly source: 'api' | 'cli';
  readonly actor: AuditActor;
  /** The operation's name. */
  readonly action: string;
  readonly target: AuditTarget;
  /** `refused`: the actor's mistake, or not the actor's right. `failed`: the server's fault. */
  readonly outcome: 'done' | 'refused' | 'failed';
  /** The error's name, unless it was done. */
  readonly error?: string;
  /** As in `x-amzn-RequestId` and in the server's own log. */
  readonly requestId?: string;
}

export type AuditActor =
  | { readonly kind: 'developer'; readonly accessKeyId: string }
  | { readonly kind: 'identity'; readonly identityPoolId: string; readonly identityId: string }
  /** Of an operation that is open: nobody asked who it was. */
  | { readonly kind: 'anyone' }
  /** Whose credentials did not hold. The access key is what was claimed. */
  | { readonly kind: 'unverified'; readonly accessKeyId?: string }
  /** A person with an account on the machine. */
  | { readonly kind: 'operator'; readonly user: string };

/** What an action was about, as far as it was named or came to be. */
export interface AuditTarget {
  readonly identityPoolId?: string;
  readonly identityId?: string;
  /** The identity that the request named, where another came of it. */
  readonly presentedIdentityId?: string;
  readonly identityIds?: readonly string[];
  readonly datasetName?: string;
  readonly resourceArn?: string;
  /** Of deliveries. */
  readonly destination?: string;
  /** Of a developer key. */
  readonly accessKeyId?: string;
}

/** Where these events are kept. */
export interface AuditLog {
  record(event: AuditEvent): void;
}
