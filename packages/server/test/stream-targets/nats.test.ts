import { jetstreamManager } from '@nats-io/jetstream';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { StreamTargetSettings } from '../../src/stream-targets/index.ts';
import { asReceived, failure, numbered } from './contract.ts';
import { type NatsHost, startNats } from './nats-receiver.ts';
import { message, openTarget } from './test-receiver.ts';

const never = new AbortController().signal;

describe('the NATS target', () => {
  let host: NatsHost;

  beforeAll(async () => {
    host = await startNats();
  });

  afterAll(async () => {
    await host[Symbol.asyncDispose]();
  });

  async function open(settings: Partial<StreamTargetSettings & { type: 'nats' }> = {}) {
    const receiver = await host.open();
    return {
      receiver,
      target: await openTarget({ ...receiver.settings, ...settings } as StreamTargetSettings),
    };
  }

  test.each([
    ['a wrong password', { password: 'wrong' }, 'Authorization Violation'],
    ['no right to publish', { user: 'guest', password: 'guest' }, 'Permissions Violation'],
    ['a subject that no stream takes', { subject: 'elsewhere' }, 'no stream matches subject'],
    ['a stream that is not the expected one', { stream: 'another' }, 'stream'],
  ])('%s: gone', async (_name, settings, words) => {
    const { target } = await open(settings);
    const error = await failure(target.send(numbered('a', 2), never), 'gone');
    expect(error.message).toContain(words);
    await target.close();
  });

  test('the expected stream is as good as any', async () => {
    const receiver = await host.open();
    const { subject } = receiver.settings as { subject: string };
    const named = await openTarget({
      ...receiver.settings,
      stream: subject.replace('holdall.', ''),
    } as StreamTargetSettings);
    await named.probe(never);
    await named.send(numbered('a', 2), never);
    await named.close();
    expect(await receiver.received()).toEqual(numbered('a', 2).map(asReceived));
  });

  test('needs hardly any rights', async () => {
    const { receiver, target } = await open({ user: 'writer', password: 'writer' });
    await target.probe(never);
    await target.send(numbered('a', 2), never);
    await target.close();
    expect(await receiver.received()).toEqual(numbered('a', 2).map(asReceived));
  });

  test('what comes twice is stored once', async () => {
    const { receiver, target } = await open();
    await target.send(numbered('a', 5), never);
    await target.send(numbered('a', 7), never);
    await target.close();
    expect(await receiver.received()).toEqual(numbered('a', 7).map(asReceived));
  });

  test('a message that is too large for the stream is refused alone, one too large for the server too', async () => {
    const { receiver, target } = await open({ mostBytes: 4 * 1024 * 1024 });
    const { subject } = receiver.settings as { subject: string };
    await host.administer(async (connection) => {
      const manager = await jetstreamManager(connection);
      await manager.streams.update(subject.replace('holdall.', ''), { max_msg_size: 10_000 });
    });
    for (const size of [10_000, 3 * 1024 * 1024]) {
      const large = message('a', `large-${size}`, JSON.stringify('x'.repeat(size)));
      const batch = [message('a', `before-${size}`), message('b', 'b'), large, message('a', `after-${size}`)];
      expect((await failure(target.send(batch, never), 'refused')).delivered).toBe(2);
      await target.send(batch.slice(3), never);
    }
    await target.close();
    const texts = (await receiver.received()).map(({ text }) => text.slice(0, 30));
    expect(texts).toHaveLength(5);
    expect(texts.join()).not.toContain('xxx');
  });

  test('a full stream is unavailable, and takes what comes when there is room', async () => {
    const { receiver, target } = await open();
    const name = (receiver.settings as { subject: string }).subject.replace('holdall.', '');
    const limit = (max_msgs: number) =>
      host.administer(async (connection) => {
        const manager = await jetstreamManager(connection);
        const { config } = await manager.streams.info(name);
        await manager.streams.update(name, { ...config, max_msgs, discard: 'new' as never });
      });
    await limit(2);
    const batch = numbered('a', 5);
    const error = await failure(target.send(batch, never), 'unavailable');
    expect(error.delivered).toBe(2);
    await limit(-1);
    await target.send(batch.slice(2), never);
    await target.close();
    expect(await receiver.received()).toEqual(batch.map(asReceived));
  });

  test('a connection that was lost while nothing was sent is no failure', async () => {
    const { receiver, target } = await open();
    await target.send(numbered('a', 1), never);
    await receiver.stop();
    await receiver.start();
    await target.send(numbered('a', 3).slice(1), never);
    await target.close();
    expect(await receiver.received()).toEqual(numbered('a', 3).map(asReceived));
  });

  test('an address elsewhere without TLS has to be allowed', async () => {
    const servers = ['nats://nats.example.org'];
    await expect(openTarget({ type: 'nats', servers, subject: 'changes' })).rejects.toThrow('tls://');
  });
});
