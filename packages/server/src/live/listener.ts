import { type Change, combined } from '../domain/change.ts';
import type { Instant } from '../domain/dataset.ts';
import type { EndReason, ListenRequest, OpeningListener } from '../ports/change-feed.ts';
import type { EventStream, StreamSink } from '../ports/event-stream.ts';
import { changeEvent, endEvent, eventsText, heartbeat, readyEvent } from './event-text.ts';
import type { Beating } from './heartbeats.ts';
import type { ListenedIdentity } from './listened-identity.ts';

/** What a listener needs of the hub. */
export interface ListenerHome {
  readonly now: () => Instant;
  /** Milliseconds after which a reader who reads nothing is cut off. */
  readonly patienceMs: number;
  /** When a reader whose connection is lost should come back: not all at once. */
  retryMs(): number;
  /** Looks up how the datasets are; false if there are too many. */
  lookUp(identity: ListenedIdentity): Promise<boolean>;
  /** Whether the developer's key is good still. */
  isActive(accessKeyId: string): boolean | Promise<boolean>;
  forget(listener: Listener): void;
}

/** One stream. Holds no more than the newest change of each dataset, however slow its reader is. */
export class Listener implements OpeningListener, EventStream, Beating {
  readonly identity: ListenedIdentity;
  /** Its place among the heartbeats. */
  group = 0;
  readonly #home: ListenerHome;
  readonly #expiresAt: Instant;
  readonly #accessKeyId: string | undefined;
  #lastEventId: string | undefined;
  /** Undefined before the stream starts and after it has ended. */
  #sink: StreamSink | undefined;
  #ended: EndReason | undefined;
  /** Since when the reader does not keep up. */
  #behindSince: Instant | undefined;
  /** What is told when the reader has caught up. */
  #pending: Map<string, Change> | undefined;

  constructor(home: ListenerHome, identity: ListenedIdentity, request: ListenRequest) {
    this.#home = home;
    this.identity = identity;
    this.#expiresAt = request.expiresAt;
    this.#accessKeyId = request.accessKeyId;
  }

  async open(lastEventId: string | undefined): Promise<EventStream | undefined> {
    this.#lastEventId = lastEventId;
    return (await this.#home.lookUp(this.identity)) ? this : undefined;
  }

  start(sink: StreamSink): void {
    if (this.#ended) {
      sink.end(endEvent(this.#ended));
      return;
    }
    // To the others: what is told here must not be told again at the end of this turn.
    this.identity.tell();
    this.#sink = sink;
    const { newest, number } = this.identity;
    const isUpToDate = this.#lastEventId === String(number);
    this.#lastEventId = undefined;
    const changes = isUpToDate ? [] : Array.from(newest, (change) => changeEvent(this.identity, change));
    this.#write(eventsText([readyEvent(this.identity, this.#home.retryMs()), ...changes], number));
  }

  /** @param textForAll the changes as events, made once for all listeners */
  tell(changes: ReadonlyMap<string, Change>, textForAll: () => string): void {
    // Who has not begun is told everything at the start.
    if (!this.#sink || this.#endIfExpired()) return;
    if (this.#behindSince === undefined) {
      this.#write(textForAll());
      return;
    }
    this.#pending ??= new Map();
    for (const [name, change] of changes) this.#pending.set(name, combined(this.#pending.get(name), change));
  }

  drained(): void {
    if (!this.#sink || this.#endIfExpired()) return;
    // First what nobody was told yet, which adds to what is pending: so the id is true.
    if (this.#pending) this.identity.tell();
    const pending = this.#pending;
    this.#pending = undefined;
    this.#behindSince = undefined;
    if (pending) this.#write(this.identity.textOf(pending.values()));
  }

  beat(): void {
    if (!this.#sink || this.#endIfExpired()) return;
    if (this.#accessKeyId !== undefined) void this.#endIfRevoked(this.#accessKeyId);
    if (this.#behindSince === undefined) this.#write(heartbeat);
    else if (this.#home.now() - this.#behindSince >= this.#home.patienceMs) this.#cut();
  }

  end(reason: EndReason): void {
    this.#ended = reason;
    const sink = this.#sink;
    if (!sink) return;
    // Who does not read what there is would not read this either.
    if (this.#behindSince !== undefined) this.#cut();
    else {
      this.closed();
      sink.end(endEvent(reason));
    }
  }

  closed(): void {
    this.#sink = undefined;
    this.#pending = undefined;
    this.#home.forget(this);
  }

  #write(text: string): void {
    if (this.#sink?.write(text) === false) this.#behindSince ??= this.#home.now();
  }

  #cut(): void {
    const sink = this.#sink;
    this.closed();
    sink?.cut();
  }

  #endIfExpired(): boolean {
    if (this.#home.now() < this.#expiresAt) return false;
    this.end('expired');
    return true;
  }

  async #endIfRevoked(accessKeyId: string): Promise<void> {
    if (!(await this.#home.isActive(accessKeyId))) this.end('expired');
  }
}
