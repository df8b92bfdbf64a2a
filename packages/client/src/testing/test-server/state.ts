// What the test server keeps. Plain and mutable: one request is answered at a time.

/** Epoch milliseconds. */
export type Instant = number;

export interface Pool {
  readonly id: string;
  /** What CreateIdentityPool took, in the wire's own words. */
  readonly settings: PoolSettings;
  configuration: PoolConfiguration;
}

/** In the wire's own words. */
export interface PoolConfiguration {
  /** Its application ARNs say for which platforms devices may register: `…:app/<platform>/<name>`. */
  readonly PushSync?: { readonly ApplicationArns?: readonly string[]; readonly RoleArn?: string };
  readonly CognitoStreams?: object;
}

export interface PoolSettings {
  readonly IdentityPoolName: string;
  readonly AllowUnauthenticatedIdentities: boolean;
  readonly AllowClassicFlow?: boolean;
  readonly DeveloperProviderName?: string;
  readonly SupportedLoginProviders?: Readonly<Record<string, string>>;
  readonly OpenIdConnectProviderARNs?: readonly string[];
}

export interface Login {
  readonly provider: string;
  readonly subject: string;
}

export interface Identity {
  readonly id: string;
  readonly poolId: string;
  readonly createdAt: Instant;
  modifiedAt: Instant;
  /** Without any it is a guest. */
  logins: readonly Login[];
  /** It was merged into another, for good. */
  disabled: boolean;
  mergedInto: string | undefined;
  readonly datasets: Map<string, Dataset>;
  readonly devices: Map<string, Device>;
}

export interface Device {
  readonly id: string;
  readonly platform: string;
  readonly token: string;
}

export interface Dataset {
  readonly name: string;
  /** Never goes back, not even when the dataset is deleted. */
  syncCount: number;
  /** The count that the last deletion took; 0 for none. */
  deletedAt: number;
  exists: boolean;
  createdAt: Instant;
  modifiedAt: Instant;
  modifiedBy: string;
  /** By key, tombstones included. */
  records: Map<string, StoredRecord>;
  /** Sessions that an update has closed. */
  spent: readonly { readonly id: string; readonly expiresAt: Instant }[];
  readonly subscribers: Set<string>;
}

export interface StoredRecord {
  readonly key: string;
  /** Null in a tombstone. */
  readonly value: string | null;
  readonly syncCount: number;
  readonly modifiedAt: Instant;
  readonly modifiedBy: string;
  readonly deviceModifiedAt: Instant;
}

export interface Kept {
  readonly pools: Map<string, Pool>;
  readonly identities: Map<string, Identity>;
}

export function newIdentity(id: string, poolId: string, logins: readonly Login[], at: Instant): Identity {
  return {
    id,
    poolId,
    createdAt: at,
    modifiedAt: at,
    logins,
    disabled: false,
    mergedInto: undefined,
    datasets: new Map(),
    devices: new Map(),
  };
}

export function newDataset(name: string, at: Instant): Dataset {
  return {
    name,
    syncCount: 0,
    deletedAt: 0,
    exists: false,
    createdAt: at,
    modifiedAt: at,
    modifiedBy: '',
    records: new Map(),
    spent: [],
    subscribers: new Set(),
  };
}

/** Names of datasets that exist, in binary order. */
export function liveNames(identity: Identity | undefined): string[] {
  const live = [...(identity?.datasets.values() ?? [])].filter(({ exists }) => exists);
  return live.map(({ name }) => name).sort(compareBinary);
}

export interface Size {
  readonly records: number;
  readonly tombstones: number;
  /** UTF-8 bytes of keys and values of live records. */
  readonly bytes: number;
}

export function sizeOf(records: Iterable<StoredRecord>): Size {
  let live = 0;
  let tombstones = 0;
  let bytes = 0;
  for (const { key, value } of records) {
    if (value === null) {
      tombstones += 1;
      continue;
    }
    live += 1;
    bytes += utf8.encode(key).length + utf8.encode(value).length;
  }
  return { records: live, tombstones, bytes };
}

const utf8 = new TextEncoder();

/** The order of the UTF-8 bytes; `<` compares UTF-16 units, which differ beyond U+FFFF. */
export function compareBinary(left: string, right: string): number {
  const one = utf8.encode(left);
  const other = utf8.encode(right);
  const shorter = Math.min(one.length, other.length);
  for (let index = 0; index < shorter; index++) {
    const difference = (one[index] ?? 0) - (other[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return one.length - other.length;
}
