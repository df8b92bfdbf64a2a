import { DeliveryError } from '../ports/delivery-error.ts';
import type { StreamMessage, StreamTarget } from '../ports/stream-target.ts';
import { reason } from './reason.ts';

/** What one kind of target knows about its receiver. `ReceiverTarget` makes a stream target of it. */
export interface Receiver {
  /** For people who read an error, such as `the webhook https://hooks.example.org/`. */
  readonly name: string;
  readonly mostBytes: number;
  /**
   * Delivers messages, at least one, none of them larger than `mostBytes`.
   *
   * @param confirm says how many of them, from the first, are known to have arrived
   * @throws DeliveryError when the receiver said why; whatever else is thrown means `unavailable`
   */
  deliver(
    messages: readonly StreamMessage[],
    signal: AbortSignal,
    confirm: (delivered: number) => void,
  ): Promise<void>;
  /** @throws as `deliver` does */
  probe(signal: AbortSignal): Promise<void>;
  /** Called once, when nothing of the above runs any more. */
  close(): Promise<void>;
}

/** Keeps the promises that are the same for all targets: sizes, aborts, what an error says, and one orderly end. */
export class ReceiverTarget implements StreamTarget {
  readonly mostBytes: number;
  readonly #receiver: Receiver;
  readonly #running = new Set<Promise<unknown>>();
  readonly #closing = new AbortController();
  #closed: Promise<void> | undefined;

  constructor(receiver: Receiver) {
    this.#receiver = receiver;
    this.mostBytes = receiver.mostBytes;
  }

  async send(messages: readonly StreamMessage[], signal: AbortSignal): Promise<void> {
    const tooLarge = messages.findIndex(({ data }) => data.length > this.mostBytes);
    const fitting = tooLarge === -1 ? messages : messages.slice(0, tooLarge);
    if (fitting.length > 0) {
      await this.#run(signal, (ends, confirm) => this.#receiver.deliver(fitting, ends, confirm));
    }
    if (tooLarge !== -1) {
      throw new DeliveryError(
        'refused',
        `${this.#receiver.name} takes ${this.mostBytes} bytes a message, and this one has ${messages[tooLarge]?.data.length}.`,
        { delivered: tooLarge },
      );
    }
  }

  async probe(signal: AbortSignal): Promise<void> {
    await this.#run(signal, (ends) => this.#receiver.probe(ends));
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    this.#closing.abort();
    await Promise.allSettled(this.#running);
    await this.#receiver.close();
  }

  async #run(
    signal: AbortSignal,
    work: (ends: AbortSignal, confirm: (delivered: number) => void) => Promise<void>,
  ): Promise<void> {
    let delivered = 0;
    const ends = AbortSignal.any([signal, this.#closing.signal]);
    try {
      ends.throwIfAborted();
      const running = work(ends, (count) => {
        delivered = count;
      });
      this.#running.add(running);
      await running.finally(() => this.#running.delete(running));
    } catch (error) {
      throw this.#failure(error, ends.aborted, delivered);
    }
  }

  #failure(error: unknown, isAborted: boolean, delivered: number): DeliveryError {
    const { name } = this.#receiver;
    if (error instanceof DeliveryError) {
      const { failure, message, cause, retryAfterMs } = error;
      return new DeliveryError(failure, `${name}: ${message}`, {
        cause,
        delivered,
        ...(retryAfterMs !== undefined && { retryAfterMs }),
      });
    }
    const text = isAborted ? 'the delivery was aborted' : reason(error);
    return new DeliveryError('unavailable', `${name}: ${text}`, { cause: error, delivered });
  }
}
