import type { KeptConflict } from '../local-store.ts';
import { element, storedText, table, time } from './element.ts';
import type { ShownRecord, Snapshot } from './snapshot.ts';

/** The three sides of every conflict that waits for a decision. The app is where it is decided. */
export class ConflictsView {
  readonly element = element('div', { 'data-empty': 'There is no conflict that waits for a decision.' });
  #shown = '';

  update({ datasets }: Snapshot): void {
    const conflicts = datasets.flatMap(({ head, records }) =>
      records.flatMap((record) => {
        const { conflict } = record.kept;
        return conflict ? [{ dataset: head.name, record, conflict }] : [];
      }),
    );
    // Replaced only when something changed: a person may be reading, or scrolling by keyboard.
    const shown = JSON.stringify(conflicts);
    if (shown === this.#shown) return;
    this.#shown = shown;
    this.element.replaceChildren(
      ...conflicts.map(({ dataset, record, conflict }) => conflictElement(dataset, record, conflict)),
    );
  }
}

function conflictElement(dataset: string, { key, kept }: ShownRecord, conflict: KeptConflict): HTMLElement {
  const { value, base, syncCount, changedAt } = kept;
  const by = [conflict.changedBy, conflict.from && `merged from ${conflict.from}`].filter(Boolean).join(', ');
  const title = `${key} in ${dataset}`;
  return element(
    'article',
    {},
    element('h3', {}, title),
    table(
      title,
      ['Side', 'Value', 'Sync count', 'Changed', 'By'],
      [
        ['Base', storedText(base), syncCount, '–', '–'],
        ['Here', storedText(value), '–', time(changedAt), 'this device'],
        ['Remote', storedText(conflict.value), conflict.syncCount, time(conflict.changedAt), by || '–'],
      ],
    ),
  );
}
