import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createClient } from '@redis/client';
import { freePort, ReceiverProcess } from './receiver-process.ts';
import type { ReceiverHost, TestReceiver } from './test-receiver.ts';

export interface RedisHost extends ReceiverHost {
  readonly url: string;
  /** One command, as the default user. */
  command(...args: string[]): Promise<unknown>;
}

const password = 'open-sesame';

/** Debian's redis-server, which writes everything to the disk before it answers. */
export async function startRedis(): Promise<RedisHost> {
  const directory = mkdtempSync(join(tmpdir(), 'holdall-redis-'));
  const port = await freePort();
  const place = ['--bind', '127.0.0.1', '--port', `${port}`, '--dir', directory];
  const durability = ['--appendonly', 'yes', '--appendfsync', 'always', '--save', ''];
  const redis = new ReceiverProcess(
    'redis-server',
    [...place, ...durability, '--requirepass', password],
    port,
  );
  await redis.start();
  const url = `redis://127.0.0.1:${port}`;
  const command: RedisHost['command'] = async (...args) => {
    const client = createClient({ url, password });
    await client.connect();
    try {
      return await client.sendCommand(args);
    } finally {
      client.destroy();
    }
  };
  let streams = 0;
  return {
    url,
    command,
    async open() {
      streams += 1;
      return redisStream(`changes-${streams}`, url, redis, command);
    },
    async [Symbol.asyncDispose]() {
      await redis.kill();
      rmSync(directory, { recursive: true });
    },
  };
}

function redisStream(
  stream: string,
  url: string,
  redis: ReceiverProcess,
  command: RedisHost['command'],
): TestReceiver {
  return {
    settings: { type: 'redis', url, stream, password, timeoutMs: 1000 },
    async received() {
      const entries = (await command('XRANGE', stream, '-', '+')) as [string, string[]][];
      return entries.map(([, fields]) => {
        const [id, , key, partitionKey = '', data, text = ''] = fields;
        if (id !== 'id' || key !== 'partitionKey' || data !== 'data') throw new Error(`${fields}`);
        return { partitionKey, text };
      });
    },
    stop: () => redis.kill(),
    start: () => redis.start(),
    hang: () => redis.hang(),
    resume: () => redis.resume(),
    async vanish() {
      await command('SET', stream, 'no stream');
    },
  };
}
