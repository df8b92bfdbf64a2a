import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { mostConnections, ReceiverClient, type ReceiverClientOptions } from './receiver-client.ts';

const signal = new AbortController().signal;

let server: Server;
let url: URL;
let client: ReceiverClient;

beforeEach(async () => {
  server = createServer().listen(0, '127.0.0.1');
  // Whoever ends a connection here, it is the client.
  server.keepAliveTimeout = 0;
  await once(server, 'listening');
  url = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
});

afterEach(() => {
  client.close();
  server.closeAllConnections();
  server.close();
});

function open(options: ReceiverClientOptions, answer: RequestListener): void {
  client = new ReceiverClient(options);
  server.on('request', (request, response) => request.resume().on('end', () => answer(request, response)));
}

const post = () => client.post(url, { headers: {}, body: '{}', signal });

test('a connection serves again, and ends when it was idle', async () => {
  open({ idleMs: 200 }, (_request, response) => response.end());
  const ended = once(server, 'connection').then(([socket]) => once(socket, 'close'));
  let connections = 0;
  server.on('connection', () => {
    connections += 1;
  });
  await post();
  await post();
  expect(connections).toBe(1);
  await ended;
});

test('a connection that is not kept ends with its answer', async () => {
  open({ keepsConnections: false }, (_request, response) => response.end());
  const ended = once(server, 'connection').then(([socket]) => once(socket, 'close'));
  await post();
  await ended;
});

test('there is a limit of connections, and who comes later waits', async () => {
  let connections = 0;
  let most = 0;
  server.on('connection', (socket) => {
    connections += 1;
    most = Math.max(most, connections);
    socket.on('close', () => {
      connections -= 1;
    });
  });
  const waiting: (() => void)[] = [];
  let isFull = false;
  open({ keepsConnections: false }, (_request, response) => {
    waiting.push(() => response.end());
    isFull ||= waiting.length === mostConnections;
    if (isFull) for (const answer of waiting.splice(0)) answer();
  });
  await Promise.all(Array.from({ length: mostConnections + 50 }, post));
  expect(most).toBe(mostConnections);
});
