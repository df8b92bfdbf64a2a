import { isDirty } from '../record-rules.ts';
import type { ObservedRequest } from '../signed-fetch.ts';
import type { SyncError } from '../sync-error.ts';
import { type ObservedSync, shownPath } from './activity.ts';
import type { ShownDataset, ShownRecord, Snapshot } from './snapshot.ts';

const about =
  'State of a Holdall client. It has no values, no keys, no user or device ids and no error messages. Keys are numbered: ' +
  '#3 is the third record of its dataset in this report. Names of datasets and ids of requests are real.';

const mostRecords = 50;

/** What can be shown to people who may not see the user's data. `at`: epoch milliseconds. */
export function bugReport(snapshot: Snapshot, at: number, userAgent: string | undefined): string {
  const { status, datasets, activity } = snapshot;
  const { identity, isOnline, isLeader, live } = status;
  const user = identity ? (identity.guest ? 'guest' : 'signed in') : 'not known yet';
  const report = {
    about,
    at: time(at),
    userAgent,
    client: { user, isOnline, isLeader, live },
    datasets: datasets.map(datasetReport),
    syncs: activity.syncs.map(syncReport),
    otherRequests: activity.otherRequests.map(requestReport),
  };
  return JSON.stringify(report, undefined, 2);
}

function datasetReport({ head, records, state }: ShownDataset) {
  const { name, revision, syncCount, deletion, folded, syncedAt } = head;
  const numbered = records.map((record, index) => recordReport(record, index + 1));
  const unsettled = numbered.filter(({ isDirty, conflict }) => isDirty || conflict);
  return {
    name,
    isOpen: state !== undefined,
    revision,
    syncCount,
    syncedAt: time(syncedAt),
    isDeleted: deletion === true,
    folded: folded?.length,
    records: records.length,
    removed: numbered.filter(({ isRemoved }) => isRemoved).length,
    dirty: numbered.filter(({ isDirty }) => isDirty).length,
    conflicts: numbered.filter(({ conflict }) => conflict).length,
    unsettled: unsettled.slice(0, mostRecords),
    state: state && {
      ...state,
      syncedAt: time(state.syncedAt),
      error: state.error && errorReport(state.error),
    },
  };
}

function recordReport({ kept }: ShownRecord, number: number) {
  const { value, base, syncCount, changedAt, from, sent, conflict } = kept;
  return {
    key: `#${number}`,
    isDirty: isDirty(kept),
    isRemoved: value === null,
    hasBase: base !== null,
    syncCount,
    changedAt: time(changedAt),
    isSent: sent !== undefined,
    isFromGuest: from !== undefined,
    conflict: conflict && {
      isRemoved: conflict.value === null,
      syncCount: conflict.syncCount,
      changedAt: time(conflict.changedAt),
      isFromMerged: conflict.from !== undefined,
    },
  };
}

function syncReport({ dataset, at, outcome, requests }: ObservedSync) {
  return {
    dataset,
    at: time(at),
    ...(outcome instanceof Error ? { error: errorReport(outcome) } : { done: counted(outcome) }),
    requests: requests.map(requestReport),
  };
}

/** Lists become their lengths: they name keys. */
function counted(result: object): object {
  return Object.fromEntries(
    Object.entries(result).map(([name, member]) => {
      if (Array.isArray(member)) return [name, member.length];
      return [name, typeof member === 'object' && member !== null ? counted(member) : member];
    }),
  );
}

/** Without the message, which may quote keys and values, and without its cause. */
function errorReport({ code, status, serviceError, requestId, retryable, dataset }: SyncError) {
  return { code, status, serviceError: word(serviceError), requestId: word(requestId), retryable, dataset };
}

function requestReport({ method, path, at, durationMs, status, requestId }: ObservedRequest) {
  return { method, path: shownPath(path), at: time(at), durationMs, status, requestId: word(requestId) };
}

/** Names and ids come from outside: a sentence is none. */
function word(text: string | undefined): string | undefined {
  return text !== undefined && /^[\w.:-]{1,128}$/.test(text) ? text : undefined;
}

function time(at: number | undefined): string | undefined {
  return at === undefined ? undefined : new Date(at).toISOString();
}
