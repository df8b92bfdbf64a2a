import { once } from 'node:events';
import { createServer, get, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setImmediate as turn } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { EventReader } from '../../test/live/event-reader.ts';
import { ChangeHub } from '../live/change-hub.ts';
import { sendStream } from './send-stream.ts';

// A reader who does not read, over real sockets: what is kept for it stays small, and in the end it knows what matters.

const names = Array.from({ length: 20 }, (_, index) => `dataset-${index}`);
const identity = { identityPoolId: 'us-east-1:0', identityId: 'us-east-1:1' };
let now: number;
let hub: ChangeHub;
let server: Server;
let outgoing: ServerResponse;
let answer: IncomingMessage;

beforeEach(async () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  now = 0;
  hub = new ChangeHub({
    store: { syncCounts: async () => [] },
    logger: { error: () => {}, info: () => {}, debug: () => {} },
    now: () => now,
    random: () => 0.5,
    mostOfIdentity: 10,
    mostOfServer: 10,
    heartbeatMs: 25_000,
    isActive: () => true,
  });
  server = createServer(async (_request, response) => {
    outgoing = response;
    const outcome = hub.listen({ ...identity, expiresAt: Number.POSITIVE_INFINITY });
    if (outcome.kind !== 'listening') throw new Error(outcome.kind);
    const stream = await outcome.listener.open(undefined);
    if (!stream) throw new Error('There is no stream.');
    sendStream(response, { status: 200, headers: [], body: '' }, stream);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const request = get({ port: (server.address() as AddressInfo).port, host: '127.0.0.1', agent: false });
  [answer] = (await once(request, 'response')) as [IncomingMessage];
  answer.on('error', () => {});
});

afterEach(async () => {
  hub.close();
  answer.destroy();
  vi.useRealTimers();
  server.closeAllConnections();
  await once(server.close(), 'close');
});

/** Changes until the sockets hold no more, and as much again as would fill them many times. */
async function flood(): Promise<number> {
  answer.pause();
  let count = 0;
  const more = async () => {
    count += 1;
    for (const datasetName of names) hub.changed(identity.identityId, { datasetName, syncCount: count });
    await turn();
  };
  while (!outgoing.writableNeedDrain) await more();
  const [filledAt, kept] = [count, outgoing.writableLength];
  while (count < 10 * filledAt) await more();
  expect(outgoing.writableLength).toBe(kept);
  expect(kept).toBeLessThan(128 * 1024);
  return count;
}

test('who reads again is told the newest of each dataset', async () => {
  const count = await flood();
  const reader = new EventReader();
  answer.setEncoding('utf8').on('data', (text: string) => reader.read(text));
  answer.resume();
  await vi.waitFor(() => expect(reader.lastEventId).toBe(String(count * names.length)), { timeout: 10_000 });
  expect(reader.counts).toEqual(new Map(names.map((name) => [name, count])));
  expect(reader.events.length).toBeLessThan(count * names.length * 0.5);
  hub.changed(identity.identityId, { datasetName: 'last', syncCount: 1 });
  await vi.waitFor(() => expect(reader.counts.get('last')).toBe(1));
});

test('who never reads again is cut off, and forgotten', async () => {
  await flood();
  expect(hub.size).toBe(1);
  now = 50_000;
  vi.advanceTimersByTime(25_000);
  expect(hub.size).toBe(0);
  expect(outgoing.destroyed).toBe(true);
  const closed = new Promise((close) => answer.once('close', close));
  answer.resume();
  await closed;
});
