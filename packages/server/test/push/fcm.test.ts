import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import type { PushTargetSettings } from '../../src/push-targets/index.ts';
import { readAsAndroid } from './client-receivers.ts';
import { FcmEmulator, failure } from './emulators/fcm-emulator.ts';
import { describePushTarget, type PushScene } from './push-target-contract.ts';
import { openForTest } from './targets.ts';

const never = new AbortController().signal;
const notice = { identityPoolId: 'p', identityId: 'i', datasetName: 'd', syncCount: 1 };

function newToken(emulator: FcmEmulator): string {
  const token = `fcm-${randomUUID()}:APA91b`;
  emulator.tokens.add(token);
  return token;
}

describePushTarget('FCM', async (): Promise<PushScene> => {
  const emulator = await FcmEmulator.start();
  const { receiver } = emulator;
  const serviceAccount = emulator.serviceAccount();
  return {
    receiver,
    platform: 'GCM',
    open: (settings) =>
      openForTest('GCM', { type: 'fcm', serviceAccount, endpoint: receiver.url, ...settings }),
    newToken: () => newToken(emulator),
    unregister: (token) => emulator.tokens.delete(token),
    received: (token) =>
      emulator.messages.filter((message) => message.token === token).map(({ data }) => readAsAndroid(data)),
    badToken: 'not a token',
    answers: {
      throttled: {
        ...failure(429, 'RESOURCE_EXHAUSTED', 'Quota exceeded.', 'QUOTA_EXCEEDED'),
        headers: { 'retry-after': '17' },
      },
      broken: failure(500, 'INTERNAL', 'Internal error.', 'INTERNAL'),
      tooLarge: failure(400, 'INVALID_ARGUMENT', 'Message is too big.', 'INVALID_ARGUMENT'),
    },
    trust: (isTrusted) => {
      emulator.isAccountDisabled = !isTrusted;
      if (!isTrusted) emulator.revokeAccessTokens();
    },
    untrusted: 'gone',
    isProbed: true,
    secrets: [JSON.parse(serviceAccount).private_key.slice(40, 80), 'ya29.', 'eyJ'],
    [Symbol.asyncDispose]: () => emulator[Symbol.asyncDispose](),
  };
});

