import type { Instant } from './dataset.ts';

/** One user of one pool. */
export interface Identity {
  /** `<region>:<uuid>`, as the original forms it. */
  readonly id: string;
  readonly poolId: string;
  readonly createdAt: Instant;
  readonly lastModifiedAt: Instant;
}

/** A device that can be notified. */
export interface Device {
  readonly id: string;
  readonly identityId: string;
  readonly platform: string;
  /** The push token, as the device gave it. */
  readonly token: string;
  readonly registeredAt: Instant;
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
