import { DeliveryError } from '../ports/delivery-error.ts';
import { untilAborted } from './until-aborted.ts';

export interface ConnectionKind<Connection> {
  /** @throws DeliveryError when the receiver said why it does not let us in */
  open(signal: AbortSignal): Promise<Connection>;
  isUsable(connection: Connection): boolean;
  /** Ends it at once; told of one that has ended already, does nothing. */
  end(connection: Connection): Promise<void>;
}

/**
 * A connection that is opened when it is needed, and anew when it was lost: a server starts while its receiver is down,
 * and whoever sends decides when to try again.
 */
export class LazyConnection<Connection> {
  readonly #kind: ConnectionKind<Connection>;
  readonly #timeoutMs: number;
  #current: Opening<Connection> | undefined;

  /** @param timeoutMs how long each use may last, connecting included */
  constructor(kind: ConnectionKind<Connection>, timeoutMs: number) {
    this.#kind = kind;
    this.#timeoutMs = timeoutMs;
  }

  /**
   * Works with the connection. After a failure that the receiver did not explain, and after an abort, what is under way
   * in it is unknown, and it is ended.
   */
  async use<Result>(signal: AbortSignal, work: (connection: Connection) => Promise<Result>): Promise<Result> {
    const ends = AbortSignal.any([signal, AbortSignal.timeout(this.#timeoutMs)]);
    const opening = await this.#usable(ends);
    try {
      const connection = await untilAborted(opening.connection, ends);
      return await untilAborted(work(connection), ends);
    } catch (error) {
      if (!(error instanceof DeliveryError)) await this.#drop(opening);
      throw error;
    }
  }

  async close(): Promise<void> {
    if (this.#current) await this.#drop(this.#current);
  }

  async #usable(signal: AbortSignal): Promise<Opening<Connection>> {
    const opening = this.#current ?? this.#open();
    try {
      const connection = await untilAborted(opening.connection, signal);
      if (this.#kind.isUsable(connection)) return opening;
    } catch (error) {
      await this.#drop(opening);
      throw error;
    }
    await this.#drop(opening);
    return this.#current ?? this.#open();
  }

  #open(): Opening<Connection> {
    const abandoned = new AbortController();
    this.#current = { connection: this.#kind.open(abandoned.signal), abandoned };
    return this.#current;
  }

  /** What is not open yet is ended as soon as it is, without waiting for it. */
  async #drop(opening: Opening<Connection>): Promise<void> {
    if (this.#current === opening) this.#current = undefined;
    opening.abandoned.abort();
    const ended = opening.connection.then((connection) => this.#kind.end(connection)).catch(() => {});
    await Promise.race([ended, new Promise((resolve) => setImmediate(resolve))]);
  }
}

interface Opening<Connection> {
  readonly connection: Promise<Connection>;
  readonly abandoned: AbortController;
}
