import type { SyncTriggerEvent } from '../domain/sync-trigger.ts';
import { ModuleWorker, type ModuleWorkerOptions } from './module-worker.ts';
import type { TriggerFunction } from './trigger-function.ts';

export interface ModuleFunctionOptions extends ModuleWorkerOptions {
  readonly threads: number;
}

/**
 * A module that runs in threads, which are started when they are needed and kept. One that ends, because the function
 * crashed, exited, used up its memory or was too slow, is replaced by the next event.
 */
export class ModuleFunction implements TriggerFunction {
  readonly #options: ModuleFunctionOptions;
  readonly #workers = new Set<ModuleWorker>();
  readonly #idle: ModuleWorker[] = [];
  /** Called when a thread may be taken, in the order of their coming. */
  readonly #waiting = new Set<() => void>();
  #busy = 0;

  constructor(options: ModuleFunctionOptions) {
    this.#options = options;
  }

  async invoke(event: SyncTriggerEvent, signal: AbortSignal): Promise<unknown> {
    return this.#withThread(signal, async (worker) =>
      JSON.parse(await worker.run(JSON.stringify(event), signal)),
    );
  }

  /** Loads the module. */
  async probe(signal: AbortSignal): Promise<void> {
    await this.#withThread(signal, async (worker) => {
      const stop = () => void worker.end(signal.reason as Error);
      signal.addEventListener('abort', stop, { once: true });
      try {
        await worker.loaded;
      } finally {
        signal.removeEventListener('abort', stop);
      }
    });
  }

  async close(): Promise<void> {
    await Promise.all([...this.#workers].map((worker) => worker.end()));
  }

  async #withThread<Result>(
    signal: AbortSignal,
    use: (worker: ModuleWorker) => Promise<Result>,
  ): Promise<Result> {
    if (this.#busy >= this.#options.threads) await this.#turn(signal);
    else this.#busy += 1;
    let worker: ModuleWorker | undefined;
    try {
      signal.throwIfAborted();
      worker = this.#idle.pop() ?? this.#start();
      // One that ended while nobody used it.
      if (worker.hasEnded) worker = this.#start();
      return await use(worker);
    } finally {
      if (worker?.hasEnded) this.#workers.delete(worker);
      else if (worker) this.#idle.push(worker);
      this.#passOn();
    }
  }

  #start(): ModuleWorker {
    for (const worker of this.#workers) if (worker.hasEnded) this.#workers.delete(worker);
    const worker = new ModuleWorker(this.#options);
    this.#workers.add(worker);
    return worker;
  }

  /** Waits for somebody to hand on a place. */
  #turn(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const take = () => {
        signal.removeEventListener('abort', giveUp);
        resolve();
      };
      const giveUp = () => {
        this.#waiting.delete(take);
        reject(signal.reason as Error);
      };
      this.#waiting.add(take);
      signal.addEventListener('abort', giveUp, { once: true });
      if (signal.aborted) giveUp();
    });
  }

  #passOn(): void {
    const [next] = this.#waiting;
    if (!next) {
      this.#busy -= 1;
      return;
    }
    this.#waiting.delete(next);
    next();
  }
}
