import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import { startTestServer } from '../../src/testing/index.ts';
import { StreamScene, type Writer } from '../deliveries/stream-scene.ts';
import { startFiles } from './file-receiver.ts';
import { startKinesalite } from './kinesis-receiver.ts';
import { startNats } from './nats-receiver.ts';
import { startRedis } from './redis-receiver.ts';
import { StreamConsumer } from './stream-consumer.ts';
import type { ReceiverHost } from './test-receiver.ts';
import { startWebhooks } from './webhook-receiver.ts';

type Step =
  | { readonly do: 'write'; readonly dataset: string; readonly values: Record<string, string | null> }
  | { readonly do: 'delete'; readonly dataset: string };

const dataset = fc.constantFrom('scores', 'settings');
const key = fc.constantFrom('a', 'b', 'c', 'ключ', '\u{1f511}');
const value = fc.oneof(fc.string({ unit: 'grapheme', maxLength: 20 }), fc.constant(null));
const values = fc.uniqueArray(fc.tuple(key, value), { selector: ([name]) => name, minLength: 1 });
const steps = fc.array(
  fc.oneof(
    {
      weight: 5,
      arbitrary: fc.record({
        do: fc.constant('write' as const),
        dataset,
        values: values.map(Object.fromEntries),
      }),
    },
    fc.record({ do: fc.constant('delete' as const), dataset }),
  ),
  { minLength: 5, maxLength: 15 },
);

/** Its JSON has 2.4 MB: more than a message of Kinesis, NATS or a webhook may have. */
const large = '"'.repeat(400_000);

describe.each<[string, () => Promise<ReceiverHost>, number]>([
  ['Kinesis', startKinesalite, 1],
  ['NATS', startNats, 1],
  ['Redis', startRedis, 0],
  ['a webhook', startWebhooks, 1],
  ['a file', startFiles, 0],
])('a consumer of Cognito Streams behind %s', (_name, start, urls) => {
  test('has a copy of every dataset', async () => {
    await using host = await start();
    const receiver = await host.open();
    await using server = await startTestServer({ settings: { streams: { changes: receiver.settings } } });
    using scene = await StreamScene.open(server);
    await scene.stream('changes');
    const truth = new Map<string, Map<string, string>>();
    for (const plan of fc.sample(steps, { numRuns: 3, seed: 20261120 })) {
      const writer = await scene.writer(server.region);
      for (const step of plan) await take(step, writer, truth);
    }
    const author = await scene.writer(server.region);
    await take({ do: 'write', dataset: 'large', values: { a: large, b: large } }, author, truth);

    let consumer = new StreamConsumer();
    await vi.waitFor(
      async () => {
        consumer = new StreamConsumer();
        for (const { text } of await receiver.received()) await consumer.take(text);
        expect(consumer.copy.size).toBe(truth.size);
        expect(consumer.copy.get(`${author.id}/large`)).toEqual(truth.get(`${author.id}/large`));
      },
      { timeout: 20_000, interval: 100 },
    );
    expect(consumer.copy).toEqual(truth);
    expect(consumer.urls).toBe(urls);
    expect(server.faults).toEqual([]);
  });
});

async function take(step: Step, writer: Writer, truth: Map<string, Map<string, string>>): Promise<void> {
  const name = `${writer.id}/${step.dataset}`;
  if (step.do === 'delete') {
    // There is none before something was written.
    if (!truth.has(name)) return;
    await writer.delete(step.dataset);
    truth.delete(name);
    return;
  }
  await writer.write(step.dataset, step.values);
  const known = truth.get(name) ?? new Map<string, string>();
  truth.set(name, known);
  for (const [key, value] of Object.entries(step.values)) {
    if (value === null) known.delete(key);
    else known.set(key, value);
  }
}
