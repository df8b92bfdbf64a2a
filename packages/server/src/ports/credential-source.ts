import type { Caller } from '../domain/caller.ts';
import type { Instant } from '../domain/dataset.ts';

/** Knows the secrets that requests are signed with. */
export interface CredentialSource {
  find(accessKeyId: string, sessionToken: string | undefined, now: Instant): FoundCredentials;
}

export type FoundCredentials =
  | { readonly kind: 'found'; readonly secretAccessKey: string; readonly caller: Caller }
  | { readonly kind: 'unknown' }
  | { readonly kind: 'expired' };
