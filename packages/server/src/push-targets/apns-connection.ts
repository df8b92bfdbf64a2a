import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  connect,
  type IncomingHttpHeaders,
  type OutgoingHttpHeaders,
} from 'node:http2';
import type { ReceiverAnswer } from '../outgoing/receiver-client.ts';

const mostAnswerBytes = 4096;

export interface ApnsConnectionOptions {
  readonly origin: URL;
  /** PEM; trusted instead of the system's. */
  readonly certificateAuthority: string | undefined;
  /** A connection that is lost without a word is found out after twice this. */
  readonly pingEveryMs: number;
}

/**
 * One HTTP/2 session, made when it is first needed and again whenever it ended: Apple takes many quick connections for
 * an attack.
 */
export class ApnsConnection {
  readonly #options: ApnsConnectionOptions;
  #session: ClientHttp2Session | undefined;

  constructor(options: ApnsConnectionOptions) {
    this.#options = options;
  }

  /** @throws whatever Node or the signal throws when there was no answer */
  async post(headers: OutgoingHttpHeaders, body: string, signal: AbortSignal): Promise<ReceiverAnswer> {
    const session = this.#open();
    const stream = session.request({ ':method': 'POST', ...headers }, { signal, endStream: false });
    try {
      return await readAnswer(stream, body);
    } catch (error) {
      // Perhaps nobody is there any more. What else is on the way may still end; the next one goes another way.
      if (signal.aborted) session.close();
      throw error;
    }
  }

  close(): void {
    this.#session?.destroy();
  }

  #open(): ClientHttp2Session {
    const usable = this.#session;
    // After GOAWAY a session is closed for new requests.
    if (usable && !usable.closed && !usable.destroyed) return usable;
    const { origin, certificateAuthority, pingEveryMs } = this.#options;
    const session = connect(origin, certificateAuthority === undefined ? {} : { ca: certificateAuthority });
    // Each request gets the error too.
    session.on('error', () => {});
    let isWaiting = false;
    const ping = () => {
      if (isWaiting) return session.destroy(new Error('The connection to APNs is dead.'));
      isWaiting = true;
      session.ping(() => {
        isWaiting = false;
      });
    };
    const pings = setInterval(ping, pingEveryMs).unref();
    session.once('close', () => clearInterval(pings));
    this.#session = session;
    return session;
  }
}

function readAnswer(stream: ClientHttp2Stream, body: string): Promise<ReceiverAnswer> {
  return new Promise((resolve, reject) => {
    let headers: IncomingHttpHeaders = {};
    let status: number | undefined;
    let text = '';
    stream.setEncoding('utf8');
    stream.once('response', (received) => {
      headers = received;
      status = received[':status'];
    });
    stream.on('data', (chunk: string) => {
      text += chunk;
      if (text.length < mostAnswerBytes) return;
      finish();
      stream.close();
    });
    const finish = () => {
      if (status !== undefined) resolve({ status, headers, text });
    };
    stream.once('end', finish);
    stream.once('error', reject);
    // A session that ends may end its streams without an error.
    stream.once('close', () => reject(new Error('The connection to APNs ended.')));
    stream.end(body);
  });
}
