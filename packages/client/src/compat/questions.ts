import type { Dataset } from '../dataset.ts';
import type { DatasetOptions } from '../dataset-options.ts';
import type { SyncClient } from '../sync-client.ts';
import { SyncError } from '../sync-error.ts';

export type TextDataset = Dataset<Readonly<Record<string, string>>>;

/** Ends a sync that has changed nothing, because the app has to be asked first. */
export class Question extends SyncError {
  /** Names of merged datasets; undefined when the dataset was deleted elsewhere. */
  readonly merged: readonly string[] | undefined;

  constructor(dataset: string, merged?: readonly string[]) {
    const what = merged ? `merged with ${merged}` : 'deleted elsewhere';
    super('ABORTED', `'${dataset}' was ${what}, and nobody agreed to that.`, { dataset });
    this.merged = merged;
  }
}

/** What the app agreed to when it was asked. No run of the core waits for an answer: it ends, and another one begins. */
export class Consent {
  readonly options: DatasetOptions;
  #mayDiscard = false;
  #merges: readonly string[] = [];

  constructor(dataset: string) {
    this.options = {
      autoSync: false,
      resolve: () => ({ use: 'defer' }),
      onRemoteDelete: () => {
        if (!this.#mayDiscard) throw new Question(dataset);
        this.#mayDiscard = false;
        return 'discard';
      },
      foldMerged: (names) => {
        if (names.every((name) => this.#merges.includes(name))) return true;
        throw new Question(dataset, names);
      },
    };
  }

  give({ merged }: Question): void {
    if (merged) this.#merges = merged;
    else this.#mayDiscard = true;
  }
}

const consents = new WeakMap<TextDataset, Consent>();

/** The client's dataset. One that the app has opened before, with options of its own, keeps them: nobody is asked then. */
export function openDataset(client: SyncClient, name: string): { core: TextDataset; consent: Consent } {
  const consent = new Consent(name);
  const core = client.dataset(name, consent.options);
  if (core.options === consent.options) consents.set(core, consent);
  return { core, consent: consents.get(core) ?? consent };
}
