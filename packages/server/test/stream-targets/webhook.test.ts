import { once } from 'node:events';
import { createServer } from 'node:http';
import { beforeEach, describe, expect, test } from 'vitest';
import { asReceived, failure, numbered } from './contract.ts';
import { message, openTarget } from './test-receiver.ts';
import { WebhookReceiver } from './webhook-receiver.ts';

const never = new AbortController().signal;

describe('the webhook target', () => {
  let receiver: WebhookReceiver;

  beforeEach(async () => {
    receiver = await WebhookReceiver.open();
    return () => receiver.stop();
  });

  test('posts in batches that keep within their limits', async () => {
    const target = await openTarget({ ...receiver.settings, mostMessages: 40, mostBodyBytes: 16_384 });
    const small = numbered('a', 100);
    const large = Array.from({ length: 5 }, (_, index) =>
      message('b', `${index}`, JSON.stringify('x'.repeat(6000))),
    );
    await target.send([...small, ...large], never);
    await target.close();
    expect(receiver.requests.map(({ messages }) => messages)).toEqual([40, 40, 20 + 2, 2, 1]);
    expect(await receiver.received()).toEqual([...small, ...large].map(asReceived));
  });

  test('gives the same batch the same id, and another batch another', async () => {
    const target = await openTarget(receiver.settings);
    for (const batch of [numbered('a', 3), numbered('a', 3), numbered('a', 2)])
      await target.send(batch, never);
    await target.close();
    const [first, again, other] = receiver.requests.map(({ id }) => id);
    expect(again).toBe(first);
    expect(other).not.toBe(first);
  });

  test.each([
    [301, 'gone'],
    [302, 'gone'],
    [401, 'gone'],
    [403, 'gone'],
    [404, 'unavailable'],
    [408, 'unavailable'],
    [410, 'gone'],
    [429, 'unavailable'],
    [500, 'unavailable'],
    [503, 'unavailable'],
  ] as const)('%i: %s', async (status, expected) => {
    receiver.answer = () => ({ status, headers: { 'retry-after': '120', location: receiver.settings.url } });
    const target = await openTarget(receiver.settings);
    const error = await failure(target.send(numbered('a', 3), never), expected);
    expect(error).toMatchObject({ delivered: 0, retryAfterMs: 120_000 });
    expect(error.message).toContain(`answered ${status}`);
    await target.close();
    // Nobody went where it pointed to.
    expect(receiver.requests).toHaveLength(1);
  });

  test.each([400, 413, 422])('%i: finds the message that is to blame', async (status) => {
    const batch = numbered('a', 50);
    for (const blamed of [0, 17, 49]) {
      await receiver.stop();
      receiver = await WebhookReceiver.open();
      receiver.answer = ({ messages }) => ({
        status: messages.some(({ id }) => id === `a-${blamed}`) ? status : 200,
      });
      const target = await openTarget({ ...receiver.settings, mostMessages: 20 });
      const error = await failure(target.send(batch, never), 'refused');
      expect(error.delivered).toBe(blamed);
      expect(await receiver.received()).toEqual(batch.slice(0, blamed).map(asReceived));
      await target.send(batch.slice(blamed + 1), never);
      await target.close();
      expect(await receiver.received()).toHaveLength(49);
    }
  });

  test('another secret is not accepted', async () => {
    const secret = `whsec_${Buffer.alloc(32).toString('base64')}`;
    const target = await openTarget({ ...receiver.settings, secret });
    await failure(target.send(numbered('a', 1), never), 'gone');
    await target.close();
    expect(await receiver.received()).toEqual([]);
  });

  test('an endless answer costs nothing', async () => {
    const server = createServer((_request, response) => {
      response.writeHead(200);
      const more = () => {
        while (response.write(Buffer.alloc(65_536)));
      };
      response.on('drain', more).on('error', () => {});
      more();
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as { port: number };
    const target = await openTarget({ ...receiver.settings, url: `http://127.0.0.1:${port}/` });
    await target.send(numbered('a', 1), never);
    await target.close();
    server.closeAllConnections();
    server.close();
  });

  test('settings that make no sense are refused before anything is sent', async () => {
    await expect(openTarget({ ...receiver.settings, url: 'http://hooks.example.org/' })).rejects.toThrow(
      'allowPlainHttp',
    );
    await expect(openTarget({ ...receiver.settings, secret: 'short' })).rejects.toThrow('whsec_');
    await expect(openTarget({ ...receiver.settings, secret: { env: 'HOOK_SECRET' } })).rejects.toThrow(
      'HOOK_SECRET',
    );
  });
});
