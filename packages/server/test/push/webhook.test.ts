import { randomUUID } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { readAsAndroid } from './client-receivers.ts';
import { WebhookReceiver } from './emulators/webhook-receiver.ts';
import { describePushTarget, type PushScene } from './push-target-contract.ts';
import { now, openForTest } from './targets.ts';

const never = new AbortController().signal;
const notice = { identityPoolId: 'p', identityId: 'i', datasetName: 'd', syncCount: 1 };

describePushTarget('a webhook', async (): Promise<PushScene> => {
  const receiver = await WebhookReceiver.start();
  receiver.now = now / 1000;
  return {
    receiver: receiver.receiver,
    platform: 'ADM',
    open: (settings) =>
      openForTest('ADM', {
        type: 'webhook',
        url: `${receiver.receiver.url}/push`,
        secret: receiver.secret,
        ...settings,
      }),
    newToken: () => randomUUID(),
    unregister: (token) => receiver.removed.add(token),
    received: (token) =>
      receiver.messages
        .filter((message) => message.token === token && message.platform === 'ADM')
        .map(({ data }) => readAsAndroid(data)),
    badToken: undefined,
    answers: {
      throttled: { status: 429, headers: { 'retry-after': '17' } },
      broken: { status: 502 },
      tooLarge: { status: 413 },
    },
    trust: (isTrusted) => {
      receiver.isLocked = !isTrusted;
    },
    untrusted: 'gone',
    isProbed: true,
    secrets: [receiver.secret],
    [Symbol.asyncDispose]: () => receiver[Symbol.asyncDispose](),
  };
});

describe('a push webhook', () => {
  const open = (receiver: WebhookReceiver, url = receiver.receiver.url) =>
    openForTest(
      'GCM',
      { type: 'webhook', url, secret: { env: 'PUSH_SECRET' } },
      { environment: { PUSH_SECRET: receiver.secret } },
    );

  test('has one id per notice, device and dataset, however often it is sent', async () => {
    await using receiver = await WebhookReceiver.start();
    receiver.now = now / 1000;
    const target = await open(receiver);
    const address = { platform: 'GCM', token: 'one' };
    await target.send(address, notice, never);
    await target.send(address, notice, never);
    await target.send(address, { ...notice, syncCount: 2 }, never);
    await target.send({ ...address, token: 'two' }, notice, never);
    await target.close();
    const ids = receiver.messages.map(({ id }) => id);
    expect(ids[1]).toBe(ids[0]);
    expect(new Set(ids).size).toBe(3);
  });

  test('is never sent to where a receiver points', async () => {
    await using receiver = await WebhookReceiver.start();
    const target = await open(receiver);
    receiver.receiver.fault = { status: 307, headers: { location: 'http://127.0.0.1:1/' } };
    const sent = target.send({ platform: 'GCM', token: 'one' }, notice, never);
    await expect(sent).rejects.toMatchObject({ failure: 'gone', message: 'The push webhook answered 307.' });
    await target.close();
  });

  test('is opened with a secret that is one, at an address that is private on the way', async () => {
    await using receiver = await WebhookReceiver.start();
    const { secret } = receiver;
    await expect(
      openForTest('GCM', { type: 'webhook', url: 'https://a.example/', secret: 'x' }),
    ).rejects.toThrow('A webhook secret must be whsec_');
    await expect(openForTest('GCM', { type: 'webhook', url: 'http://a.example/', secret })).rejects.toThrow(
      "'http://a.example/' must be https",
    );
    const allowed = await openForTest('GCM', {
      type: 'webhook',
      url: 'http://a.example/',
      secret,
      allowPlainHttp: true,
    });
    await allowed.close();
  });
});
