import { DeliveryError } from '../ports/delivery-error.ts';
import type { PushAddress, PushNotice, PushTarget } from '../ports/push-target.ts';

/**
 * What one kind of target knows about its receiver; `BoundedPushTarget` makes a push target of it. Signals contain the
 * time limit. Throws `DeliveryError` where the receiver said why; whatever else is thrown means `unavailable`.
 */
export interface PushService {
  /** For people who read an error, such as `FCM`. */
  readonly name: string;
  /** Whether each device says itself where it is reached, so that a failure says nothing of others. */
  readonly isChosenByDevice?: boolean;
  register(address: PushAddress, signal: AbortSignal): Promise<string | undefined>;
  send(address: PushAddress, notice: PushNotice, signal: AbortSignal): Promise<'delivered' | 'unregistered'>;
  probe(signal: AbortSignal): Promise<void>;
  /** Called once, when nothing of the above runs any more. */
  close(): void;
}

/** Keeps the promises that are the same for all targets: a time limit, aborts, what an error says, and one end. */
export class BoundedPushTarget implements PushTarget {
  readonly #service: PushService;
  readonly #timeoutMs: number;
  readonly #running = new Set<Promise<unknown>>();
  readonly #closing = new AbortController();
  #closed: Promise<void> | undefined;

  constructor(service: PushService, timeoutMs: number) {
    this.#service = service;
    this.#timeoutMs = timeoutMs;
  }

  register(address: PushAddress, signal: AbortSignal): Promise<string | undefined> {
    return this.#run(signal, (ends) => this.#service.register(address, ends));
  }

  send(address: PushAddress, notice: PushNotice, signal: AbortSignal): Promise<'delivered' | 'unregistered'> {
    return this.#run(signal, (ends) => this.#service.send(address, notice, ends));
  }

  probe(signal: AbortSignal): Promise<void> {
    return this.#run(signal, (ends) => this.#service.probe(ends));
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    this.#closing.abort();
    await Promise.allSettled(this.#running);
    this.#service.close();
  }

  async #run<Result>(signal: AbortSignal, work: (ends: AbortSignal) => Promise<Result>): Promise<Result> {
    const deadline = AbortSignal.timeout(this.#timeoutMs);
    const stopped = AbortSignal.any([signal, this.#closing.signal]);
    try {
      stopped.throwIfAborted();
      const running = work(AbortSignal.any([stopped, deadline]));
      this.#running.add(running);
      return await running.finally(() => this.#running.delete(running));
    } catch (error) {
      if (error instanceof DeliveryError) throw error;
      const what = stopped.aborted
        ? 'was not waited for'
        : deadline.aborted
          ? `did not answer within ${this.#timeoutMs} ms`
          : `could not be asked: ${reason(error)}`;
      throw new DeliveryError('unavailable', `${this.#service.name} ${what}.`, {
        cause: error,
        isAboutOne: this.#service.isChosenByDevice ?? false,
      });
    }
  }
}

/** Node's code of the first cause: messages may name addresses, which for Web Push are secrets of users. */
function reason(error: unknown): string {
  const { cause, code, name } = error as { cause?: unknown; code?: unknown; name?: unknown };
  if (cause instanceof Error) return reason(cause);
  return String(code ?? name ?? error);
}
