import { createECDH } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { parsePushSubscription } from '../../src/push-targets/push-subscription.ts';
import type { WebPushSettings } from '../../src/push-targets/settings.ts';
import { readAsAndroid } from './client-receivers.ts';
import { certificateFile } from './emulators/loopback-receiver.ts';
import { decrypt, WebPushEmulator } from './emulators/web-push-emulator.ts';
import { describePushTarget, type PushScene } from './push-target-contract.ts';
import { openForTest } from './targets.ts';

const never = new AbortController().signal;
const notice = { identityPoolId: 'p', identityId: 'i', datasetName: 'd', syncCount: 1 };

function newVapidKeys() {
  const curve = createECDH('prime256v1');
  const publicKey = curve.generateKeys().toString('base64url');
  const privateKey = Buffer.from(curve.getPrivateKey().toString('hex').padStart(64, '0'), 'hex');
  return { publicKey, privateKey: privateKey.toString('base64url') };
}

const vapid = newVapidKeys();

const settings: WebPushSettings = {
  type: 'web-push',
  ...vapid,
  subject: 'mailto:push@example.org',
  allowedHosts: ['127.0.0.1'],
  certificateAuthority: certificateFile,
};

describePushTarget('Web Push', async (): Promise<PushScene> => {
  const emulator = await WebPushEmulator.start(vapid.publicKey);
  return {
    receiver: emulator.receiver,
    platform: 'GCM',
    open: (changes) => openForTest('GCM', { ...settings, ...changes }),
    newToken: () => emulator.subscribe(),
    unregister: (token) => emulator.unsubscribe(token),
    received: (token) =>
      emulator.messages
        .filter(({ path }) => path === new URL(JSON.parse(token).endpoint).pathname)
        .map(({ text }) => readAsAndroid(JSON.parse(text))),
    badToken: 'fcm-token:APA91b',
    answers: {
      throttled: { status: 429, headers: { 'retry-after': '17' } },
      broken: { status: 500 },
      tooLarge: { status: 413 },
    },
    trust: (isTrusted) => {
      emulator.isKeyForeign = !isTrusted;
    },
    // It is a stranger who says so, and must not stop the notices of others.
    untrusted: 'refused',
    isProbed: false,
    secrets: [vapid.privateKey, '/wpush/v2/', 'eyJ'],
    [Symbol.asyncDispose]: () => emulator[Symbol.asyncDispose](),
  };
});

