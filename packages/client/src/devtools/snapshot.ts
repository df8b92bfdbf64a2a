import type { ClientStatus } from '../client-status.ts';
import type { DatasetState } from '../dataset-state.ts';
import type { DatasetHead, KeptRecord } from '../local-store.ts';
import type { SyncClient } from '../sync-client.ts';
import type { Activity } from './activity.ts';

/** What the panel shows, at one moment. */
export interface Snapshot {
  readonly status: ClientStatus;
  readonly datasets: readonly ShownDataset[];
  readonly activity: Activity;
}

export interface ShownDataset {
  readonly head: DatasetHead;
  /** Values as they are stored: what a codec encrypts, is encrypted here. */
  readonly records: readonly ShownRecord[];
  /** Undefined when nobody has opened it. */
  readonly state: DatasetState | undefined;
}

export interface ShownRecord {
  /** The app's name of it, as far as it is known. */
  readonly key: string;
  readonly kept: KeptRecord;
}

export type KeptDatasets = Awaited<ReturnType<SyncClient['inspect']>>;

/** `kept`: what the store has, for the datasets that are not open. */
export function snapshotOf(client: SyncClient, kept: KeptDatasets, activity: Activity): Snapshot {
  const shown = new Map(kept.map((dataset) => [dataset.head.name, closedDataset(dataset)]));
  for (const dataset of client.openDatasets()) {
    const { replica, name } = dataset;
    const records = [...(replica?.records.values() ?? [])].map((record) => ({
      key: dataset.keyOf(record.key),
      kept: record,
    }));
    const head = replica?.head ?? { name, revision: 0, syncCount: 0 };
    shown.set(name, { head, records, state: dataset.state.get() });
  }
  const datasets = [...shown.values()].sort((one, other) => (one.head.name < other.head.name ? -1 : 1));
  return { status: client.status.get(), datasets, activity };
}

function closedDataset({ head, records }: KeptDatasets[number]): ShownDataset {
  return { head, records: records.map((kept) => ({ key: kept.key, kept })), state: undefined };
}
