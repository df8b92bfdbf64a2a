import type { Dataset, Identity, Kept } from './state.ts';

/** By identity id. */
export type KeptState = Readonly<Record<string, KeptIdentityState>>;

/** An identity as the test server has it. */
export interface KeptIdentityState {
  readonly identityPoolId: string;
  /** Login provider and the user's name there; a guest has none. */
  readonly logins: readonly { readonly provider: string; readonly subject: string }[];
  /** The identity that it was merged into. */
  readonly mergedInto?: string;
  /** By name; those that were deleted are there with `exists: false`. */
  readonly datasets: Readonly<Record<string, KeptDatasetState>>;
}

/** A dataset as the test server has it. */
export interface KeptDatasetState {
  readonly exists: boolean;
  readonly syncCount: number;
  /** Key → value of the records that are there. */
  readonly values: Readonly<Record<string, string>>;
  /** Key → sync count, removed records included. */
  readonly syncCounts: Readonly<Record<string, number>>;
}

export function readState({ identities }: Kept): KeptState {
  return Object.fromEntries([...identities].map(([id, identity]) => [id, identityState(identity)]));
}

function identityState({ poolId, logins, mergedInto, datasets }: Identity): KeptIdentityState {
  return {
    identityPoolId: poolId,
    logins,
    ...(mergedInto !== undefined && { mergedInto }),
    datasets: Object.fromEntries([...datasets].map(([name, dataset]) => [name, datasetState(dataset)])),
  };
}

function datasetState({ exists, syncCount, records }: Dataset): KeptDatasetState {
  const all = [...records.values()];
  return {
    exists,
    syncCount,
    values: Object.fromEntries(all.flatMap(({ key, value }) => (value === null ? [] : [[key, value]]))),
    syncCounts: Object.fromEntries(all.map((record) => [record.key, record.syncCount])),
  };
}
