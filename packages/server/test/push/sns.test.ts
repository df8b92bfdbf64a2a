import { randomBytes } from 'node:crypto';
import { CreatePlatformApplicationCommand, SNSClient } from '@aws-sdk/client-sns';
import { describe, expect, test } from 'vitest';
import type { PushNotice } from '../../src/ports/push-target.ts';
import { readAsAndroid, readAsIos } from './client-receivers.ts';
import { SnsEmulator, snsFailure } from './emulators/sns-emulator.ts';
import { describePushTarget, type PushScene } from './push-target-contract.ts';
import { openForTest } from './targets.ts';

const never = new AbortController().signal;
const notice = { identityPoolId: 'p', identityId: 'i', datasetName: 'd', syncCount: 1 };

async function createApplication(emulator: SnsEmulator, platform: string): Promise<string> {
  const { credentials, region, receiver } = emulator;
  const client = new SNSClient({ credentials, region, endpoint: receiver.url });
  const { PlatformApplicationArn: arn = '' } = await client.send(
    new CreatePlatformApplicationCommand({
      Platform: platform,
      Name: 'Example',
      Attributes: { PlatformCredential: 'secret' },
    }),
  );
  client.destroy();
  return arn;
}

function open(emulator: SnsEmulator, platform: string, settings: { timeoutMs?: number } = {}) {
  const { credentials, receiver } = emulator;
  return openForTest(platform, { type: 'sns', endpoint: receiver.url, credentials, ...settings });
}

function read(platform: string, payload: string): PushNotice {
  const json = JSON.parse(payload);
  return platform.startsWith('APNS') ? readAsIos(json) : readAsAndroid(json.data);
}

describe.each(['GCM', 'ADM', 'APNS', 'APNS_SANDBOX'])('%s', (platform) => {
  describePushTarget('SNS', async (): Promise<PushScene> => {
    const emulator = await SnsEmulator.start();
    const arn = await createApplication(emulator, platform);
    expect(arn).toBe(`arn:aws:sns:eu-west-1:123456789012:app/${platform}/Example`);
    const { receiver, credentials } = emulator;
    return {
      receiver,
      platform,
      open: (settings) => open(emulator, platform, settings),
      newToken: () => randomBytes(32).toString('hex').toUpperCase(),
      unregister: (token) => emulator.disable(token),
      received: (token) =>
        emulator.published
          .filter((message) => message.token === token)
          .map(({ payload }) => read(platform, payload)),
      badToken: platform.startsWith('APNS') ? 'not a token' : '',
      answers: {
        throttled: {
          status: 400,
          headers: { 'retry-after': '17' },
          body: snsFailure('Throttling', 'Rate exceeded'),
        },
        broken: { status: 500, body: snsFailure('InternalFailure', 'It is broken.') },
        tooLarge: {
          status: 400,
          body: snsFailure('InvalidParameter', 'Invalid parameter: Message too long'),
        },
      },
      trust: (isTrusted) => {
        emulator.isDenied = !isTrusted;
      },
      untrusted: 'gone',
      isProbed: true,
      secrets: [credentials.secretAccessKey],
      [Symbol.asyncDispose]: () => emulator[Symbol.asyncDispose](),
    };
  });
});

