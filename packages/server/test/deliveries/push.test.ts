import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { startTestServer, type TestServer } from '../../src/testing/index.ts';
import { StreamScene } from './stream-scene.ts';

const gcm = 'arn:aws:sns:us-east-1:000000000000:app/GCM/app';
const apns = 'arn:aws:sns:us-east-1:000000000000:app/APNS/app';
const RoleArn = 'arn:aws:iam::000000000000:role/push';
const eventually = { timeout: 20_000, interval: 20 };

interface Notice {
  readonly token: string;
  readonly syncCount: number;
}

let received: Notice[];
/** How the receiver answers, by token; 204 unless told otherwise. */
let answers: Map<string, number>;
let receiver: Server;
let server: TestServer;
let scene: StreamScene;

beforeEach(async () => {
  received = [];
  answers = new Map();
  receiver = createServer(answer);
  await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/`;
  const secret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
  server = await startTestServer({ settings: { push: { [gcm]: { type: 'webhook', url, secret } } } });
  scene = await StreamScene.open(server);
  await scene.configure({ PushSync: { ApplicationArns: [gcm, apns], RoleArn } });
});

afterEach(async () => {
  scene[Symbol.dispose]();
  await server.close();
  receiver.closeAllConnections();
  await new Promise((resolve) => receiver.close(resolve));
});

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const body = JSON.parse(await text(request));
  const token = String(findIn(body, 'token'));
  const status = answers.get(token) ?? 204;
  if (status === 204) received.push({ token, syncCount: Number(findIn(body, 'syncCount')) });
  response.writeHead(status).end();
}

function findIn(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null) return undefined;
  const object = value as Readonly<Record<string, unknown>>;
  if (Object.hasOwn(object, name)) return object[name];
  return Object.values(object)
    .map((inner) => findIn(inner, name))
    .find((found) => found !== undefined);
}

async function figure(name: string): Promise<string> {
  const metrics = await (await fetch(`${server.url}/metrics`)).text();
  return metrics.split('\n').find((line) => line.startsWith(`${name} `)) ?? `${name} is missing`;
}

test('every subscribed device is told, but not the one that writes', async () => {
  const ann = await scene.writer(server.region);
  await ann.write('settings', { a: '1' });
  const phone = await ann.register('GCM', 'phone-token');
  const tablet = await ann.register('GCM', 'tablet-token');
  await ann.register('GCM', 'unsubscribed-token');
  for (const device of [phone, tablet]) await ann.subscribe('settings', device);
  await ann.write('settings', { a: '2' }, phone);
  await vi.waitFor(() => expect(received).toEqual([{ token: 'tablet-token', syncCount: 2 }]), eventually);
  await ann.write('settings', { a: '3' });
  await vi.waitFor(() => expect(received).toHaveLength(3), eventually);
  expect(received.slice(1).toSorted((one, other) => (one.token < other.token ? -1 : 1))).toEqual([
    { token: 'phone-token', syncCount: 3 },
    { token: 'tablet-token', syncCount: 3 },
  ]);
  expect(server.faults).toEqual([]);
});

test('a device that the receiver does not know any more is forgotten', async () => {
  const ann = await scene.writer(server.region);
  await ann.write('settings', { a: '1' });
  const phone = await ann.register('GCM', 'phone-token');
  await ann.subscribe('settings', phone);
  answers.set('phone-token', 410);
  await ann.write('settings', { a: '2' });
  await vi.waitFor(async () => {
    await expect(ann.subscribe('settings', phone)).rejects.toThrow('ResourceNotFoundException');
  }, eventually);
  expect(await figure('holdall_deliveries_dropped_total{kind="push",reason="no device"}')).toMatch(/ 1$/);
  expect(await figure('holdall_deliveries_queued{kind="push"}')).toMatch(/ 0$/);
});

test('a burst while the receiver is down becomes one notice, of the newest count', async () => {
  const ann = await scene.writer(server.region);
  await ann.write('settings', { a: '1' });
  await ann.subscribe('settings', await ann.register('GCM', 'phone-token'));
  answers.set('phone-token', 503);
  for (let number = 2; number <= 9; number++) await ann.write('settings', { a: String(number) });
  expect(await figure('holdall_deliveries_queued{kind="push"}')).toMatch(/ 1$/);
  answers.clear();
  await vi.waitFor(() => expect(received).toEqual([{ token: 'phone-token', syncCount: 9 }]), eventually);
});

test('an application that this server does not know hinders no device and no write', async () => {
  const ann = await scene.writer(server.region);
  await ann.write('settings', { a: '1' });
  await ann.subscribe('settings', await ann.register('APNS', 'ABCDEF'));
  await ann.write('settings', { a: '2' });
  await vi.waitFor(async () => {
    const dropped = await figure('holdall_deliveries_dropped_total{kind="push",reason="no target"}');
    expect(dropped).toMatch(/ 1$/);
  }, eventually);
  await expect(ann.register('ADM', 'x')).rejects.toThrow('InvalidConfigurationException');
});
