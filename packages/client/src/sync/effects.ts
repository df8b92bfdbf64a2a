import type { Identity } from '../identity.ts';
import type { DatasetHead, KeptRecord } from '../local-store.ts';
import {
  acknowledged,
  cleared,
  type Decision,
  isDirty,
  isReady,
  orphaned,
  type RemoteRecord,
} from '../record-rules.ts';
import type { HeadChange, Replica, ReplicaChange } from '../replica.ts';
import type { Call, RemotePage, SyncApi } from '../sync-api.ts';
import { SyncError } from '../sync-error.ts';
import { utf8Bytes } from '../utf8.ts';
import { applyListing } from './apply-listing.ts';
import type { ActiveState, Outcome } from './machine.ts';
import type { SyncReport } from './report.ts';

/** What to do when the dataset was deleted on another device. */
export type RemoteDeletion = 'keep-edits' | 'keep-all' | 'discard';

/** Whether datasets of merged identities are folded in. */
export type FoldMerged = boolean | ((names: readonly string[]) => boolean | Promise<boolean>);

/** What the dataset's owner decides during a run. */
export interface Judge {
  /** Whether the resolver of the key wants to see equal values too. */
  mustAsk(record: KeptRecord): boolean;
  decide(record: KeptRecord, remote: RemoteRecord, from?: string): Promise<Decision>;
  remoteDeletion(): Promise<RemoteDeletion>;
}

export interface EffectsOptions {
  readonly replica: Replica;
  readonly identity: Identity;
  readonly api: SyncApi;
  readonly judge: Judge;
  readonly report: SyncReport;
  readonly deviceId: string | undefined;
  readonly foldsMerged: FoldMerged;
  readonly now: () => number;
  readonly signal: AbortSignal;
  readonly call: () => Promise<Call>;
  readonly renew: () => Promise<void>;
  readonly sleep: (ms: number) => Promise<void>;
  /** What other devices know this one by, when it claims a merged dataset. */
  readonly claimant: string;
}

/** In a merged dataset, which is soon deleted: the device that folds it in. */
const claimKey = 'holdall.claim';
/** A claim that is older belongs to a device that did not come back. */
const claimMs = 24 * 3_600_000;

/** For so long a session token of ListRecords is good; a minute less, as it was given out before it was used. */
export const tokenLifetimeMs = 4 * 60_000;

/** More patches than this, or more bytes, go in several updates. */
const mostPatches = 1024;
const mostPatchBytes = 1024 * 1024;

/** A dataset of many times the original's quotas; a service that goes on beyond is out of its mind. */
const mostPages = 1000;

function checkPages({ length }: readonly unknown[]): void {
  if (length >= mostPages)
    throw new SyncError('SERVICE', `The service gave ${length} pages and would go on.`);
}

const deletedHere = { kind: 'deletedHere' } as const;

type Effects = {
  readonly [At in ActiveState['at']]: (state: Extract<ActiveState, { at: At }>) => Promise<Outcome<At>>;
};

