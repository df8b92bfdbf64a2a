import type {
  DatasetChange,
  DatasetHead,
  KeptDataset,
  KeptRecord,
  LocalStore,
  Owner,
} from './local-store.ts';
import { edited, isDirty, type RemoteRecord } from './record-rules.ts';
import type { Judge } from './sync/effects.ts';

export interface Move {
  readonly store: LocalStore;
  readonly from: Owner;
  readonly to: Owner;
  /** The service merged the one into the other: what it knew of `from` comes to `to` by itself. */
  readonly isMerged: boolean;
  readonly now: () => number;
  /** Decides between the records of the two; undefined for a dataset that nobody has open: the later change wins. */
  readonly judge: (dataset: string) => Judge | undefined;
}

/**
 * Gives the datasets of a guest to the user who signed in, each in one transaction.
 *
 * Where the service merged the two, one of the user's devices folds in what the service had of the guest, and it may be
 * another than this one. So a record is moved with what the service had of it as its base, and waits (`from`) until it
 * is known who does: counted twice it must not be, nor lost. SPEC.md, section "Users".
 */
export async function moveDatasets(move: Move): Promise<void> {
  const { store, from } = move;
  for (const { name } of await store.datasets(from)) {
    while (!(await store.commit(await changesOf(name, move)))) {
      // Another tab wrote in between: again, from what it wrote.
    }
  }
}

async function changesOf(name: string, move: Move): Promise<readonly DatasetChange[]> {
  const { store, from, to, now } = move;
  const [source, target] = await Promise.all([store.load(from, name), store.load(to, name)]);
  if (!source) return [];
  const existing = new Map(target?.records.map((record) => [record.key, record]));
  const put: KeptRecord[] = [];
  for (const record of source.records) {
    const next = await moved(record, existing.get(record.key), name, move);
    if (next) put.push(next);
  }
  const expected = target?.head.revision ?? 0;
  const revision = Math.max(expected + 1, now());
  const erased = {
    owner: from,
    dataset: name,
    expected: source.head.revision,
    head: undefined,
    put: [],
    erase: [],
  };
  return [
    { owner: to, dataset: name, expected, head: movedHead(source, target, revision, move), put, erase: [] },
    erased,
  ];
}

function movedHead(
  { head }: KeptDataset,
  target: KeptDataset | undefined,
  revision: number,
  { from, isMerged }: Move,
): DatasetHead {
  const own: DatasetHead = { ...(target?.head ?? { name: head.name, syncCount: 0 }), revision };
  // The guest deleted it and the service was never told: what it offers of it is deleted unseen.
  return head.deletion && isMerged
    ? { ...own, folded: [...(own.folded ?? []), `${head.name}.${from}`] }
    : own;
}

/** The record as it becomes the user's; undefined when there is nothing to change. */
async function moved(
  record: KeptRecord,
  existing: KeptRecord | undefined,
  dataset: string,
  { from, isMerged, now, judge: judgeOf }: Move,
): Promise<KeptRecord | undefined> {
  const { key, value, changedAt } = record;
  const base = isMerged ? record.base : null;
  if (value === base) {
    const isNews = isMerged && !existing && value !== null;
    return isNews ? { key, value, base, syncCount: 0, changedAt, from: `${dataset}.${from}` } : undefined;
  }
  if (!existing) {
    const place = isMerged && base !== null ? { from: `${dataset}.${from}` } : {};
    return { key, value, base, syncCount: 0, changedAt, ...place };
  }
  const judge = judgeOf(dataset);
  if (existing.value === value && !judge?.mustAsk(existing)) return undefined;
  const remote: RemoteRecord = { key, value, syncCount: 0, changedAt };
  const isLater = changedAt > existing.changedAt;
  const decision = judge
    ? await judge.decide({ ...existing, base }, remote)
    : ({ use: isLater ? 'remote' : 'local' } as const);
  if (decision.use === 'value') return edited(existing, key, decision.value, now());
  if (decision.use === 'remote') return edited(existing, key, value, changedAt);
  // To be decided by a person: the user's value stays in place, and the guest's waits beside it.
  const waiting = { value, syncCount: 0, changedAt, from: `${dataset}.${from}` };
  return decision.use === 'defer' && !isDirty(existing) ? { ...existing, conflict: waiting } : undefined;
}
