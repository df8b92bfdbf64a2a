import { type Change, changeNumber, combined } from '../domain/change.ts';
import { changeEvent, eventsText } from './event-text.ts';
import type { Listener } from './listener.ts';

/** An identity that somebody listens to: what its datasets were at last, and who is to be told. */
export class ListenedIdentity {
  readonly identityPoolId: string;
  readonly identityId: string;
  readonly listeners = new Set<Listener>();
  /** The newest of each dataset, complete as soon as one listener has read what there is. */
  readonly #newest = new Map<string, Change>();
  /** Not told to anybody yet. */
  #untold = new Map<string, Change>();

  constructor(identityPoolId: string, identityId: string) {
    this.identityPoolId = identityPoolId;
    this.identityId = identityId;
  }

  /** Takes notice of a change; true if it is news, and the first since `tell`. */
  note(change: Change): boolean {
    const { datasetName, syncCount, deleted } = change;
    const known = this.#newest.get(datasetName)?.syncCount ?? 0;
    if (syncCount <= known) return false;
    // Without the device: whoever comes later is told how things are, not who did it.
    this.#newest.set(datasetName, { datasetName, syncCount, ...(deleted && { deleted }) });
    this.#untold.set(datasetName, combined(this.#untold.get(datasetName), change));
    return this.#untold.size === 1;
  }

  /** Tells everybody who has begun to listen what nobody was told yet. */
  tell(): void {
    if (this.#untold.size === 0) return;
    const changes = this.#untold;
    this.#untold = new Map();
    let text: string | undefined;
    const textForAll = () => {
      text ??= this.textOf(changes.values());
      return text;
    };
    for (const listener of this.listeners) listener.tell(changes, textForAll);
  }

  /** Changes as events that are written together. Everything else must have been told before: the id says so. */
  textOf(changes: Iterable<Change>): string {
    return eventsText(
      Array.from(changes, (change) => changeEvent(this, change)),
      this.number,
    );
  }

  /** How all datasets are. */
  get newest(): Iterable<Change> {
    return this.#newest.values();
  }

  get number(): number {
    return changeNumber(this.#newest.values());
  }
}
