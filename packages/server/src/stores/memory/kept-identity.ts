import type { Dataset, StoredRecord } from '../../domain/dataset.ts';
import type { Device, Identity } from '../../domain/identity.ts';
import { mergedDataset, mergedNames, mergedRecord } from '../../domain/merge-datasets.ts';

export interface KeptIdentity {
  identity: Identity;
  readonly datasets: Map<string, KeptDataset>;
  readonly devices: Map<string, Device>;
}

export interface KeptDataset {
  dataset: Dataset;
  readonly records: Map<string, StoredRecord>;
  readonly subscribers: Set<string>;
}

/** Gives the loser's datasets to the winner; nothing of the loser's stays. */
export function moveDatasets(loser: KeptIdentity, winner: KeptIdentity): void {
  const live = [...loser.datasets.values()].filter(({ dataset }) => dataset.exists);
  const names = mergedNames(
    loser.identity.id,
    live.map(({ dataset }) => dataset.name),
    winner.datasets.keys(),
  );
  for (const { dataset, records } of live) {
    const name = names.get(dataset.name);
    if (name === undefined) continue;
    winner.datasets.set(name, {
      dataset: mergedDataset(dataset, name),
      records: mergedRecords(records),
      subscribers: new Set(),
    });
  }
  loser.datasets.clear();
  loser.devices.clear();
}

function mergedRecords(records: ReadonlyMap<string, StoredRecord>): Map<string, StoredRecord> {
  const merged = new Map<string, StoredRecord>();
  for (const record of records.values()) {
    const kept = mergedRecord(record);
    if (kept) merged.set(kept.key, kept);
  }
  return merged;
}
