import { afterAll, beforeAll, describe, it } from 'vitest';
import { streamTargetContract } from './contract.ts';
import { startFiles } from './file-receiver.ts';
import { startKinesalite } from './kinesis-receiver.ts';
import { startNats } from './nats-receiver.ts';
import { startRedis } from './redis-receiver.ts';
import { openTarget, type ReceiverHost } from './test-receiver.ts';
import { startWebhooks } from './webhook-receiver.ts';

describe.each<[string, () => Promise<ReceiverHost>]>([
  ['file', startFiles],
  ['webhook', startWebhooks],
  ['redis', startRedis],
  ['nats', startNats],
  ['kinesis', startKinesalite],
])('a stream target: %s', (name, start) => {
  // A file does not hang. Everything else must be able to.
  const cases = streamTargetContract.filter(({ needs }) => needs === undefined || name !== 'file');
  let host: ReceiverHost;

  beforeAll(async () => {
    host = await start();
  });

  afterAll(async () => {
    await host[Symbol.asyncDispose]();
  });

  it.each(cases)('$name', async ({ run }) => {
    const receiver = await host.open();
    const target = await openTarget(receiver.settings);
    try {
      await run(target, receiver);
    } finally {
      await target.close();
    }
  });
});
