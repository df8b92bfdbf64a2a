import type { Change } from '../domain/change.ts';
import type { Instant } from '../domain/dataset.ts';
import type {
  ChangeFeed,
  ChangeListening,
  EndReason,
  ListenOutcome,
  ListenRequest,
} from '../ports/change-feed.ts';
import type { Logger } from '../ports/logger.ts';
import type { Store } from '../ports/store.ts';
import { Heartbeats } from './heartbeats.ts';
import { ListenedIdentity } from './listened-identity.ts';
import { Listener, type ListenerHome } from './listener.ts';

export interface ChangeHubOptions {
  readonly store: Pick<Store, 'syncCounts'>;
  readonly logger: Logger;
  readonly now: () => Instant;
  /** From 0 up to but not including 1. */
  readonly random: () => number;
  readonly mostOfIdentity: number;
  readonly mostOfServer: number;
  readonly heartbeatMs: number;
  /** Whether a developer's key is good still. */
  readonly isActive: (accessKeyId: string) => boolean | Promise<boolean>;
}

/** More names than any app uses; each is a line to a listener who was not there before, and some bytes here. */
const mostDatasets = 4_096;

const leastRetryMs = 1_000;
const mostRetryMs = 5_000;

/**
 * Tells listeners of what is committed in this process.
 *
 * ```text
 *   commit ──▶ changed ──▶ ListenedIdentity ──(end of this turn)──▶ its Listeners ──▶ sockets
 * ```
 *
 * 1. A listener is known here before the datasets are looked up for it, so that it misses nothing between.
 * 2. An id that was told means that everything up to it was told (`domain/change.ts`, `event-text.ts`).
 * 3. Per listener nothing is kept but the newest change of each dataset, and only while its reader is slow.
 */
export class ChangeHub implements ChangeFeed, ChangeListening {
  readonly #options: ChangeHubOptions;
  readonly #identities = new Map<string, ListenedIdentity>();
  readonly #heartbeats: Heartbeats;
  readonly #home: ListenerHome;
  #untold: ListenedIdentity[] = [];
  #listeners = 0;
  #isClosed = false;

  constructor(options: ChangeHubOptions) {
    const { now, random, heartbeatMs, isActive } = options;
    this.#options = options;
    this.#heartbeats = new Heartbeats(heartbeatMs);
    this.#home = {
      now,
      patienceMs: 2 * heartbeatMs,
      retryMs: () => Math.round(leastRetryMs + random() * (mostRetryMs - leastRetryMs)),
      lookUp: (identity) => this.#lookUp(identity),
      isActive,
      forget: (listener) => this.#forget(listener),
    };
  }

  /** How many listen. */
  get size(): number {
    return this.#listeners;
  }

  listen(request: ListenRequest): ListenOutcome {
    const { mostOfIdentity, mostOfServer } = this.#options;
    const { identityPoolId, identityId } = request;
    const known = this.#identities.get(identityId);
    if ((known?.listeners.size ?? 0) >= mostOfIdentity) {
      return { kind: 'tooManyOfIdentity', limit: mostOfIdentity };
    }
    if (this.#listeners >= mostOfServer) return { kind: 'tooManyOfServer', limit: mostOfServer };
    const identity = known ?? new ListenedIdentity(identityPoolId, identityId);
    this.#identities.set(identityId, identity);
    const listener = new Listener(this.#home, identity, request);
    identity.listeners.add(listener);
    listener.group = this.#heartbeats.add(listener);
    this.#listeners += 1;
    if (this.#isClosed) listener.end('closing');
    return { kind: 'listening', listener };
  }

  changed(identityId: string, change: Change): void {
    const identity = this.#identities.get(identityId);
    if (identity) this.#note(identity, change);
  }

  datasetsCame(identityId: string): void {
    const identity = this.#identities.get(identityId);
    if (!identity) return;
    void this.#lookUpOrEnd(identity);
  }

  identityEnded(identityId: string, reason: 'deleted' | 'disabled'): void {
    const identity = this.#identities.get(identityId);
    if (identity) endAll(identity, reason);
  }

  poolDeleted(poolId: string): void {
    for (const identity of [...this.#identities.values()]) {
      if (identity.identityPoolId === poolId) endAll(identity, 'deleted');
    }
  }

  /** Ends all streams. */
  close(): void {
    this.#isClosed = true;
    this.#heartbeats.close();
    for (const identity of [...this.#identities.values()]) endAll(identity, 'closing');
  }

  #note(identity: ListenedIdentity, change: Change): void {
    // Commits are answered in groups: what came together is told together.
    if (identity.note(change) && this.#untold.push(identity) === 1) setImmediate(() => this.#tell());
  }

  #tell(): void {
    const identities = this.#untold;
    this.#untold = [];
    for (const identity of identities) identity.tell();
  }

  async #lookUp(identity: ListenedIdentity): Promise<boolean> {
    const counts = await this.#options.store.syncCounts(identity.identityId, mostDatasets + 1);
    if (counts.length > mostDatasets) return false;
    for (const change of counts) this.#note(identity, change);
    return true;
  }

  /** Whoever cannot be told what came has to come again. */
  async #lookUpOrEnd(identity: ListenedIdentity): Promise<void> {
    const isTold = await this.#lookUp(identity).catch((err: unknown) => {
      this.#options.logger.error({ err }, 'changes could not be looked up: listeners have to come again');
      return false;
    });
    if (!isTold) endAll(identity, 'closing');
  }

  #forget(listener: Listener): void {
    const { identity } = listener;
    if (!identity.listeners.delete(listener)) return;
    this.#heartbeats.delete(listener, listener.group);
    this.#listeners -= 1;
    if (identity.listeners.size === 0) this.#identities.delete(identity.identityId);
  }
}

function endAll({ listeners }: ListenedIdentity, reason: EndReason): void {
  for (const listener of [...listeners]) listener.end(reason);
}