/** What each state of the machine does. Whatever goes wrong is thrown as a SyncError. */
export function createEffects(options: EffectsOptions): Effects {
  const { replica, api, judge, report, now } = options;

  /** Computes a change of the replica until nobody was faster. */
  async function change<T>(compute: () => Promise<{ change: ReplicaChange; result: T }>): Promise<T> {
    for (;;) {
      await replica.written();
      const { version } = replica;
      const { change, result } = await compute();
      if (version !== replica.version) continue;
      const isNothing = !change.put?.length && !change.erase?.length && isSameHead(replica.head, change.head);
      if (isNothing) return result;
      // What took its time, as a person does, may be answered after the run has ended.
      options.signal.throwIfAborted();
      const head = { ...change.head, syncedAt: now() };
      if (await replica.commit(version, { ...change, head }, 'remote')) return result;
    }
  }

  /** Resolvers may ask people: who has decided about the same two values is not asked again. */
  function rememberedDecisions() {
    const decisions = new Map<RemoteRecord, { value: string | null; decision: Promise<Decision> }>();
    return (record: KeptRecord, remote: RemoteRecord, from?: string): Promise<Decision> => {
      const known = decisions.get(remote);
      if (known && known.value === record.value) return known.decision;
      const decision = judge.decide(record, remote, from);
      decisions.set(remote, { value: record.value, decision });
      return decision;
    };
  }

  let folds: Promise<boolean> | undefined;
  /** Whether the app wants merged datasets folded in; asked once a run. */
  function mayFold(names: readonly string[]): Promise<boolean> {
    const { foldsMerged } = options;
    folds ??= (async () => (typeof foldsMerged === 'function' ? foldsMerged(names) : foldsMerged))();
    return folds;
  }

  /** Does as the app wishes with a dataset that was deleted elsewhere. The keys of edits that are lost by that. */
  async function giveUpDeleted(): Promise<readonly string[]> {
    const policy = await judge.remoteDeletion();
    return change(async () => {
      const isLost = (record: KeptRecord) => policy === 'discard' && isDirty(record);
      const result = [...replica.records.values()].filter(isLost).map((record) => record.key);
      const kept = policy === 'discard' ? undefined : policy === 'keep-all' ? 'all' : 'edits';
      return { change: { ...bereft(replica.records, kept), head: { syncCount: 0 } }, result };
    });
  }

  async function listAll(dataset: string): Promise<readonly RemotePage[]> {
    const pages: RemotePage[] = [];
    do {
      checkPages(pages);
      pages.push(await api.listRecords(dataset, 0, pages.at(-1)?.nextToken, await options.call()));
    } while (pages.at(-1)?.nextToken !== undefined);
    return pages;
  }

  return {
    async deleting() {
      await api.deleteDataset(replica.name, await options.call());
      await change(async () => ({
        change: {
          ...bereft(replica.records, 'all'),
          head: { syncCount: 0, deletion: undefined, sent: undefined },
        },
        result: undefined,
      }));
      return { kind: 'deleted' };
    },

    async checking() {
      const { sent } = replica.head;
      if (!sent) return { kind: 'checked' };
      // A token that is too old to tell is refused as well: then only an echo in the listing tells (R3).
      const isTelling = now() - sent.openedAt < tokenLifetimeMs;
      const isUnspent = isTelling && (await api.isUnspent(replica.name, sent.token, await options.call()));
      await change(async () => {
        const records = [...replica.records.values()];
        const put = isTelling ? records.flatMap((record) => cleared(record, !isUnspent)) : [];
        return { change: { put, head: { sent: undefined } }, result: undefined };
      });
      return { kind: 'checked' };
    },

    async listing({ pages }) {
      checkPages(pages);
      const { name, head } = replica;
      const page = await api.listRecords(name, head.syncCount, pages.at(-1)?.nextToken, await options.call());
      return { kind: 'read', page };
    },

    async claiming({ names }) {
      const [name = ''] = names;
      const unfolded = names.filter((other) => !replica.head.folded?.includes(other));
      if (!unfolded.includes(name) || !(await mayFold(unfolded))) {
        return { kind: 'claimed', merged: { name, folds: 'done', copies: [] } };
      }
      const pages = await listAll(name);
      const records = pages.flatMap((page) => page.records);
      const copies = records.filter(({ key }) => key !== claimKey);
      const claim = records.find(({ key }) => key === claimKey);
      const isFree = claim?.value == null || now() - claim.changedAt > claimMs;
      if (claim?.value !== options.claimant && !isFree) {
        return { kind: 'claimed', merged: { name, folds: 'elsewhere', copies: [] } };
      }
      if (claim?.value !== options.claimant) {
        const value = options.claimant;
        const patch = {
          key: claimKey,
          value,
          base: null,
          syncCount: claim?.syncCount ?? 0,
          changedAt: now(),
        };
        const token = pages.at(-1)?.session.token ?? '';
        await api.updateRecords(name, [patch], token, options.deviceId, await options.call());
      }
      return { kind: 'claimed', merged: { name, folds: 'here', copies } };
    },

    async applying({ pages, merged }) {
      const [first] = pages;
      if (!first) throw new Error('A listing has at least one page.');
      if (replica.head.deletion) return deletedHere;
      const isKnown = knowsAny(replica.records);
      // Where nothing was ever had, nothing is lost, whatever the service says of a listing from the start.
      const wasDeleted = first.wasDeleted && (isKnown || replica.head.syncCount > 0);
      if (wasDeleted || (!first.exists && isKnown)) {
        report.deletedElsewhere(await giveUpDeleted());
        return { kind: 'deletedElsewhere' };
      }
      const remotes = pages.flatMap((page) => page.records);
      const verdicts = { mustAsk: judge.mustAsk.bind(judge), decide: rememberedDecisions(), now };
      const here = merged.filter(({ folds }) => folds === 'here').map(({ name }) => name);
      const changes = await change(async () => {
        if (replica.head.deletion) return { change: {}, result: [] };
        const listing = { remotes, merged, isWhole: replica.head.syncCount === 0 };
        const { put, erase, changes, isComplete } = await applyListing(replica.records, listing, verdicts);
        const known = (replica.head.folded ?? []).filter((name) => first.mergedNames.includes(name));
        const folded = [...known, ...here];
        const head = {
          ...(isComplete && { syncCount: first.syncCount }),
          folded: folded.length > 0 ? folded : undefined,
        };
        return { change: { put, erase, head }, result: changes };
      });
      if (replica.head.deletion) return deletedHere;
      for (const applied of changes) report.pulled(applied);
      for (const name of here) report.merged(name);
      return { kind: 'applied' };
    },

    async pushing({ session: { token, openedAt } }) {
      const { sent, more } = await change(async () => {
        const { sent, more } = nextPatches(replica.records);
        if (sent.length === 0 || replica.head.deletion) return { change: {}, result: { sent: [], more } };
        const put = marked(replica.records, sent);
        return { change: { put, head: { sent: { token, openedAt } } }, result: { sent, more } };
      });
      if (replica.head.deletion) return deletedHere;
      if (sent.length === 0) return { kind: 'nothing' };
      const answered = await api.updateRecords(
        replica.name,
        sent,
        token,
        options.deviceId,
        await options.call(),
      );
      return { kind: 'sent', push: { sent, answered, more } };
    },

    async acknowledging({ push }) {
      const answers = new Map(push.answered.map((remote) => [remote.key, remote]));
      const highest = Math.max(...push.answered.map((remote) => remote.syncCount));
      const knows = answers.size === push.sent.length && push.sent.every(({ key }) => answers.has(key));
      const { isNext, changes } = await change(async () => {
        if (replica.head.deletion)
          return { change: { head: { sent: undefined } }, result: { isNext: false, changes: [] } };
        const changes = push.sent.flatMap((sent) => {
          const record = replica.records.get(sent.key);
          const answer = answers.get(sent.key);
          return record && answer
            ? [{ before: record, next: acknowledged(record, sent, answer), sent, answer }]
            : [];
        });
        const isNext = knows && highest === replica.head.syncCount + 1;
        const head = { sent: undefined, ...(isNext && { syncCount: highest }) };
        return { change: { put: changes.map(({ next }) => next), head }, result: { isNext, changes } };
      });
      if (replica.head.deletion) return deletedHere;
      for (const { sent, answer } of changes) report.pushed(sent, answer);
      return { kind: isNext ? 'upToDate' : 'behind' };
    },

    async dropping() {
      const unresolved = new Set([...replica.records.values()].map((record) => record.conflict?.from));
      for (const name of replica.head.folded ?? []) {
        if (unresolved.has(name)) continue;
        await api.deleteDataset(name, await options.call());
        await change(async () => {
          const rest = (replica.head.folded ?? []).filter((other) => other !== name);
          const folded = rest.length > 0 ? rest : undefined;
          return { change: { head: { folded } }, result: undefined };
        });
      }
      return { kind: 'dropped' };
    },

    async rewinding({ to }) {
      await change(async () => {
        if (to === 'dirty')
          return { change: { head: { syncCount: oldestDirty(replica) } }, result: undefined };
        // The service has lost what we know of: our counts mean nothing to it any more.
        const put = [...replica.records.values()].map((record) => ({ ...record, syncCount: 0 }));
        return { change: { put, head: { syncCount: 0 } }, result: undefined };
      });
      return { kind: 'rewound' };
    },

    async waiting({ ms }) {
      await options.sleep(ms);
      return { kind: 'waited' };
    },

    async renewing() {
      await options.renew();
      return { kind: 'renewed' };
    },
  };
}