describe('Web Push', () => {
  const register = async (token: string, changes: Partial<WebPushSettings> = {}) => {
    const target = await openForTest('GCM', { ...settings, ...changes });
    try {
      return await target.register({ platform: 'GCM', token }, never);
    } finally {
      await target.close();
    }
  };

  test('no answer of a push service stops the notices of everybody', async () => {
    await using emulator = await WebPushEmulator.start(vapid.publicKey);
    const target = await openForTest('GCM', settings);
    const token = emulator.subscribe();
    for (let status = 200; status < 600; status += 1) {
      emulator.receiver.fault = { status };
      const outcome = await target
        .send({ platform: 'GCM', token }, notice, never)
        .catch(({ failure, isAboutOne }) => ({ failure, isAboutOne }));
      expect([
        'delivered',
        'unregistered',
        { failure: 'refused', isAboutOne: true },
        { failure: 'unavailable', isAboutOne: true },
      ]).toContainEqual(outcome);
    }
    await target.close();
  });

  test('keeps no connection to a host that a device chose', async () => {
    await using emulator = await WebPushEmulator.start(vapid.publicKey);
    const target = await openForTest('GCM', settings);
    await target.send({ platform: 'GCM', token: emulator.subscribe() }, notice, never);
    expect(emulator.messages[0]?.headers.connection).toBe('close');
    await target.close();
  });

  test('messages of one dataset replace each other', async () => {
    await using emulator = await WebPushEmulator.start(vapid.publicKey);
    const target = await openForTest('GCM', settings);
    const token = emulator.subscribe();
    for (const datasetName of ['d', 'd', 'e']) {
      await target.send({ platform: 'GCM', token }, { ...notice, datasetName }, never);
    }
    const [first, again, other] = emulator.messages.map(({ headers }) => headers.topic);
    expect(again).toBe(first);
    expect(other).not.toBe(first);
    expect(emulator.messages[0]?.headers).toMatchObject({ ttl: '2419200', urgency: 'normal' });
    await target.close();
  });

  test.each([
    'https://127.0.0.1/x',
    'https://127.1/x',
    'https://10.0.0.5/x',
    'https://169.254.169.254/latest/meta-data/',
    'https://[::1]/x',
    'https://[::ffff:127.0.0.1]/x',
    'https://2130706433/x',
  ])('%s is no push service unless it is allowed', async (endpoint) => {
    await using emulator = await WebPushEmulator.start(vapid.publicKey);
    const token = JSON.stringify({ ...JSON.parse(emulator.subscribe()), endpoint });
    const { allowedHosts: _hosts, ...open } = settings;
    const target = await openForTest('GCM', open);
    const address = { platform: 'GCM', token };
    await expect(target.register(address, never)).rejects.toMatchObject({ failure: 'refused' });
    await expect(target.send(address, notice, never)).rejects.toMatchObject({ failure: 'refused' });
    await target.close();
  });

  test('a name is no push service when it leads to a private address', async () => {
    await using emulator = await WebPushEmulator.start(vapid.publicKey);
    const token = emulator.subscribe().replace('127.0.0.1', 'localhost');
    const { allowedHosts: _hosts, ...open } = settings;
    const target = await openForTest('GCM', open);
    const sent = target.send({ platform: 'GCM', token }, notice, never);
    await expect(sent).rejects.toMatchObject({
      failure: 'refused',
      message: 'localhost has an address that is not public.',
    });
    expect(emulator.messages).toEqual([]);
    await target.close();
    const allowing = await openForTest('GCM', { ...settings, allowedHosts: ['localhost'] });
    expect(await allowing.send({ platform: 'GCM', token }, notice, never)).toBe('delivered');
    await allowing.close();
  });

  test.each([
    ['push.example.org', true],
    ['a.push.example.org', false],
    ['updates.push.services.mozilla.com', true],
    ['push.services.mozilla.com', false],
    ['evilpush.services.mozilla.com', false],
    ['fcm.googleapis.com', false],
  ])('with a list of hosts, %s: %s', async (host, isAllowed) => {
    await using emulator = await WebPushEmulator.start(vapid.publicKey);
    const token = JSON.stringify({ ...JSON.parse(emulator.subscribe()), endpoint: `https://${host}/x` });
    const allowedHosts = ['push.example.org', '*.push.services.mozilla.com'];
    const registered = register(token, { allowedHosts });
    if (isAllowed) expect(await registered).toBeUndefined();
    else await expect(registered).rejects.toMatchObject({ failure: 'refused' });
  });

  test('keys that are no pair are not taken', async () => {
    const { privateKey } = newVapidKeys();
    await expect(openForTest('GCM', { ...settings, privateKey })).rejects.toThrow('must be a VAPID pair');
    await expect(openForTest('GCM', { ...settings, privateKey: 'x' })).rejects.toThrow(
      'must be a VAPID pair',
    );
    await expect(openForTest('APNS', settings)).rejects.toThrow('platform GCM, not APNS');
  });
});

describe('a subscription', () => {
  const curve = createECDH('prime256v1');
  const point = curve.generateKeys();
  const good = {
    endpoint: 'https://push.example.org/x',
    keys: { p256dh: point.toString('base64url'), auth: Buffer.alloc(16).toString('base64url') },
  };
  const offCurve = Buffer.from(point);
  offCurve[64] = (offCurve[64] ?? 0) ^ 1;

  test('as browsers write it is taken', () => {
    expect(parsePushSubscription(JSON.stringify({ ...good, expirationTime: null }))).toMatchObject(good);
  });

  test.each([
    ['no JSON', '{'],
    ['null', 'null'],
    ['no keys', JSON.stringify({ endpoint: good.endpoint })],
    ['plain HTTP', JSON.stringify({ ...good, endpoint: 'http://push.example.org/x' })],
    ['no host', JSON.stringify({ ...good, endpoint: 'https://' })],
    ['a user name', JSON.stringify({ ...good, endpoint: 'https://me@push.example.org/' })],
    ['a short secret', JSON.stringify({ ...good, keys: { ...good.keys, auth: 'AAAA' } })],
    ['a compressed point', JSON.stringify({ ...good, keys: { ...good.keys, p256dh: 'A'.repeat(44) } })],
    [
      'a point that is not on the curve',
      JSON.stringify({ ...good, keys: { ...good.keys, p256dh: offCurve.toString('base64url') } }),
    ],
    ['more than anybody needs', JSON.stringify({ ...good, padding: 'x'.repeat(4096) })],
  ])('that is %s is not', (_name, token) => {
    expect(parsePushSubscription(token)).toBeUndefined();
  });
});

test('the decryption of these tests reads the example of RFC 8291', () => {
  const receiver = createECDH('prime256v1');
  receiver.setPrivateKey(Buffer.from('q1dXpw3UpT5VOmu_cf_v6ih07Aems3njxI-JWgLcM94', 'base64url'));
  const message =
    'DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN';
  const auth = Buffer.from('BTBZMqHH6r4Tts7J_aSIgg', 'base64url');
  expect(decrypt(Buffer.from(message, 'base64url'), { curve: receiver, auth })).toBe(
    'When I grow up, I want to be a watermelon',
  );
});
