import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import type { PushTarget } from '../../src/ports/push-target.ts';
import { ApnsService } from '../../src/push-targets/apns.ts';
import type { ApnsSettings } from '../../src/push-targets/settings.ts';
import { readAsIos } from './client-receivers.ts';
import { ApnsEmulator, refused } from './emulators/apns-emulator.ts';
import { certificateFile } from './emulators/loopback-receiver.ts';
import { describePushTarget, type PushScene } from './push-target-contract.ts';
import { now, openForTest, pushTargetNeeds } from './targets.ts';

const never = new AbortController().signal;
const notice = { identityPoolId: 'p', identityId: 'i', datasetName: 'd', syncCount: 1 };
const minute = 60_000;

function settingsFor(emulator: ApnsEmulator): ApnsSettings {
  const { key, keyId, teamId, topic, url: endpoint } = emulator;
  return { type: 'apns', key, keyId, teamId, topic, endpoint, certificateAuthority: certificateFile };
}

/** As `registerDevice:` of the iOS SDK sends it. */
function newToken(emulator: ApnsEmulator): string {
  const token = randomBytes(32).toString('hex');
  emulator.tokens.add(token);
  return token.toUpperCase();
}

describe.each(['APNS', 'APNS_SANDBOX'])('%s', (platform) => {
  describePushTarget('APNs', async (): Promise<PushScene> => {
    const emulator = await ApnsEmulator.startNew();
    return {
      receiver: emulator,
      platform,
      open: (settings) => openForTest(platform, { ...settingsFor(emulator), ...settings }),
      newToken: () => newToken(emulator),
      unregister: (token) => emulator.tokens.delete(token.toLowerCase()),
      received: (token) =>
        emulator.delivered
          .filter(({ path }) => path === `/3/device/${token.toLowerCase()}`)
          .map(({ payload }) => readAsIos(payload)),
      badToken: 'fcm-token:APA91b',
      answers: {
        throttled: { ...refused(429, 'TooManyRequests'), headers: { 'retry-after': '17' } },
        broken: refused(500, 'InternalServerError'),
        tooLarge: refused(413, 'PayloadTooLarge'),
      },
      trust: (isTrusted) => {
        emulator.isKeyRevoked = !isTrusted;
      },
      untrusted: 'gone',
      isProbed: true,
      secrets: [emulator.key.slice(40, 80), 'eyJ'],
      [Symbol.asyncDispose]: () => emulator[Symbol.asyncDispose](),
    };
  });
});