/** Whether the service ever had one of them. */
const knowsAny = (records: ReadonlyMap<string, KeptRecord>) =>
  [...records.values()].some((record) => record.syncCount > 0);

/** Records that are left when the service has none of them any more. */
function bereft(records: ReadonlyMap<string, KeptRecord>, keep: 'edits' | 'all' | undefined): ReplicaChange {
  const put: KeptRecord[] = [];
  const erase: string[] = [];
  for (const record of records.values()) {
    const next = keep && orphaned(record, keep);
    if (next) put.push(next);
    else erase.push(record.key);
  }
  return { put, erase };
}

/** As many of the records that wait to be sent as one update may carry. */
function nextPatches(records: ReadonlyMap<string, KeptRecord>): { sent: KeptRecord[]; more: boolean } {
  const sent: KeptRecord[] = [];
  let bytes = 0;
  for (const record of records.values()) {
    if (!isReady(record)) continue;
    bytes += utf8Bytes(record.key) + utf8Bytes(record.value ?? '');
    if (sent.length === mostPatches || (sent.length > 0 && bytes > mostPatchBytes))
      return { sent, more: true };
    sent.push(record);
  }
  return { sent, more: false };
}

/** Notes in the records what is sent now, and takes away notes of updates that nothing was ever learned of. */
function marked(
  records: ReadonlyMap<string, KeptRecord>,
  sent: readonly KeptRecord[],
): readonly KeptRecord[] {
  const keys = new Set(sent.map((record) => record.key));
  const stale = [...records.values()].filter((record) => record.sent && !keys.has(record.key));
  return [
    ...sent.map((record) => ({ ...record, sent: { value: record.value, changedAt: record.changedAt } })),
    ...stale.map(({ sent: _, ...record }) => record),
  ];
}

/** Where to read again from: a dirty record whose count is stale hides behind the bookmark, and any of them may be it. */
function oldestDirty({ records, head }: Replica): number {
  const counts = [...records.values()].filter(isReady).map((record) => record.syncCount);
  return Math.min(head.syncCount, ...counts);
}

function isSameHead(head: DatasetHead, change: HeadChange = {}): boolean {
  return JSON.stringify({ ...head, ...change }) === JSON.stringify(head);
}

/** Turns what an effect threw into an outcome; an error of ours that is no SyncError is a fault of the program. */
export function errorOutcome(error: unknown, dataset: string) {
  if (error instanceof SyncError) return { kind: 'error', error } as const;
  const failed = new SyncError('INVALID', `The sync of '${dataset}' failed: ${(error as Error)?.message}`, {
    cause: error,
    dataset,
  });
  return { kind: 'error', error: failed } as const;
}
