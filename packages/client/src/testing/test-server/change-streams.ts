import type { Clock } from '../../clock.ts';
import type { Change } from './scene.ts';
import { compareBinary, type Identity, type Instant } from './state.ts';

const heartbeatMs = 25_000;
const retryMs = 3000;

interface Listener {
  readonly identity: Identity;
  readonly write: (text: string) => void;
  readonly end: (reason: EndReason) => void;
  readonly cut: () => void;
}

/** Why a stream ends, as its last event says. */
export type EndReason = 'expired' | 'disabled' | 'deleted';

interface Opening {
  readonly identity: Identity;
  /** The number of the last change that the client has seen. */
  readonly lastEventId: string | undefined;
  /** When the credentials expire, and the stream ends. */
  readonly expiresAt: Instant | undefined;
  readonly signal: AbortSignal;
}

/** The live streams of changes: server-sent events, one stream for each listener. */
export class ChangeStreams {
  readonly #listeners = new Set<Listener>();
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get size(): number {
    return this.#listeners.size;
  }

  listenersOf(identity: Identity): number {
    return [...this.#listeners].filter((listener) => listener.identity === identity).length;
  }

  open(opening: Opening): ReadableStream<Uint8Array> {
    let close = () => {};
    return new ReadableStream<Uint8Array>({
      start: (controller) => {
        close = this.#listen(opening, controller);
      },
      cancel: () => close(),
    });
  }

  /** Returns what ends listening. */
  #listen(
    { identity, lastEventId, expiresAt, signal }: Opening,
    controller: ReadableStreamDefaultController<Uint8Array>,
  ): () => void {
    const clock = this.#clock;
    const write = (text: string) => controller.enqueue(utf8.encode(text));
    const beat = () => {
      write(':\n\n');
      cancelBeat = clock.setTimer(beat, heartbeatMs);
    };
    let cancelBeat = clock.setTimer(beat, heartbeatMs);
    const cancelExpiry =
      expiresAt === undefined
        ? () => {}
        : clock.setTimer(() => listener.end('expired'), expiresAt - clock.now());
    const close = () => {
      cancelBeat();
      cancelExpiry();
      signal.removeEventListener('abort', abort);
      this.#listeners.delete(listener);
    };
    const abort = () => {
      close();
      controller.error(signal.reason);
    };
    const listener: Listener = {
      identity,
      write,
      end: (reason) => {
        write(`event: end\ndata: ${JSON.stringify({ reason })}\n\n`);
        close();
        controller.close();
      },
      cut: () => {
        close();
        controller.error(new TypeError('network error'));
      },
    };
    signal.addEventListener('abort', abort, { once: true });
    this.#listeners.add(listener);
    write(openingText(identity, lastEventId));
    return close;
  }

  announce(identity: Identity, change: Change): void {
    const text = together([changeEvent(identity, change)], identity);
    for (const listener of this.#listeners) if (listener.identity === identity) listener.write(text);
  }

  /** Ends the streams of an identity that changes no more. */
  retire(identity: Identity, reason: EndReason): void {
    for (const listener of this.#listeners) if (listener.identity === identity) listener.end(reason);
  }

  /** Breaks all connections, as a network or a server that is killed does. */
  cut(): void {
    for (const listener of this.#listeners) listener.cut();
  }
}

const utf8 = new TextEncoder();

/** How things are, unless the client knows the number of the last change. */
function openingText(identity: Identity, lastEventId: string | undefined): string {
  const { poolId: identityPoolId, id: identityId, datasets } = identity;
  const ready = `retry: ${retryMs}\nevent: ready\ndata: ${JSON.stringify({ identityPoolId, identityId })}\n`;
  const names = lastEventId === changeNumber(identity) ? [] : [...datasets.keys()].sort(compareBinary);
  return together([ready, ...names.map((datasetName) => changeEvent(identity, { datasetName }))], identity);
}

/** Only the last event has an id: who got a part of them has to be told all of them again. */
function together(events: readonly string[], identity: Identity): string {
  return `${events.join('\n')}id: ${changeNumber(identity)}\n\n`;
}

/** The sum of all sync counts, those of deleted datasets included: it rises with every change and never goes back. */
function changeNumber({ datasets }: Identity): string {
  return String([...datasets.values()].reduce((sum, { syncCount }) => sum + syncCount, 0));
}

function changeEvent(identity: Identity, { datasetName, deviceId }: Change): string {
  const dataset = identity.datasets.get(datasetName);
  const data = {
    source: 'cognito-sync',
    identityPoolId: identity.poolId,
    identityId: identity.id,
    datasetName,
    syncCount: dataset?.syncCount,
    deviceId,
    ...(dataset?.exists === false && { deleted: true }),
  };
  return `event: change\ndata: ${JSON.stringify(data)}\n`;
}
