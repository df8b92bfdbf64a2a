import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { StreamTargetSettings } from '../../src/stream-targets/index.ts';
import { asReceived, failure, numbered } from './contract.ts';
import { type RedisHost, startRedis } from './redis-receiver.ts';
import { message, openTarget } from './test-receiver.ts';

const never = new AbortController().signal;

describe('the Redis target', () => {
  let host: RedisHost;

  beforeAll(async () => {
    host = await startRedis();
    await host.command('ACL', 'SETUSER', 'guest', 'on', '>guest', '~*', '+@all', '-xadd');
    await host.command(
      'ACL',
      'SETUSER',
      'writer',
      'on',
      '>writer',
      '~changes-*',
      '+xadd',
      '+multi',
      '+exec',
      '+discard',
      '+type',
    );
  });

  afterAll(async () => {
    await host[Symbol.asyncDispose]();
  });

  async function open(settings: Partial<StreamTargetSettings & { type: 'redis' }> = {}) {
    const receiver = await host.open();
    return {
      receiver,
      target: await openTarget({ ...receiver.settings, ...settings } as StreamTargetSettings),
    };
  }

  test.each([
    ['a wrong password', { password: 'wrong' }, 'WRONGPASS'],
    ['no right to append', { user: 'guest', password: 'guest' }, 'NOPERM'],
    ['a key that is not its own', { user: 'writer', password: 'writer', stream: 'others' }, 'NOPERM'],
  ])('%s: gone', async (_name, settings, words) => {
    const { target } = await open(settings);
    const error = await failure(target.send(numbered('a', 2), never), 'gone');
    expect(error.message).toContain(words);
    await failure(target.probe(never), 'gone');
    await target.close();
  });

  test('works with hardly any rights', async () => {
    await host.command('ACL', 'LOG', 'RESET');
    const { receiver, target } = await open({ user: 'writer', password: 'writer' });
    await target.probe(never);
    await target.send(numbered('a', 3), never);
    await target.close();
    expect(await host.command('ACL', 'LOG')).toEqual([]);
    expect(await receiver.received()).toEqual(numbered('a', 3).map(asReceived));
  });

  test('no memory left is unavailable, and nothing of the batch is there', async () => {
    const { receiver, target } = await open();
    await host.command('CONFIG', 'SET', 'maxmemory', '1');
    try {
      const error = await failure(target.send(numbered('a', 3), never), 'unavailable');
      expect(error.message).toContain('OOM');
      expect(await receiver.received()).toEqual([]);
      await failure(target.probe(never), 'unavailable');
    } finally {
      await host.command('CONFIG', 'SET', 'maxmemory', '0');
    }
    await target.send(numbered('a', 3), never);
    await target.close();
    expect(await receiver.received()).toHaveLength(3);
  });

  test('a key of another kind is gone, whatever else is in the batch', async () => {
    const { receiver, target } = await open();
    await receiver.vanish();
    expect((await failure(target.send(numbered('a', 3), never), 'gone')).message).toContain('WRONGTYPE');
    await target.close();
  });

  test('keeps about as many messages as it is told to, the newest', async () => {
    const { receiver, target } = await open({ maxLength: 500 });
    const batch = Array.from({ length: 3000 }, (_, index) => message('a', `${index}`));
    await target.send(batch, never);
    await target.close();
    const received = await receiver.received();
    expect(received.length).toBeGreaterThanOrEqual(500);
    expect(received.length).toBeLessThan(1000);
    expect(received.at(-1)).toEqual(asReceived(batch.at(-1)));
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
    const settings = { type: 'redis', url: 'redis://cache.example.org', stream: 'changes' } as const;
    await expect(openTarget(settings)).rejects.toThrow('rediss://');
  });
});