describe('FCM', () => {
  const open = (emulator: FcmEmulator, settings: Partial<PushTargetSettings & { type: 'fcm' }> = {}) =>
    openForTest('GCM', {
      type: 'fcm',
      serviceAccount: emulator.serviceAccount(),
      endpoint: emulator.receiver.url,
      ...settings,
    });

  test('fetches one access token for all, and another when that is revoked', async () => {
    await using emulator = await FcmEmulator.start();
    const target = await open(emulator);
    const address = { platform: 'GCM', token: newToken(emulator) };
    const sendTen = () => Promise.all(Array.from({ length: 10 }, () => target.send(address, notice, never)));
    await sendTen();
    expect(emulator.tokenRequests).toBe(1);
    emulator.revokeAccessTokens();
    await sendTen();
    expect(emulator.messages).toHaveLength(20);
    expect(emulator.tokenRequests).toBe(2);
    await target.close();
  });

  test.each([
    ['is not there', 'vanish'],
    ['answers rubbish', { status: 400, body: '<html>' }],
    ['answers no token', { status: 200, body: '{"access_token":7}' }],
    ['is down', { status: 503 }],
  ] as const)('waits for a token endpoint that %s', async (_name, fault) => {
    await using emulator = await FcmEmulator.start();
    const target = await open(emulator);
    const address = { platform: 'GCM', token: newToken(emulator) };
    emulator.tokenEndpoint.fault = fault;
    const sent = target.send(address, notice, never);
    await expect(sent).rejects.toMatchObject({ failure: 'unavailable' });
    emulator.tokenEndpoint.fault = undefined;
    expect(await target.send(address, notice, never)).toBe('delivered');
    await target.close();
  });

  test('stops waiting for an access token when it is told to, alone', async () => {
    await using emulator = await FcmEmulator.start();
    const target = await open(emulator);
    const address = { platform: 'GCM', token: newToken(emulator) };
    const hung = emulator.tokenEndpoint.hung();
    emulator.tokenEndpoint.fault = 'hang';
    const abort = new AbortController();
    const aborted = target.send(address, notice, abort.signal).catch((error: unknown) => error);
    const closed = target.send(address, notice, never).catch((error: unknown) => error);
    await hung;
    abort.abort();
    expect(await aborted).toMatchObject({ failure: 'unavailable', message: 'FCM was not waited for.' });
    await target.close();
    expect(await closed).toMatchObject({ failure: 'unavailable' });
  });

  test('says how urgent a message is', async () => {
    await using emulator = await FcmEmulator.start();
    const address = { platform: 'GCM', token: newToken(emulator) };
    for (const priority of [undefined, 'high'] as const) {
      const target = await open(emulator, priority && { priority });
      await target.send(address, notice, never);
      await target.close();
    }
    expect(emulator.messages.map(({ android }) => android)).toEqual([
      { priority: 'normal' },
      { priority: 'high' },
    ]);
  });

  test('asks for a check of a message, and sends none, to find out about its credentials', async () => {
    await using emulator = await FcmEmulator.start();
    const target = await open(emulator);
    await target.probe(never);
    expect(emulator.validations).toBe(1);
    await target.close();
    const stranger = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
    const foreign = await open(emulator, { serviceAccount: emulator.serviceAccount(stranger) });
    await expect(foreign.probe(never)).rejects.toMatchObject({
      failure: 'gone',
      message: 'Google refused the service account (invalid_grant).',
    });
    await foreign.close();
  });

  test.each([
    ['a token of another project: only this one', 'refused', {}, true],
    ['a project that does not exist: nobody, and nobody is removed', 'gone', { projectId: 'other' }, false],
  ] as const)('%s', async (_name, expected, settings, isProjectForeign) => {
    await using emulator = await FcmEmulator.start();
    emulator.isProjectForeign = isProjectForeign;
    const target = await open(emulator, settings);
    const sent = target.send({ platform: 'GCM', token: newToken(emulator) }, notice, never);
    await expect(sent).rejects.toMatchObject({ failure: expected });
    await target.close();
  });

  test.each([
    [
      'by its message',
      failure(400, 'INVALID_ARGUMENT', 'The registration token is not a valid FCM registration token'),
    ],
    [
      'by the field',
      {
        status: 400,
        body: JSON.stringify({
          error: { message: 'Invalid.', details: [{ fieldViolations: [{ field: 'message.token' }] }] },
        }),
      },
    ],
  ])('a token that is none is no device, seen %s', async (_name, fault) => {
    await using emulator = await FcmEmulator.start();
    const target = await open(emulator);
    const address = { platform: 'GCM', token: newToken(emulator) };
    await target.send(address, notice, never);
    emulator.receiver.fault = fault;
    expect(await target.send(address, notice, never)).toBe('unregistered');
    await target.close();
  });

  test.each([
    ['no account', {}, 'Exactly one of serviceAccount and serviceAccountFile'],
    ['two accounts', { serviceAccount: '{}', serviceAccountFile: 'x' }, 'Exactly one of'],
    ['no such file', { serviceAccountFile: 'missing.json' }, 'missing.json cannot be read'],
    ['no JSON', { serviceAccount: 'secret' }, 'must be the JSON that Google gave'],
    ['no key', { serviceAccount: '{"client_email":"x"}' }, 'has no private_key'],
    ['a bad key', { serviceAccount: '{"client_email":"x","private_key":"k"}' }, 'must be an RSA key in PEM'],
    ['an unset variable', { serviceAccount: { env: 'FCM_KEY' } }, 'FCM_KEY'],
  ])('is not opened with %s', async (_name, settings, message) => {
    await expect(openForTest('GCM', { type: 'fcm', ...settings })).rejects.toThrow(message);
  });

  test('serves no other platform', async () => {
    await expect(openForTest('APNS', { type: 'fcm', serviceAccount: '{}' })).rejects.toThrow(
      'platform GCM only',
    );
  });
});
