import type { Logger } from './ports/logger.ts';
import type { Store } from './ports/store.ts';

/** How many identities one write erases: few enough that other writes hardly wait. */
const identitiesPerWrite = 50;

/** Erases in the background what deleted identities and deleted pools held. Begins again after a restart where it was. */
export class Purger {
  readonly #store: Pick<Store, 'purge'>;
  readonly #logger: Logger;
  #running: Promise<void> | undefined;
  #wokenAgain = false;
  #closed = false;

  constructor(store: Pick<Store, 'purge'>, logger: Logger) {
    this.#store = store;
    this.#logger = logger;
  }

  /** There may be something to erase. */
  wake(): void {
    this.#wokenAgain = true;
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined;
    });
  }

  /** Stops after the write that runs; what is left is erased after the next start. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#running;
  }

  async #run(): Promise<void> {
    let identities = 0;
    try {
      while (this.#wokenAgain && !this.#closed) {
        this.#wokenAgain = false;
        identities += await this.#purgeAll();
      }
      if (identities > 0) this.#logger.info({ identities }, 'deleted identities erased');
    } catch (err) {
      this.#logger.error({ err }, 'erasing deleted identities failed; the next start tries again');
    }
  }

  async #purgeAll(): Promise<number> {
    let total = 0;
    for (;;) {
      if (this.#closed) return total;
      const erased = await this.#store.purge(identitiesPerWrite);
      if (erased === 0) return total;
      total += erased;
    }
  }
}
