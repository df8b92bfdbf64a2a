import type { EncryptionKey } from './encryption-key.ts';

/** The keys of a user: whatever is written is written with the newest, and all of them read. */
export class KeyRing {
  readonly #keys = new Map<string, EncryptionKey>();
  #newest: EncryptionKey;

  constructor(newest: EncryptionKey, ...older: readonly EncryptionKey[]) {
    this.#newest = newest;
    for (const key of [newest, ...older]) this.#keys.set(key.id, key);
  }

  get newest(): EncryptionKey {
    return this.#newest;
  }

  get(id: string): EncryptionKey | undefined {
    return this.#keys.get(id);
  }

  /** Reads with this key too, from now on. `dataset.reread()` then reads what could not be read before. */
  add(key: EncryptionKey): void {
    this.#keys.set(key.id, key);
  }

  /** Writes with this key from now on. `reencrypt` then rewrites what is there. */
  rotateTo(key: EncryptionKey): void {
    this.add(key);
    this.#newest = key;
  }
}
