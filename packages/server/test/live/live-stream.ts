import { once } from 'node:events';
import { type IncomingMessage, type OutgoingHttpHeaders, request } from 'node:http';
import {
  type Credentials,
  type Outgoing,
  percentEncode,
  type Signing,
  sign,
} from '../../../../conformance/signing.ts';
import { EventReader, type ReadEvent } from './event-reader.ts';

export interface Ids {
  readonly IdentityPoolId: string;
  readonly IdentityId: string;
}

export interface StreamRequest {
  readonly method?: string;
  readonly query?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Nobody's when absent. */
  readonly credentials?: Credentials;
  readonly signing?: Partial<Signing>;
  /** Sent, not signed. */
  readonly unsignedHeaders?: Readonly<Record<string, string>>;
}

export function changesPath({ IdentityPoolId, IdentityId }: Ids): string {
  return `/identitypools/${percentEncode(IdentityPoolId)}/identities/${percentEncode(IdentityId)}/changes`;
}

/** The request as it goes on the wire, signed by Amazon's own signer. */
export async function streamRequest(url: string, ids: Ids, asked: StreamRequest): Promise<Outgoing> {
  const { method = 'GET', query, credentials, signing } = asked;
  const unsigned: Outgoing = {
    method,
    target: changesPath(ids) + (query === undefined ? '' : `?${query}`),
    headers: { Host: new URL(url).host, ...asked.headers },
    body: new Uint8Array(),
  };
  const signed = credentials
    ? await sign(unsigned, credentials, { service: 'cognito-sync', region: 'us-east-1', ...signing })
    : unsigned;
  return { ...signed, headers: { ...signed.headers, ...asked.unsignedHeaders } };
}

/** A stream over a connection of its own. */
export class LiveStream {
  readonly status: number;
  readonly answer: IncomingMessage;
  readonly reader = new EventReader();
  text = '';
  isOver = false;

  private constructor(answer: IncomingMessage) {
    this.answer = answer;
    this.status = answer.statusCode ?? 0;
    answer.setEncoding('utf8');
    answer.on('data', (text: string) => {
      this.text += text;
      if (this.status === 200) this.reader.read(text);
    });
    answer.on('error', () => {});
    answer.on('close', () => {
      this.isOver = true;
    });
  }

  static async open(url: string, ids: Ids, asked: StreamRequest): Promise<LiveStream> {
    return LiveStream.send(url, await streamRequest(url, ids, asked));
  }

  static async send(url: string, { method, target, headers }: Outgoing): Promise<LiveStream> {
    const { hostname, port } = new URL(url);
    const outgoing = request({
      hostname,
      port,
      method,
      path: target,
      headers: headers as OutgoingHttpHeaders,
      setHost: false,
      agent: false,
    });
    outgoing.end();
    const [answer] = (await once(outgoing, 'response')) as [IncomingMessage];
    return new LiveStream(answer);
  }

  /** Resolves once what was read so far satisfies the condition. Rejects if the stream ends before. */
  async until(condition: (reader: EventReader) => boolean): Promise<EventReader> {
    while (!condition(this.reader)) {
      if (this.isOver) throw new Error(`The stream ended early, after: ${this.text}`);
      const aborting = new AbortController();
      const { signal } = aborting;
      await Promise.race([once(this.answer, 'data', { signal }), once(this.answer, 'close', { signal })]);
      aborting.abort();
    }
    return this.reader;
  }

  untilCount(datasetName: string, syncCount: number): Promise<EventReader> {
    return this.until(({ counts }) => (counts.get(datasetName) ?? 0) >= syncCount);
  }

  /** Resolves with the last event when the server has ended the stream. */
  async end(): Promise<ReadEvent | undefined> {
    if (!this.isOver) await once(this.answer, 'close');
    return this.reader.events.at(-1);
  }

  /** Resolves with the whole answer of a request that was refused. */
  async refusal(): Promise<{ status: number; error: string | undefined; body: unknown }> {
    if (this.status === 200) throw new Error('It was answered.');
    if (!this.isOver) await once(this.answer, 'close');
    const error = String(this.answer.headers['x-amzn-errortype']).replace(/:$/, '');
    return { status: this.status, error, body: this.text === '' ? undefined : JSON.parse(this.text) };
  }

  close(): void {
    this.answer.destroy();
  }
}
