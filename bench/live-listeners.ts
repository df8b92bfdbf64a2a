import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import type { LiveOrder } from './live.ts';

// Listeners, and the writer whose changes they hear, in one process: they share a clock.

/** Connections that are made at a time: fewer than wait in the server's queue. */
const atOnce = 200;

/** Those of the last order; the others stay open and silent. */
let listening: readonly Socket[] = [];
/** Told of every event of a listener. */
let onEvent: (syncCount: number) => void = () => {};

process.on('message', async (order: LiveOrder) => {
  if (order.kind === 'listen') await listen(order);
  process.send?.(order.kind === 'listen' ? [] : await change(order));
});

async function listen({ port, requests, each }: Extract<LiveOrder, { kind: 'listen' }>): Promise<void> {
  const opened: Socket[] = [];
  const wanted = requests.flatMap((request) => Array.from({ length: each }, () => Buffer.from(request)));
  for (let start = 0; start < wanted.length; start += atOnce) {
    const some = wanted.slice(start, start + atOnce);
    opened.push(...(await Promise.all(some.map((request) => open(port, request)))));
  }
  listening = opened;
}

/** Resolves when the stream has begun. */
async function open(port: number, request: Buffer): Promise<Socket> {
  const socket = connect({ port, host: '127.0.0.1' });
  await once(socket, 'connect');
  socket.write(request);
  const [first] = (await once(socket, 'data')) as [Buffer];
  const text = first.toString('latin1');
  if (!text.startsWith('HTTP/1.1 200')) throw new Error(`A stream was refused: ${text}`);
  socket.on('close', () => {
    throw new Error('The server ended a stream.');
  });
  socket.on('data', (chunk) => {
    const syncCount = /"syncCount":(\d+)/.exec(chunk.toString('latin1'))?.[1];
    if (syncCount !== undefined) onEvent(Number(syncCount));
  });
  return socket;
}

/** From the moment the request is sent, so that the commit is part of it. */
async function change({ port, update, times }: Extract<LiveOrder, { kind: 'change' }>): Promise<number[]> {
  const writer = connect({ port, host: '127.0.0.1', noDelay: true });
  await once(writer, 'connect');
  const latencies: number[] = [];
  for (let time = 0; time < times; time++) {
    const heard = Promise.withResolvers<void>();
    let missing = listening.length;
    const sentAt = performance.now();
    onEvent = () => {
      latencies.push(performance.now() - sentAt);
      missing -= 1;
      if (missing === 0) heard.resolve();
    };
    writer.write(Buffer.from(update));
    const [answer] = (await once(writer, 'data')) as [Buffer];
    if (!answer.toString('latin1').startsWith('HTTP/1.1 200')) throw new Error(`Refused: ${answer}`);
    await heard.promise;
  }
  writer.destroy();
  return latencies;
}
