import { Listeners } from './listeners.ts';

/** A value that can be read now and watched. Made for React's `useSyncExternalStore`: it is replaced, never changed. */
export interface Readable<T> {
  get(): T;
  /** Calls back after each replacement. The function that it returns ends that. */
  subscribe(listener: () => void): () => void;
}

/** A Readable and the right to replace its value. */
export class Cell<T> implements Readable<T> {
  #value: T;
  readonly #listeners = new Listeners<void>();

  constructor(value: T) {
    this.#value = value;
  }

  readonly get = (): T => this.#value;

  readonly subscribe = (listener: () => void): (() => void) => this.#listeners.add(listener);

  set(value: T): void {
    if (Object.is(value, this.#value)) return;
    this.#value = value;
    this.#listeners.tell();
  }

  /** Replaces some members of an object, if any of them differs. */
  update(members: Partial<T>): void {
    const before = this.#value as Record<string, unknown>;
    if (Object.entries(members).some(([name, value]) => !Object.is(before[name], value))) {
      this.set({ ...this.#value, ...members });
    }
  }
}
