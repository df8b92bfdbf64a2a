import type { DatasetView } from './dataset-view.ts';
import { allReady, type Eventual, whenReady } from './eventual.ts';
import { checkEdits, type Limits } from './limits.ts';
import type { Edit, Read, Replica } from './replica.ts';
import { SyncError } from './sync-error.ts';
import type { ValueReader } from './value-reader.ts';

/** What an edit is told besides. */
export interface EditOptions {
  /** Gives up values that cannot be read. Without it, to set or to remove one is an error, `INVALID`. */
  readonly replaceUnreadable?: boolean;
}

/** What one `transact` did: the keys it read, and values by the keys it wrote; undefined removes. */
export interface Wanted {
  readonly reads: ReadonlySet<string>;
  readonly writes: ReadonlyMap<string, unknown>;
  readonly options: EditOptions;
}

interface EditsNeeds {
  readonly dataset: string;
  readonly reader: ValueReader;
  readonly view: DatasetView;
  readonly limits: Limits;
}

/** An edit, and what its text means. */
interface ValueEdit extends Edit {
  readonly name: string;
  readonly written: { readonly text: string; readonly value: unknown } | undefined;
}

/** Makes edits of values edits of texts, each at once if it can be, and in the order in which they were asked for. */
export class DatasetEdits {
  readonly #needs: EditsNeeds;
  /** Edits whose texts take their time; whoever comes later waits, so that no edit overtakes another. */
  #encoding: Promise<unknown> | undefined;

  constructor(needs: EditsNeeds) {
    this.#needs = needs;
  }

  /** Resolves when all edits so far are shown, or have failed. */
  async begun(): Promise<void> {
    await this.#encoding;
  }

  /**
   * False, and nothing is changed, when something is not as it was read, or not read yet.
   *
   * @throws SyncError `INVALID`, `QUOTA`, `STORE`
   */
  make(wanted: Wanted, replica: Replica, isCurrent: () => boolean): Eventual<boolean> {
    const { reader, view, limits } = this.#needs;
    const seen = [...wanted.reads].map((key) => {
      const value = view.storedText(key)?.text ?? null;
      return whenReady(reader.storedKey(key), (storedKey): Read => ({ key: storedKey, value }));
    });
    const edits = [...wanted.writes].map(([key, value]) => this.#edit(key, value));
    const apply = async (seen: readonly Read[], edits: readonly ValueEdit[]) => {
      if (!isCurrent()) return false;
      if (!wanted.options.replaceUnreadable && !this.#knows(replica, edits)) return false;
      checkEdits(replica, edits, limits);
      for (const { name, key, written } of edits) {
        if (written) view.expect(key, written.text, name, written.value);
      }
      return replica.edit(edits, seen);
    };
    const [allSeen, allEdits] = [allReady(seen), allReady(edits)];
    const waits = allSeen instanceof Promise || allEdits instanceof Promise || this.#encoding;
    if (!waits) return apply(allSeen as readonly Read[], allEdits as readonly ValueEdit[]);
    return this.#inOrder(Promise.all([allSeen, allEdits]), (ready) => apply(...ready));
  }

  #edit(name: string, value: unknown): Eventual<ValueEdit> {
    const { reader } = this.#needs;
    return whenReady(reader.storedKey(name), (key) =>
      whenReady(value === undefined ? undefined : reader.write(name, value), (written) => {
        return { name, key, value: written?.text ?? null, written };
      }),
    );
  }

  /** Begins what `apply` does when the value is there and all that was asked for before has begun. */
  async #inOrder<V, T>(value: Promise<V>, apply: (value: V) => Promise<T>): Promise<T> {
    const before = this.#encoding;
    // In an object, as the next one waits for the beginning only.
    const begun = Promise.all([value, before]).then(([value]) => ({ done: apply(value) }));
    const encoding = Promise.allSettled([begun, before]);
    this.#encoding = encoding;
    void encoding.then(() => {
      if (this.#encoding === encoding) this.#encoding = undefined;
    });
    return (await begun).done;
  }

  /**
   * False while the present texts of the keys are still being read.
   *
   * @throws SyncError `INVALID` when one cannot be read: it may be worth more than what would replace it
   */
  #knows(replica: Replica, edits: readonly Edit[]): boolean {
    return edits.every(({ key }) => {
      const reading = this.#needs.view.storedReading(key);
      if ((replica.records.get(key)?.value ?? null) !== (reading?.text ?? null)) return false;
      if (!reading || !('error' in reading)) return true;
      const message = `${reading.error.message} So it is left as it is, unless 'replaceUnreadable' gives it up.`;
      const { cause } = reading.error;
      throw new SyncError('INVALID', message, { cause, dataset: this.#needs.dataset, key: reading.key });
    });
  }
}
