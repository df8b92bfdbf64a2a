import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { type Operation, ServiceError, syncOperations, usualBodyBytes } from '@holdall/protocol';
import type { WireRequest, WireResponse } from '../edge/protocol.ts';
import { RequestHeaders } from '../sigv4/signed-request.ts';
import { sendStream } from './send-stream.ts';

/** What no operation allows is not kept in memory even until it is known which operation is meant. */
const mostBodyBytes = Math.max(...Object.values(syncOperations).map(bodyLimit));

function bodyLimit({ mostBodyBytes: most = usualBodyBytes }: Operation): number {
  return most;
}

/** Beyond this a batch gains little, and the answers of a batch are in memory together. */
const mostAnswersAtOnce = 16;

/** A client that is told "too large" only after it sent everything can read the answer; beyond this it is cut off. */
const mostDiscardedBytes = 64 * 1024 * 1024;

export interface WireListenerOptions {
  readonly serve: (request: WireRequest) => Promise<WireResponse>;
  /** The answer to a request that does not get as far as `serve`. */
  readonly refuse: (error: ServiceError) => WireResponse;
  /** Once true, connections end with their next answer. */
  readonly isClosing: () => boolean;
}

export interface WireListener {
  readonly listen: RequestListener;
  /** Whether a whole request came on this connection and waits for its answer. */
  isAnswering(socket: Socket): boolean;
}

/**
 * Joins Node's HTTP server and the edge. Nothing here decodes anything: signatures cover the bytes as they came.
 *
 * What arrived in one turn of the event loop is answered together, after all of it was read. Reading a socket, answering
 * and writing each run through more code than the processor's caches hold; one kind of work for all requests, then the
 * next kind, made three times as many answers at 64 connections (docs/decisions/0012-answer-in-batches.md).
 */
export function wireListener(options: WireListenerOptions): WireListener {
  const answering = new Set<Socket>();
  const arrived: (() => Promise<void>)[] = [];
  const answerBatch = () => {
    const batch = arrived.splice(0, mostAnswersAtOnce);
    if (arrived.length > 0) setImmediate(answerBatch);
    for (const answer of batch) void answer();
  };
  const listen: RequestListener = (incoming, outgoing) => {
    const answer = async (body: Uint8Array | undefined) => {
      const response = body ? await options.serve(wireRequest(incoming, body)) : options.refuse(tooLarge());
      if (response.stream) {
        // It waits for nothing any more: the end of the service need not wait for it either.
        answering.delete(incoming.socket);
        sendStream(outgoing, response, response.stream);
      } else send(outgoing, response, incoming.method === 'HEAD', options.isClosing());
    };
    const arrive = (body: Uint8Array | undefined) => {
      answering.add(incoming.socket);
      outgoing.once('close', () => answering.delete(incoming.socket));
      if (arrived.push(() => answer(body)) === 1) setImmediate(answerBatch);
    };
    if (!announcesBody(incoming)) arrive(noBody);
    // When the client goes away there is nobody to answer.
    else readBody(incoming).then(arrive, () => outgoing.destroy());
  };
  return { listen, isAnswering: (socket) => answering.has(socket) };
}

const noBody = new Uint8Array();

/** RFC 9112, section 6: a request has a body if, and only if, one of these headers says so. */
function announcesBody({ headers }: IncomingMessage): boolean {
  return headers['content-length'] !== undefined || headers['transfer-encoding'] !== undefined;
}

function tooLarge(): ServiceError {
  return new ServiceError(
    'RequestEntityTooLargeException',
    `The request body is longer than ${mostBodyBytes} bytes`,
  );
}

function wireRequest(incoming: IncomingMessage, body: Uint8Array): WireRequest {
  const url = incoming.url ?? '/';
  const question = url.indexOf('?');
  return {
    method: incoming.method ?? 'GET',
    path: question < 0 ? url : url.slice(0, question),
    query: question < 0 ? '' : url.slice(question + 1),
    headers: new RequestHeaders(incoming.rawHeaders),
    body,
  };
}

/** The whole body, or undefined if it is longer than `mostBodyBytes`. Rejects when the client goes away. */
function readBody(incoming: IncomingMessage): Promise<Uint8Array | undefined> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    incoming.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes <= mostBodyBytes) {
        chunks.push(chunk);
        return;
      }
      chunks.length = 0;
      if (bytes > mostDiscardedBytes) incoming.destroy(new Error('The request body never ends.'));
    });
    incoming.on('end', () => {
      if (bytes > mostBodyBytes) resolve(undefined);
      else resolve(chunks.length === 1 ? chunks[0] : Buffer.concat(chunks, bytes));
    });
    incoming.on('error', reject);
    incoming.on('close', () => {
      // Every request closes; making an error costs as much as all else in this file.
      if (!incoming.readableEnded) reject(new Error('The request ended too soon.'));
    });
  });
}

function send(outgoing: ServerResponse, response: WireResponse, headOnly: boolean, closing: boolean): void {
  if (closing) outgoing.shouldKeepAlive = false;
  const bytes = Buffer.byteLength(response.body);
  outgoing.writeHead(response.status, [...response.headers, 'Content-Length', String(bytes)]);
  // ASCII is the same in either encoding, and this one needs no conversion on the way out.
  const encoding = bytes === response.body.length ? 'latin1' : 'utf8';
  outgoing.end(headOnly ? '' : response.body, encoding);
}