describe('APNs', () => {
  async function sendTo(emulator: ApnsEmulator, target: PushTarget, datasetName = 'd'): Promise<unknown> {
    const address = { platform: 'APNS', token: newToken(emulator) };
    return target.send(address, { ...notice, datasetName }, never);
  }

  test('is asked over one connection, which is made anew after it was lost or was asked to end', async () => {
    await using emulator = await ApnsEmulator.startNew();
    const target = await openForTest('APNS', settingsFor(emulator));
    await Promise.all(Array.from({ length: 25 }, () => sendTo(emulator, target)));
    expect(emulator.sessionsEver).toBe(1);
    const [session] = emulator.sessions;
    const ended = new Promise((resolve) => session?.once('close', resolve));
    session?.close();
    await ended;
    expect(await sendTo(emulator, target)).toBe('delivered');
    expect(emulator.sessionsEver).toBe(2);
    const lost = new Promise((resolve) => [...emulator.sessions][0]?.once('close', resolve));
    emulator.cutConnections();
    await lost;
    const outcomes = [await sendTo(emulator, target).catch(() => 'lost'), await sendTo(emulator, target)];
    expect(outcomes).toContain('delivered');
    expect(emulator.sessionsEver).toBe(3);
    await target.close();
    expect(emulator.delivered.length).toBeGreaterThanOrEqual(27);
  });

  test('is pinged while there is nothing to send', async () => {
    await using emulator = await ApnsEmulator.startNew();
    const service = new ApnsService(settingsFor(emulator), pushTargetNeeds('APNS'), 250);
    await service.probe(never);
    await emulator.pinged();
    await emulator.pinged();
    expect(emulator.sessionsEver).toBe(1);
    service.close();
  });

  test('has one session less when a request was not answered in time', async () => {
    await using emulator = await ApnsEmulator.startNew();
    const target = await openForTest('APNS', { ...settingsFor(emulator), timeoutMs: 200 });
    emulator.fault = 'hang';
    await expect(sendTo(emulator, target)).rejects.toMatchObject({ failure: 'unavailable' });
    emulator.fault = undefined;
    expect(await sendTo(emulator, target)).toBe('delivered');
    expect(emulator.sessionsEver).toBe(2);
    await target.close();
  });

  test('is shown one provider token for forty minutes, then another', async () => {
    await using emulator = await ApnsEmulator.startNew();
    let clock = now;
    const target = await openForTest('APNS', settingsFor(emulator), { now: () => clock });
    for (const age of [0, 1, 39, 40, 41, 79, 80]) {
      clock = now + age * minute;
      emulator.now = clock / 1000;
      await sendTo(emulator, target);
    }
    const ages = emulator.delivered.map(({ issuedAt }) => (issuedAt * 1000 - now) / minute);
    expect(ages).toEqual([0, 0, 0, 40, 40, 40, 80]);
    await target.close();
  });

  test('gets a new provider token when it finds the old one expired, once', async () => {
    await using emulator = await ApnsEmulator.startNew();
    let clock = now;
    const target = await openForTest('APNS', settingsFor(emulator), { now: () => clock });
    await sendTo(emulator, target);
    // Our clock stood still for two hours, and then was put right.
    emulator.now += 2 * 3600;
    await expect(sendTo(emulator, target)).rejects.toMatchObject({
      failure: 'gone',
      message: 'APNs (ExpiredProviderToken) answered 403.',
    });
    clock += 2 * 3600 * 1000;
    expect(await sendTo(emulator, target)).toBe('delivered');
    await target.close();
  });

  test('finds a token expired early and takes the next', async () => {
    await using emulator = await ApnsEmulator.startNew();
    let clock = now;
    const target = await openForTest('APNS', settingsFor(emulator), { now: () => clock });
    await sendTo(emulator, target);
    // Twenty minutes by our clock, two hours by Apple's.
    clock += 20 * minute;
    emulator.now += 3600 + 19 * 60;
    expect(await sendTo(emulator, target)).toBe('delivered');
    await target.close();
  });

  test('is told what a silent notification has to say, one for each dataset', async () => {
    await using emulator = await ApnsEmulator.startNew();
    const target = await openForTest('APNS', settingsFor(emulator));
    for (const name of ['d', 'd', 'e']) await sendTo(emulator, target, name);
    const [first, again, other] = emulator.delivered;
    expect(first?.headers).toMatchObject({
      'apns-topic': 'org.example.app',
      'apns-push-type': 'background',
      'apns-priority': '5',
      'apns-expiration': String(now / 1000 + 28 * 24 * 3600),
    });
    expect(first?.payload).toEqual({
      aps: { 'content-available': 1 },
      data: { source: 'cognito-sync', ...notice, syncCount: '1' },
    });
    expect(again?.headers['apns-collapse-id']).toBe(first?.headers['apns-collapse-id']);
    expect(other?.headers['apns-collapse-id']).not.toBe(first?.headers['apns-collapse-id']);
    await target.close();
  });

  test.each([
    [refused(400, 'BadDeviceToken'), 'unregistered'],
    [refused(410, 'Unregistered'), 'unregistered'],
    [refused(410, 'ExpiredToken'), 'unregistered'],
    [refused(400, 'DeviceTokenNotForTopic'), { failure: 'refused' }],
    [refused(400, 'BadTopic'), { failure: 'gone' }],
    [refused(403, 'MissingProviderToken'), { failure: 'gone' }],
    [refused(404, 'BadPath'), { failure: 'gone' }],
    [refused(429, 'TooManyRequests'), { failure: 'unavailable', isAboutOne: true }],
    [refused(429, 'TooManyProviderTokenUpdates'), { failure: 'unavailable', isAboutOne: false }],
    [refused(503, 'Shutdown'), { failure: 'unavailable' }],
    [refused(400, 'constructor'), { failure: 'refused' }],
    [{ status: 410 }, { failure: 'gone' }],
  ])('answering %j', async (fault, expected) => {
    await using emulator = await ApnsEmulator.startNew();
    const target = await openForTest('APNS', settingsFor(emulator));
    emulator.fault = fault;
    const outcome = await sendTo(emulator, target).catch((error: unknown) => error);
    if (typeof expected === 'string') expect(outcome).toBe(expected);
    else expect(outcome).toMatchObject(expected);
    await target.close();
  });

  test('has to have a certificate that is trusted', async () => {
    await using emulator = await ApnsEmulator.startNew();
    const { certificateAuthority: _file, ...settings } = settingsFor(emulator);
    const target = await openForTest('APNS', settings);
    await expect(target.probe(never)).rejects.toMatchObject({
      failure: 'unavailable',
      message: 'APNs could not be asked: DEPTH_ZERO_SELF_SIGNED_CERT.',
    });
    await target.close();
  });

  test.each([
    ['an RSA key', generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey],
    ['a key of another curve', generateKeyPairSync('ec', { namedCurve: 'P-384' }).privateKey],
  ])('is not opened with %s', async (_name, key) => {
    const pem = key.export({ type: 'pkcs8', format: 'pem' }).toString();
    const settings: ApnsSettings = { type: 'apns', key: pem, keyId: 'A', teamId: 'B', topic: 'c' };
    await expect(openForTest('APNS', settings)).rejects.toThrow('key must be the text of the .p8 file');
  });

  test('serves no other platform', async () => {
    const settings: ApnsSettings = { type: 'apns', key: 'x', keyId: 'A', teamId: 'B', topic: 'c' };
    await expect(openForTest('GCM', settings)).rejects.toThrow('APNS and APNS_SANDBOX, not GCM');
  });
});
