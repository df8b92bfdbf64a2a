import type { Instant } from './dataset.ts';
import type { DeveloperScope } from './developer-key.ts';

/** Whose credentials signed a request. */
export type Caller =
  | {
      readonly kind: 'developer';
      readonly accountId: string;
      readonly accessKeyId: string;
      readonly scope: DeveloperScope;
    }
  | {
      readonly kind: 'identity';
      readonly poolId: string;
      readonly identityId: string;
      /** When its credentials end. */
      readonly expiresAt: Instant;
    }
  /** The operation is open; nobody asked. */
  | { readonly kind: 'anyone' };
