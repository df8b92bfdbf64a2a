import type { Caller } from '../domain/caller.ts';
import type { Instant } from '../domain/dataset.ts';

/** Knows the secrets that requests are signed with. */
export interface CredentialSource {
  /** A promise only where something has to be looked up, which it never has for an identity: its requests are most. */
  find(
    accessKeyId: string,
    sessionToken: string | undefined,
    now: Instant,
  ): FoundCredentials | Promise<FoundCredentials>;
}

export type FoundCredentials =
  | { readonly kind: 'found'; readonly secretAccessKey: string; readonly caller: Caller }
  | { readonly kind: 'unknown' }
  | { readonly kind: 'expired' };
