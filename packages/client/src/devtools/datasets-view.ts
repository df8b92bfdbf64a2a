import { isDirty } from '../record-rules.ts';
import { chip, counted, element, storedText, table, time, timeText } from './element.ts';
import type { ShownDataset, ShownRecord, Snapshot } from './snapshot.ts';

const mostRows = 200;

/** Every dataset of the user on this device, each to be unfolded into its records. */
export class DatasetsView {
  readonly element = element('div');
  readonly #filter = element('input', {
    type: 'search',
    id: 'filter',
    autocomplete: 'off',
    spellcheck: 'false',
  });
  readonly #list = element('div');
  /** Kept from one moment to the next, so that what a person unfolded stays so, and focus stays where it is. */
  readonly #folds = new Map<string, { fold: HTMLDetailsElement; summary: HTMLElement; body: HTMLElement }>();
  #snapshot: Snapshot | undefined;

  constructor() {
    const label = element('label', { for: 'filter' }, 'Keys that contain');
    this.element.append(element('p', { class: 'filter' }, label, this.#filter), this.#list);
    this.#filter.addEventListener('input', () => this.#snapshot && this.update(this.#snapshot));
  }

  update(snapshot: Snapshot): void {
    this.#snapshot = snapshot;
    const names = new Set(snapshot.datasets.map(({ head }) => head.name));
    for (const [name, { fold }] of this.#folds) {
      if (names.has(name)) continue;
      fold.remove();
      this.#folds.delete(name);
    }
    snapshot.datasets.forEach((dataset, index) => {
      const { fold } = this.#updated(dataset);
      // Only what is new is moved: moving an element takes the focus away.
      if (this.#list.children[index] !== fold)
        this.#list.insertBefore(fold, this.#list.children[index] ?? null);
    });
    this.#filter.disabled = names.size === 0;
    this.#list.dataset.empty = names.size === 0 ? 'No dataset is on this device yet.' : '';
  }

  #updated(dataset: ShownDataset) {
    const { name } = dataset.head;
    const known = this.#folds.get(name) ?? this.#folded(name);
    known.summary.replaceChildren(...summaryOf(dataset));
    if (known.fold.open) {
      const scroll = known.body.querySelector('.scroll');
      const isFocused = scroll !== null && scroll === (scroll.getRootNode() as ShadowRoot).activeElement;
      const left = scroll?.scrollLeft ?? 0;
      known.body.replaceChildren(...recordsOf(dataset, this.#filter.value));
      const next = known.body.querySelector<HTMLElement>('.scroll');
      if (isFocused) next?.focus({ preventScroll: true });
      if (next) next.scrollLeft = left;
    } else known.body.replaceChildren();
    return known;
  }

  #folded(name: string) {
    const summary = element('summary');
    const body = element('div', { class: 'body' });
    const fold = element('details', {}, summary, body);
    fold.addEventListener('toggle', () => this.#snapshot && this.update(this.#snapshot));
    const made = { fold, summary, body };
    this.#folds.set(name, made);
    return made;
  }
}

function summaryOf({ head, records, state }: ShownDataset): HTMLElement[] {
  const dirty = records.filter(({ kept }) => isDirty(kept)).length;
  const conflicts = records.filter(({ kept }) => kept.conflict).length;
  const present = records.filter(({ kept }) => kept.value !== null).length;
  return [
    element('strong', {}, head.name),
    element('span', {}, counted(present, 'record')),
    ...(dirty > 0 ? [chip(`${dirty} dirty`, 'warning')] : []),
    ...(conflicts > 0 ? [chip(counted(conflicts, 'conflict'), 'bad')] : []),
    ...(head.deletion ? [chip('to be deleted', 'bad')] : []),
    ...(state?.isSyncing ? [chip('syncing', 'good')] : []),
    ...(state?.error ? [chip(state.error.code, 'bad')] : []),
    ...(state ? [] : [chip('not open')]),
    element('span', { class: 'quiet' }, `bookmark ${head.syncCount}, synced ${timeText(head.syncedAt)}`),
  ];
}

function recordsOf({ head, records, state }: ShownDataset, filter: string): HTMLElement[] {
  const wanted = records.filter(({ key }) => key.toLowerCase().includes(filter.toLowerCase()));
  const rows = wanted.sort(inOrder).slice(0, mostRows).map(rowOf);
  const facts = [
    `Revision ${head.revision}.`,
    ...(state ? [`${counted(state.pending, 'change')} to send.`] : []),
    ...(state && state.unreadable > 0 ? [`${counted(state.unreadable, 'value')} cannot be read.`] : []),
    ...(head.folded ? [`Folded in: ${head.folded.join(', ')}.`] : []),
    ...(state?.error ? [state.error.message] : []),
  ];
  const columns = ['Key', 'Value', 'Base', 'Remote', 'State', 'Sync count', 'Changed'];
  return [
    element('p', { class: 'quiet' }, facts.join(' ')),
    rows.length > 0
      ? table(`Records of ${head.name}`, columns, rows)
      : element('p', {}, filter === '' ? 'It has no records.' : 'No key contains that.'),
    ...(wanted.length > mostRows
      ? [element('p', {}, `${wanted.length - mostRows} more are not shown: look for their keys above.`)]
      : []),
  ];
}

function rowOf({ key, kept }: ShownRecord) {
  const { value, base, conflict, sent, from, syncCount, changedAt } = kept;
  const chips = [
    ...(conflict ? [chip('conflict', 'bad')] : []),
    ...(isDirty(kept) ? [chip(value === null ? 'removed' : 'dirty', 'warning')] : []),
    ...(sent ? [chip('sent, not answered', 'warning')] : []),
    ...(from !== undefined ? [chip('from a guest')] : []),
    ...(!conflict && !isDirty(kept) ? [chip(value === null ? 'tombstone' : 'synced', 'good')] : []),
  ];
  return [
    key,
    storedText(value),
    isDirty(kept) || base === null ? storedText(base) : element('span', { class: 'nothing' }, 'same'),
    storedText(conflict ? conflict.value : undefined),
    element('span', { class: 'chips' }, ...chips),
    syncCount,
    time(changedAt),
  ];
}

/** What needs somebody comes first. */
function inOrder(one: ShownRecord, other: ShownRecord): number {
  const rank = ({ kept }: ShownRecord) =>
    kept.conflict ? 0 : isDirty(kept) ? 1 : kept.value === null ? 3 : 2;
  return rank(one) - rank(other) || (one.key < other.key ? -1 : 1);
}
