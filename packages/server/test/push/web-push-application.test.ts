import { createECDH } from 'node:crypto';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { startTestServer, type TestServer } from '../../src/testing/index.ts';
import { StreamScene } from '../deliveries/stream-scene.ts';
import { readAsAndroid } from './client-receivers.ts';
import { certificateFile } from './emulators/loopback-receiver.ts';
import { WebPushEmulator } from './emulators/web-push-emulator.ts';

const application = 'arn:aws:sns:us-east-1:000000000000:app/GCM/web';
const curve = createECDH('prime256v1');
const publicKey = curve.generateKeys().toString('base64url');
const privateKey = curve.getPrivateKey().toString('base64url').padStart(43, 'A');
const eventually = { timeout: 20_000, interval: 20 };

let server: TestServer;
let scene: StreamScene;
let honest: WebPushEmulator;
let hostile: WebPushEmulator;

beforeAll(async () => {
  honest = await WebPushEmulator.start(publicKey);
  hostile = await WebPushEmulator.start(publicKey);
  server = await startTestServer({
    settings: {
      push: {
        [application]: {
          type: 'web-push',
          publicKey,
          privateKey,
          subject: 'mailto:push@example.org',
          allowedHosts: ['127.0.0.1'],
          certificateAuthority: certificateFile,
        },
      },
    },
  });
  scene = await StreamScene.open(server);
  await scene.configure({
    PushSync: { ApplicationArns: [application], RoleArn: 'arn:aws:iam::000000000000:role/push' },
  });
});

afterAll(async () => {
  scene[Symbol.dispose]();
  await server.close();
  await honest[Symbol.asyncDispose]();
  await hostile[Symbol.asyncDispose]();
});

test('a browser is told what its user changed elsewhere', async () => {
  const ann = await scene.writer(server.region);
  await ann.write('settings', { a: '1' });
  await ann.subscribe('settings', await ann.register('GCM', honest.subscribe()));
  await ann.write('settings', { a: '2' });
  await vi.waitFor(() => expect(honest.messages).toHaveLength(1), eventually);
  expect(readAsAndroid(JSON.parse(honest.messages[0]?.text ?? ''))).toMatchObject({
    datasetName: 'settings',
    syncCount: 2,
  });
  expect(server.faults).toEqual([]);
});

test('what is no subscription is refused when it is registered', async () => {
  const ann = await scene.writer(server.region);
  await ann.write('settings', { a: '1' });
  await expect(ann.register('GCM', 'https://push.example.org/')).rejects.toThrow('Token is not one of GCM');
});

test("one user's push service that wants to be left alone for an hour holds up nobody else", async () => {
  const asked = hostile.receiver.answered();
  hostile.receiver.fault = { status: 503, headers: { 'retry-after': '3600' } };
  const mallory = await scene.writer(server.region);
  await mallory.write('settings', { a: '1' });
  await mallory.subscribe('settings', await mallory.register('GCM', hostile.subscribe()));
  await mallory.write('settings', { a: '2' });
  await asked;
  honest.messages.length = 0;
  const bob = await scene.writer(server.region);
  await bob.write('settings', { a: '1' });
  await bob.subscribe('settings', await bob.register('GCM', honest.subscribe()));
  await bob.write('settings', { a: '2' });
  await vi.waitFor(() => expect(honest.messages).toHaveLength(1), eventually);
});
