import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';
import { syncTriggerTimeoutMs } from '../domain/sync-trigger.ts';
import type { ThreadReply, ThreadRequest, ThreadSettings } from './module-messages.ts';

export interface ModuleWorkerOptions extends ThreadSettings {
  readonly environment: Readonly<Record<string, string>>;
  /** Told what the function prints. */
  readonly onOutput: (text: string) => void;
}

interface Waiting {
  readonly id: number;
  readonly resolve: (text: string) => void;
  readonly reject: (error: Error) => void;
}

const youngGenerationMb = 16;
const stackMb = 4;

/** The near end of one thread that runs a function, one event at a time. Once it has ended it is of no more use. */
export class ModuleWorker {
  readonly #worker: Worker;
  #waiting: Waiting | undefined;
  #nextId = 1;
  #ended: Error | undefined;
  /** Resolves when the module is loaded. */
  readonly loaded: Promise<void>;

  constructor({ environment, onOutput, ...settings }: ModuleWorkerOptions) {
    // This file's own extension: .ts when it runs from source, .js when it was compiled.
    const entry = new URL(`./module-thread${extname(import.meta.url)}`, import.meta.url);
    this.#worker = new Worker(entry, {
      name: 'function',
      workerData: settings,
      env: { ...environment },
      // The thread is started in one way, however the process was.
      execArgv: [],
      stdout: true,
      stderr: true,
      resourceLimits: {
        maxOldGenerationSizeMb: settings.memoryMb,
        maxYoungGenerationSizeMb: youngGenerationMb,
        stackSizeMb: stackMb,
      },
    });
    for (const stream of [this.#worker.stdout, this.#worker.stderr]) {
      stream.setEncoding('utf8').on('data', onOutput);
    }
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.loaded = promise;
    // Who only invokes is told by `run`.
    promise.catch(() => {});
    this.#worker.on('message', (reply: ThreadReply) => {
      if (reply?.kind === 'ready') resolve();
      else this.#settle(reply);
    });
    const end = (error: Error) => {
      reject(error);
      this.#end(error);
    };
    this.#worker.on('error', end);
    this.#worker.on('exit', (code) => end(new Error(`The thread ended with exit code ${code}.`)));
  }

  get hasEnded(): boolean {
    return this.#ended !== undefined;
  }

  /**
   * The answer as JSON text. An abort ends the thread: there is no other way to stop a function that loops.
   *
   * @throws Error what the function threw, or why the thread ended
   */
  async run(event: string, signal: AbortSignal): Promise<string> {
    const id = this.#nextId++;
    const stop = () => void this.end(signal.reason as Error);
    try {
      return await new Promise((resolve, reject) => {
        if (this.#ended) throw this.#ended;
        this.#waiting = { id, resolve, reject };
        signal.addEventListener('abort', stop, { once: true });
        if (signal.aborted) stop();
        const request: ThreadRequest = { id, event, remainingMs: syncTriggerTimeoutMs };
        this.#worker.postMessage(request);
      });
    } finally {
      signal.removeEventListener('abort', stop);
      this.#waiting = undefined;
    }
  }

  async end(reason = new Error('The thread was ended.')): Promise<void> {
    this.#end(reason);
    await this.#worker.terminate();
  }

  /** A function could post messages of its own: what does not answer the question is not looked at. */
  #settle(reply: Exclude<ThreadReply, { kind: 'ready' }>): void {
    const waiting = this.#waiting;
    if (!waiting || reply?.id !== waiting.id) return;
    if (reply.kind === 'answered') waiting.resolve(String(reply.text));
    else waiting.reject(new Error(String(reply.message)));
  }

  #end(reason: Error): void {
    this.#ended ??= reason;
    this.#waiting?.reject(reason);
  }
}
