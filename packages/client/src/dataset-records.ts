import type { Dataset } from './dataset.ts';
import type { KeptRecord } from './local-store.ts';
import type { Replica } from './replica.ts';

// biome-ignore lint/suspicious/noExplicitAny: the types of its values do not matter here
type AnyDataset = Dataset<any, any>;

/** Calls back whenever a value, the state, or something that is kept of a record may have changed. */
export function watchRecords(dataset: AnyDataset, changed: () => void): () => void {
  let replica: Replica | undefined;
  let leave = () => {};
  // Each user has a replica of their own, and the state tells when another is there.
  const follow = () => {
    if (dataset.replica === replica) return;
    leave();
    replica = dataset.replica;
    leave = replica?.subscribe(changed) ?? (() => {});
  };
  follow();
  const unsubscribeState = dataset.state.subscribe(() => {
    follow();
    changed();
  });
  const unsubscribeValues = dataset.values.subscribe(changed);
  return () => {
    unsubscribeValues();
    unsubscribeState();
    leave();
  };
}

/** What is kept of a key; undefined before the local data is read. */
export function keptRecord(dataset: AnyDataset, key: string): KeptRecord | undefined {
  const records = dataset.replica?.records;
  if (!dataset.options.codec?.encodeKey) return records?.get(key);
  // Such a codec may take its time, and a render cannot wait: the view knows the keys of what it has read.
  return [...(records?.values() ?? [])].find((record) => dataset.keyOf(record.key) === key);
}

/** Records with a conflict that waits for a decision. */
export function conflictedRecords(dataset: AnyDataset): readonly KeptRecord[] {
  return [...(dataset.replica?.records.values() ?? [])].filter((record) => record.conflict);
}
