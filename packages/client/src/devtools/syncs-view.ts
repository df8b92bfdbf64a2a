import type { ObservedRequest } from '../signed-fetch.ts';
import type { KeyChanges } from '../sync/report.ts';
import { type ObservedSync, shownPath } from './activity.ts';
import { chip, counted, element, table, time, timeText } from './element.ts';
import type { Snapshot } from './snapshot.ts';

/** The latest syncs, each to be unfolded into its requests. */
export class SyncsView {
  readonly element = element('div');
  readonly #syncs = element('div', { 'data-empty': 'No sync has ended since this panel was mounted.' });
  readonly #others = element('div');
  /** A sync that ended does not change, so neither does what shows it. */
  readonly #shown = new Map<ObservedSync, HTMLElement>();
  #otherRequests: readonly ObservedRequest[] | undefined;

  constructor() {
    this.element.append(this.#syncs, this.#others);
  }

  update({ activity: { syncs, otherRequests } }: Snapshot): void {
    for (const [sync, fold] of this.#shown) {
      if (syncs.includes(sync)) continue;
      fold.remove();
      this.#shown.delete(sync);
    }
    syncs.forEach((sync, index) => {
      if (this.#shown.has(sync)) return;
      const fold = syncElement(sync);
      this.#shown.set(sync, fold);
      this.#syncs.insertBefore(fold, this.#syncs.children[index] ?? null);
    });
    if (this.#otherRequests === otherRequests) return;
    this.#otherRequests = otherRequests;
    this.#others.replaceChildren(
      ...(otherRequests.length > 0
        ? [element('h3', {}, 'Other requests'), requestTable('Other requests', otherRequests)]
        : []),
    );
  }
}

function syncElement(sync: ObservedSync): HTMLElement {
  const { dataset, at, outcome, requests } = sync;
  const result =
    outcome instanceof Error
      ? [chip(outcome.code, 'bad')]
      : [
          chip('done', 'good'),
          element('span', {}, `${size(outcome.pulled)} pulled, ${size(outcome.pushed)} pushed`),
          ...(outcome.deferred.length > 0 ? [chip(`${outcome.deferred.length} deferred`, 'warning')] : []),
          ...(outcome.resolved.length > 0 ? [chip(`${outcome.resolved.length} resolved`)] : []),
          ...(outcome.deletedElsewhere ? [chip('deleted elsewhere', 'warning')] : []),
        ];
  const took = 'durationMs' in outcome ? `, ${Math.round(outcome.durationMs)} ms` : '';
  return element(
    'details',
    {},
    element(
      'summary',
      {},
      element('strong', {}, dataset),
      ...result,
      element('span', { class: 'quiet' }, `${timeText(at)}, ${counted(requests.length, 'request')}${took}`),
    ),
    element(
      'div',
      { class: 'body' },
      ...(outcome instanceof Error ? [element('p', {}, outcome.message)] : []),
      requests.length > 0
        ? requestTable(`Requests of a sync of ${dataset} at ${timeText(at)}`, requests)
        : element('p', {}, 'It asked the service nothing.'),
    ),
  );
}

function requestTable(label: string, requests: readonly ObservedRequest[]): HTMLElement {
  const rows = requests.map(({ method, path, status, durationMs, at, requestId }) => [
    element('code', {}, `${method} ${shownPath(path)}`),
    status === undefined ? chip('no answer', 'bad') : chip(`${status}`, status < 400 ? 'good' : 'bad'),
    `${Math.round(durationMs)} ms`,
    time(at),
    requestId === undefined ? '–' : element('code', {}, requestId),
  ]);
  return table(label, ['Request', 'Status', 'Took', 'At', 'Request id'], rows);
}

function size({ added, updated, removed }: KeyChanges): number {
  return added.length + updated.length + removed.length;
}
