import type { ClientEvent } from '../client-status.ts';
import type { ObservedRequest } from '../signed-fetch.ts';
import type { SyncResult } from '../sync/report.ts';
import type { SyncError } from '../sync-error.ts';

/** A sync that ended, with what it asked the service, in the order in which the answers came. */
export interface ObservedSync {
  readonly dataset: string;
  /** Epoch milliseconds. */
  readonly at: number;
  readonly outcome: SyncResult | SyncError;
  readonly requests: readonly ObservedRequest[];
}

/** The latest of what a client did, the newest first. */
export interface Activity {
  readonly syncs: readonly ObservedSync[];
  /** Those of no sync, or of one that has not ended. */
  readonly otherRequests: readonly ObservedRequest[];
}

export const noActivity: Activity = { syncs: [], otherRequests: [] };

const mostSyncs = 30;
const mostRequests = 60;

export function withEvent({ syncs, otherRequests }: Activity, event: ClientEvent): Activity {
  if (event.type === 'request') {
    const { type: _, ...request } = event;
    return { syncs, otherRequests: [request, ...otherRequests].slice(0, mostRequests) };
  }
  const { dataset, at, outcome } = event;
  const isOwn = (request: ObservedRequest) => request.at >= at && datasetOf(request.path) === dataset;
  const sync = { dataset, at, outcome, requests: otherRequests.filter(isOwn).reverse() };
  return {
    syncs: [sync, ...syncs].slice(0, mostSyncs),
    otherRequests: otherRequests.filter((request) => !isOwn(request)),
  };
}

const pathWords = new Set(['identitypools', 'identities', 'datasets', 'records', 'changes', 'device']);

/** The path without ids and without its query, which has tokens. Names of datasets stay. */
export function shownPath(path: string): string {
  const parts = (path.split('?')[0] ?? '').split('/');
  return parts
    .map((part, index) =>
      part === '' || pathWords.has(part) || parts[index - 1] === 'datasets' ? part : '…',
    )
    .join('/');
}

function datasetOf(path: string): string | undefined {
  const name = /\/datasets\/([^/?]+)/.exec(path)?.[1];
  return name === undefined ? undefined : decodeURIComponent(name);
}