describe('SNS', () => {
  const started = async (platform: string) => {
    const emulator = await SnsEmulator.start();
    await createApplication(emulator, platform);
    return emulator;
  };

  test.each([
    ['GCM', { data: expect.any(Object) }, {}],
    ['ADM', { data: expect.any(Object) }, {}],
    [
      'APNS',
      { aps: { 'content-available': 1 }, data: expect.any(Object) },
      { 'AWS.SNS.MOBILE.APNS.PUSH_TYPE': 'background', 'AWS.SNS.MOBILE.APNS.PRIORITY': '5' },
    ],
  ])('is given what %s takes and nothing more', async (platform, payload, attributes) => {
    await using emulator = await started(platform);
    const target = await open(emulator, platform);
    const address = { platform, token: 'ab'.repeat(32) };
    const endpoint = await target.register(address, never);
    await target.send({ ...address, ...(endpoint && { endpoint }) }, notice, never);
    const data = { source: 'cognito-sync', ...notice, syncCount: '1' };
    expect(JSON.parse(emulator.published[0]?.payload ?? '')).toEqual({ ...payload, data });
    expect(emulator.published[0]?.attributes).toEqual(attributes);
    await target.close();
  });

  test('enables the endpoint of a token that came back', async () => {
    await using emulator = await started('GCM');
    const target = await open(emulator, 'GCM');
    const address = { platform: 'GCM', token: 'token' };
    const endpoint = (await target.register(address, never)) ?? '';
    emulator.disable('token');
    expect(await target.register(address, never)).toBe(endpoint);
    expect(await target.send({ ...address, endpoint }, notice, never)).toBe('delivered');
    await target.close();
  });

  test('deletes the endpoint of a device that is no more', async () => {
    await using emulator = await started('GCM');
    const target = await open(emulator, 'GCM');
    const address = { platform: 'GCM', token: 'token' };
    const endpoint = (await target.register(address, never)) ?? '';
    emulator.disable('token');
    expect(await target.send({ ...address, endpoint }, notice, never)).toBe('unregistered');
    expect(emulator.endpoints.size).toBe(0);
    await target.close();
  });

  test('makes the endpoint that somebody deleted, or that nobody made, when there is something to send', async () => {
    await using emulator = await started('GCM');
    const target = await open(emulator, 'GCM');
    const address = { platform: 'GCM', token: 'token' };
    const endpoint = (await target.register(address, never)) ?? '';
    emulator.endpoints.clear();
    expect(await target.send({ ...address, endpoint }, notice, never)).toBe('delivered');
    expect(await target.send(address, notice, never)).toBe('delivered');
    expect(emulator.endpoints.size).toBe(1);
    await target.close();
  });

  test('has no such application: nobody gets anything until somebody looks', async () => {
    await using emulator = await started('GCM');
    const target = await open(emulator, 'ADM');
    const address = { platform: 'ADM', token: 'token' };
    await expect(target.probe(never)).rejects.toMatchObject({ failure: 'gone' });
    await expect(target.register(address, never)).rejects.toMatchObject({ failure: 'gone' });
    await expect(target.send(address, notice, never)).rejects.toMatchObject({ failure: 'gone' });
    await target.close();
  });

  test.each([
    ['another secret', { secretAccessKey: 'wrong' }, 'SignatureDoesNotMatch'],
    ['another key', { accessKeyId: 'AKIAOTHER' }, 'InvalidClientTokenId'],
  ])('does not take %s', async (_name, changes, code) => {
    await using emulator = await started('GCM');
    const credentials = { ...emulator.credentials, ...changes };
    const target = await openForTest('GCM', { type: 'sns', endpoint: emulator.receiver.url, credentials });
    await expect(target.probe(never)).rejects.toMatchObject({
      failure: 'gone',
      message: `SNS answered 403 ${code}.`,
    });
    await target.close();
  });

  test.each([
    ['Throttled', 429, 'unavailable'],
    ['RequestLimitExceeded', 400, 'unavailable'],
    ['ExpiredToken', 403, 'unavailable'],
    ['PlatformApplicationDisabled', 400, 'gone'],
    ['AccessDeniedException', 400, 'gone'],
    ['InvalidParameterValue', 400, 'refused'],
    ['SomethingNew', 400, 'refused'],
    ['SomethingNew', 403, 'gone'],
    ['ServiceUnavailable', 503, 'unavailable'],
  ] as const)('answering %s with %i is %s', async (code, status, expected) => {
    await using emulator = await started('GCM');
    const target = await open(emulator, 'GCM');
    emulator.receiver.fault = { status, body: snsFailure(code, 'No.') };
    await expect(target.probe(never)).rejects.toMatchObject({ failure: expected });
    await target.close();
  });
});
