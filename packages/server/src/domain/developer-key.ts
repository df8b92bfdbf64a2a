import type { Instant } from './dataset.ts';

/** What developer credentials reach. */
export interface DeveloperScope {
  /** Absent: every pool there is or will be, and what concerns no pool in particular. */
  readonly poolIds?: readonly string[];
  /** Only operations that change nothing. */
  readonly readOnly: boolean;
}

/** Of the root credentials, and of keys that were made without limits. */
export const everything: DeveloperScope = { readOnly: false };

/** Developer credentials besides the root ones: made by a person, for one purpose, until they are taken back. */
export interface DeveloperKey {
  readonly accessKeyId: string;
  /** Sealed before it comes here: what is stored does not tell the secret. */
  readonly sealedSecret: string;
  /** For people, to know it by. */
  readonly description: string;
  readonly scope: DeveloperScope;
  readonly createdAt: Instant;
  /** From this moment on it is refused. */
  readonly expiresAt?: Instant;
  readonly revokedAt?: Instant;
}

/** A key that the configuration gives, secret and all. It is not stored: it is taken back by taking it out there. */
export interface GivenKey {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly scope: DeveloperScope;
  readonly expiresAt?: Instant;
}

export type KeyState = 'active' | 'expired' | 'revoked';

/** Revoked comes first, as it says that a person meant it. */
export function keyState(key: Pick<DeveloperKey, 'expiresAt' | 'revokedAt'>, now: Instant): KeyState {
  if (key.revokedAt !== undefined) return 'revoked';
  return key.expiresAt !== undefined && now >= key.expiresAt ? 'expired' : 'active';
}

/** The key once it is taken back. The first time counts. */
export function revokedKey(key: DeveloperKey, at: Instant): DeveloperKey {
  return { ...key, revokedAt: key.revokedAt ?? at };
}

/** A request as the rules of scopes see it. */
export interface ScopedRequest {
  readonly isRead: boolean;
  /** As it was sent, so it may be anything. Undefined when the operation is about no pool that the request names. */
  readonly poolId: unknown;
  /** Whether the operation leaves out by itself what its caller may not reach. */
  readonly limitsItself: boolean;
}

/** Whether credentials of this scope may make this request at all. */
export function isInScope(scope: DeveloperScope, request: ScopedRequest): boolean {
  if (scope.readOnly && !request.isRead) return false;
  if (scope.poolIds === undefined) return true;
  if (request.poolId === undefined) return request.limitsItself;
  return scope.poolIds.some((poolId) => poolId === request.poolId);
}
