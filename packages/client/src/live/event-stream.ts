import { EventSourceParserStream } from 'eventsource-parser/stream';
import { readNotice } from '../change-notice.ts';
import type { LiveNeeds } from '../live-port.ts';
import { identityPath } from '../sync-api.ts';

/** The service sends a heartbeat every 25 seconds; a connection without any is dead, whatever the network says. */
const mostSilenceMs = 70_000;

/** One connection after the other, each going on where the one before ended. */
export class EventStream {
  readonly #needs: LiveNeeds;
  #lastEventId: string | undefined;
  /** The service was asked for the stream; before, it is about credentials. */
  wasAsked = false;

  constructor(needs: LiveNeeds) {
    this.#needs = needs;
  }

  /**
   * Resolves when the connection ends in peace. `spoke`: the service sent something that only it sends.
   *
   * @throws SyncError, or what `fetch` throws
   */
  async listen(opened: () => void, spoke: () => void): Promise<void> {
    const { clock, signal, changed } = this.#needs;
    const { body } = await this.#open();
    if (!body) return;
    let hasSpoken = () => {};
    const parser = new EventSourceParserStream({ maxBufferSize: 64 * 1024, onComment: () => hasSpoken() });
    const decoder = new TextDecoderStream() as unknown as TransformStream<Uint8Array, string>;
    const reader = body.pipeThrough(decoder).pipeThrough(parser).getReader();
    const stop = () => void reader.cancel().catch(() => undefined);
    let cancel = () => {};
    hasSpoken = () => {
      cancel();
      cancel = clock.setTimer(stop, mostSilenceMs);
    };
    signal.addEventListener('abort', stop, { once: true });
    hasSpoken();
    opened();
    try {
      for (;;) {
        const { done, value } = await reader.read();
        if (done || value.event === 'end') return;
        hasSpoken();
        spoke();
        const notice = value.event === 'change' ? readNotice(parsed(value.data)) : undefined;
        if (notice) changed(notice);
        this.#lastEventId = value.id ?? this.#lastEventId;
      }
    } finally {
      cancel();
      signal.removeEventListener('abort', stop);
      stop();
    }
  }

  async #open(): Promise<Response> {
    const { identity, session, connection, signal } = this.#needs;
    const headers = {
      accept: 'text/event-stream',
      ...(this.#lastEventId !== undefined && { 'last-event-id': this.#lastEventId }),
    };
    this.wasAsked = false;
    const credentials = await session.credentials(identity, signal);
    this.wasAsked = true;
    return connection.stream(
      { method: 'GET', path: `${identityPath(identity)}/changes`, headers, signal },
      credentials,
    );
  }
}

function parsed(data: string): unknown {
  try {
    return JSON.parse(data);
  } catch {
    return undefined;
  }
}
