import type { Clock } from '../../clock.ts';
import type { Change } from './scene.ts';
import type { Dataset, Identity, Instant } from './state.ts';

const heartbeatMs = 25_000;

interface Listener {
  readonly identity: Identity;
  readonly write: (text: string) => void;
  readonly end: (reason: string) => void;
  readonly cut: (error: unknown) => void;
}

interface Opening {
  readonly identity: Identity;
  /** What the client has seen, as it said in `Last-Event-ID`. */
  readonly lastEventId: string | undefined;
  /** When the credentials expire, and the stream ends. */
  readonly expiresAt: Instant | undefined;
  readonly signal: AbortSignal | undefined;
}

/** The live streams of changes: Server-Sent Events, one stream per listener. */
export class ChangeStreams {
  readonly #listeners = new Set<Listener>();
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get size(): number {
    return this.#listeners.size;
  }

  open({ identity, lastEventId, expiresAt, signal }: Opening): ReadableStream<Uint8Array> {
    let close = () => {};
    return new ReadableStream<Uint8Array>({
      start: (controller) => {
        const timers = new Set<() => void>();
        const stop = () => {
          close();
          controller.error(signal?.reason);
        };
        close = () => {
          for (const cancel of timers) cancel();
          signal?.removeEventListener('abort', stop);
          this.#listeners.delete(listener);
        };
        const listener: Listener = {
          identity,
          write: (text) => controller.enqueue(utf8.encode(text)),
          end: (reason) => {
            listener.write(event('end', { reason }));
            close();
            controller.close();
          },
          cut: (error) => {
            close();
            controller.error(error);
          },
        };
        const beat = () => {
          listener.write(': heartbeat\n\n');
          cancelBeat();
          cancelBeat = every(beat);
        };
        const every = (callback: () => void) => this.#clock.setTimer(callback, heartbeatMs);
        let cancelBeat = every(beat);
        timers.add(() => cancelBeat());
        if (expiresAt !== undefined) {
          const lifetimeMs = expiresAt - this.#clock.now();
          timers.add(this.#clock.setTimer(() => listener.end('expired'), lifetimeMs));
        }
        signal?.addEventListener('abort', stop, { once: true });
        this.#listeners.add(listener);
        listener.write('retry: 3000\nevent: ready\ndata: {}\n\n');
        if (lastEventId !== changeNumber(identity)) {
          for (const { name } of identity.datasets.values()) {
            listener.write(changeEvent(identity, { datasetName: name }));
          }
        }
      },
      cancel: () => close(),
    });
  }

  announce(identity: Identity, change: Change): void {
    const text = changeEvent(identity, change);
    for (const listener of this.#listeners) if (listener.identity === identity) listener.write(text);
  }

  /** Ends the streams of an identity that is no more. */
  retire(identity: Identity): void {
    for (const listener of this.#listeners) if (listener.identity === identity) listener.end('disabled');
  }

  /** Breaks all connections, as a network or a server that is killed does. */
  cut(): void {
    for (const listener of this.#listeners) listener.cut(new TypeError('network error'));
  }
}

const utf8 = new TextEncoder();

/** The sum of all sync counts, deleted datasets included: it rises with every change and never goes back. */
function changeNumber({ datasets }: Identity): string {
  return String([...datasets.values()].reduce((sum, { syncCount }) => sum + syncCount, 0));
}

function changeEvent(identity: Identity, { datasetName, deviceId }: Change): string {
  const { syncCount = 0, exists }: Partial<Dataset> = identity.datasets.get(datasetName) ?? {};
  const data = {
    source: 'cognito-sync',
    identityPoolId: identity.poolId,
    identityId: identity.id,
    datasetName,
    syncCount,
    ...(deviceId !== undefined && { deviceId }),
    ...(exists === false && { deleted: true }),
  };
  return event('change', data, changeNumber(identity));
}

function event(name: string, data: object, id?: string): string {
  const idLine = id === undefined ? '' : `id: ${id}\n`;
  return `event: ${name}\n${idLine}data: ${JSON.stringify(data)}\n\n`;
}
