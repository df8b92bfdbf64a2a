import type { Instant } from './dataset.ts';
import type { Login } from './login.ts';

/**
 * One user of one pool. Without logins it is a **guest**. An identity is **disabled** for good when it was merged into
 * another or when its last login was taken from it: it gets no tokens any more, and nothing can be written to it.
 */
export interface Identity {
  /** `<region>:<uuid>`, as the original forms it. */
  readonly id: string;
  readonly poolId: string;
  readonly createdAt: Instant;
  readonly lastModifiedAt: Instant;
  /** In the order of `compareLogins`. A login belongs to one identity of its pool at most. */
  readonly logins: readonly Login[];
  readonly disabled: boolean;
  /** The identity that has its logins and its data now; it may have been merged into another itself since. */
  readonly mergedInto?: string;
}

/** A device that can be notified. */
export interface Device {
  readonly id: string;
  readonly identityId: string;
  readonly platform: string;
  /** The push token, as the device gave it. */
  readonly token: string;
  readonly registeredAt: Instant;
  /** The platform application that it was made known to, by its ARN. */
  readonly application?: string;
  /** What the application has it under, where it has it under something. */
  readonly endpoint?: string;
}

/** What an identity stores, over all its datasets that exist. */
export interface IdentityUsage {
  readonly identityId: string;
  readonly poolId: string;
  readonly lastModifiedAt: Instant;
  readonly datasetCount: number;
  readonly storageBytes: number;
}

/** What a pool stores, over all its identities. */
export interface PoolUsage {
  readonly poolId: string;
  readonly lastModifiedAt: Instant;
  readonly storageBytes: number;
}

/** An id of a pool or an identity: the region, then a random UUID in lower case. */
export function regionalId(region: string, uuid: string): string {
  return `${region}:${uuid}`;
}

/** A new identity, a guest unless it has logins. */
export function newIdentity(id: string, poolId: string, logins: readonly Login[], at: Instant): Identity {
  return { id, poolId, createdAt: at, lastModifiedAt: at, logins, disabled: false };
}
