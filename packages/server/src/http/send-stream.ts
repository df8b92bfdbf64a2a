import type { ServerResponse } from 'node:http';
import type { WireResponse } from '../edge/protocol.ts';
import type { EventStream, StreamSink } from '../ports/event-stream.ts';

/** How long a reader may take for what was the last. */
const endGraceMs = 10_000;

/** Begins an answer that goes on. It is the last of its connection: nobody knows how long it will be. */
export function sendStream(outgoing: ServerResponse, response: WireResponse, stream: EventStream): void {
  if (outgoing.destroyed) {
    stream.closed();
    return;
  }
  outgoing.shouldKeepAlive = false;
  // The connection ends with the stream, so no chunks have to say where: a quarter less work for every event.
  outgoing.removeHeader('Transfer-Encoding');
  outgoing.writeHead(response.status, [...response.headers]);
  outgoing.on('drain', () => stream.drained());
  outgoing.once('close', () => stream.closed());
  // A write can meet a connection that was lost in the same moment; `close` follows.
  outgoing.on('error', () => {});
  stream.start(new ResponseSink(outgoing));
}

class ResponseSink implements StreamSink {
  readonly #outgoing: ServerResponse;

  constructor(outgoing: ServerResponse) {
    this.#outgoing = outgoing;
  }

  write(text: string): boolean {
    return this.#outgoing.write(text);
  }

  end(text: string): void {
    this.#outgoing.end(text);
    this.#outgoing.socket?.setTimeout(endGraceMs, () => this.cut());
  }

  cut(): void {
    this.#outgoing.destroy();
  }
}
