import type { DatasetChange, DatasetHead, KeptRecord, LocalStore, Owner } from './local-store.ts';
import { foldDecided, folded, type RemoteRecord } from './record-rules.ts';
import type { Judge } from './sync/effects.ts';

export interface Move {
  readonly store: LocalStore;
  readonly from: Owner;
  readonly to: Owner;
  readonly now: () => number;
  /** Decides between the records of the two; undefined for a dataset that nobody has open: the later change wins. */
  readonly judge: (dataset: string) => Judge | undefined;
}

/**
 * Gives the datasets of a guest to the user who signed in, as edits of that user, each in one transaction.
 *
 * Of a guest that the service knows, what the service has of the guest stays behind: when it merges the two identities, it offers
 * the guest's dataset to be folded in, and what this device has moved itself must not be counted twice.
 */
export async function moveDatasets({ store, from, to, now, judge }: Move): Promise<void> {
  for (const { name, movedTo } of await store.datasets(from)) {
    if (movedTo !== undefined) continue;
    while (!(await store.commit(await moveOf(name)))) {
      // Another tab wrote in between: again, from what it wrote.
    }
  }

  async function moveOf(name: string): Promise<readonly DatasetChange[]> {
    const [source, target] = await Promise.all([store.load(from, name), store.load(to, name)]);
    if (!source) return [];
    const existing = new Map(target?.records.map((record) => [record.key, record]));
    const put: KeptRecord[] = [];
    for (const record of source.records) {
      const next = await moved(existing.get(record.key), record, judge(name));
      if (next) put.push(next);
    }
    const expected = target?.head.revision ?? 0;
    const head: DatasetHead = {
      ...(target?.head ?? { name, syncCount: 0 }),
      revision: Math.max(expected + 1, now()),
      // The guest deleted it, and the service was never told: what it offers of it is deleted unseen.
      ...(source.head.deletion && { folded: [...(target?.head.folded ?? []), `${name}.${from}`] }),
    };
    return [
      { owner: to, dataset: name, expected, head, put, erase: [] },
      from === '' ? erased(name, source.head) : leftBehind(name, source.head, source.records),
    ];
  }

  async function moved(
    existing: KeptRecord | undefined,
    record: KeptRecord,
    judge: Judge | undefined,
  ): Promise<KeptRecord | undefined> {
    const copy: RemoteRecord = {
      key: record.key,
      value: record.value,
      syncCount: 0,
      changedAt: record.changedAt,
    };
    const reception = folded(
      existing,
      copy,
      undefined,
      existing !== undefined && (judge?.mustAsk(existing) ?? false),
    );
    if (reception.kind === 'keep') return reception.record;
    if (reception.kind === 'unchanged' || !existing) return undefined;
    const isLater = record.changedAt > existing.changedAt;
    const decision = judge
      ? await judge.decide(existing, copy)
      : ({ use: isLater ? 'remote' : 'local' } as const);
    // A guest's value that has to be decided about keeps that of the user; it comes back when the service merges them.
    return decision.use === 'defer' ? undefined : foldDecided(existing, copy, decision, '', now());
  }

  function erased(dataset: string, head: DatasetHead): DatasetChange {
    return { owner: from, dataset, expected: head.revision, head: undefined, put: [], erase: [] };
  }

  function leftBehind(dataset: string, head: DatasetHead, records: readonly KeptRecord[]): DatasetChange {
    const known = records.filter((record) => record.base !== null);
    return {
      owner: from,
      dataset,
      expected: head.revision,
      head: { ...head, revision: Math.max(head.revision + 1, now()), movedTo: to },
      put: known.map(({ key, base, syncCount, changedAt }) => ({
        key,
        value: base,
        base,
        syncCount,
        changedAt,
      })),
      erase: records.filter((record) => record.base === null).map((record) => record.key),
    };
  }
}
