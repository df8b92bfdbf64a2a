import { expect, test } from 'vitest';
import { BulkPublisher } from '../../src/deliveries/bulk-publisher.ts';
import { StreamMessages } from '../../src/deliveries/stream-messages.ts';
import type { BulkPublish } from '../../src/domain/identity-pool.ts';
import type { StreamMessage, StreamTarget } from '../../src/ports/stream-target.ts';
import { MemoryStore } from '../../src/stores/memory/memory-store.ts';
import { enableStream, settleWithStream, write } from '../../src/testing/store-contract/outbox-scene.ts';
import { aPool, poolId } from '../../src/testing/store-contract/scene.ts';
import { plainSealer } from '../fixtures/plain-sealer.ts';

/** Fails once when it is asked what `fails` names. */
class FaultyStore extends MemoryStore {
  fails: 'pools' | 'poolDatasets' | 'changePool' | undefined;

  override async pools(...query: Parameters<MemoryStore['pools']>) {
    this.#failOnce('pools');
    return await super.pools(...query);
  }

  override async poolDatasets(...query: Parameters<MemoryStore['poolDatasets']>) {
    this.#failOnce('poolDatasets');
    return await super.poolDatasets(...query);
  }

  override async changePool(...change: Parameters<MemoryStore['changePool']>) {
    this.#failOnce('changePool');
    return await super.changePool(...change);
  }

  #failOnce(asked: FaultyStore['fails']): void {
    if (this.fails !== asked) return;
    this.fails = undefined;
    throw new Error('The disk is full.');
  }
}

class CountingTarget implements StreamTarget {
  readonly mostBytes = 1_000_000;
  received = 0;
  beforeSend: () => Promise<void> = async () => {};

  async send(messages: readonly StreamMessage[]): Promise<void> {
    await this.beforeSend();
    this.received += messages.length;
  }

  async probe(): Promise<void> {}

  async close(): Promise<void> {}
}

const run: BulkPublish = { startedAt: 1, status: 'IN_PROGRESS', streamName: 'changes', published: 0 };

async function openScene(signal = new AbortController().signal) {
  const store = new FaultyStore(() => {});
  await settleWithStream(store, 3);
  for (const identity of [1, 2, 3]) await write(store, identity);
  await store.changePool(poolId(1), { bulkPublish: run });
  const target = new CountingTarget();
  const errors: unknown[] = [];
  const now = () => 1_000_000;
  const ignore = () => {};
  const publisher = new BulkPublisher({
    store,
    streamTargets: new Map([['changes', target]]),
    messages: new StreamMessages({ store, sealer: plainSealer, publicUrl: () => '', now }),
    now,
    // No wait at all, so that nothing sleeps.
    random: () => 0,
    observer: { delivered: ignore, failed: ignore, died: ignore, dropped: ignore, streamStopped: ignore },
    logger: { error: (about) => errors.push(about), info: ignore, debug: ignore },
    signal,
  });
  return { store, target, publisher, errors };
}

test.each(['pools', 'poolDatasets', 'changePool'] as const)(
  'a store that fails once in %s does not end a run',
  async (fails) => {
    const { store, target, publisher, errors } = await openScene();
    store.fails = fails;
    await publisher.run();
    expect((await store.pool(poolId(1)))?.bulkPublish).toMatchObject({ status: 'SUCCEEDED', published: 3 });
    // What was sent and not noted is sent again.
    expect(target.received).toBe(fails === 'changePool' ? 6 : 3);
    expect(errors).toEqual([{ err: new Error('The disk is full.') }]);
  },
);

test('a store that fails for one pool leaves the run of another alone', async () => {
  const { store, target, publisher } = await openScene();
  const streams = { StreamName: 'changes', StreamingStatus: 'ENABLED' } as const;
  await store.createPool(aPool(2, { streams, bulkPublish: run }));
  store.fails = 'poolDatasets';
  await publisher.run();
  for (const number of [1, 2]) {
    expect((await store.pool(poolId(number)))?.bulkPublish?.status).toBe('SUCCEEDED');
  }
  expect(target.received).toBe(3);
});

test('a run that is ended while the store fails is still in progress', async () => {
  const closing = new AbortController();
  const { store, target, publisher, errors } = await openScene(closing.signal);
  target.beforeSend = async () => {
    store.fails = 'changePool';
    closing.abort();
  };
  await publisher.run();
  expect((await store.pool(poolId(1)))?.bulkPublish?.status).toBe('IN_PROGRESS');
  expect(errors).toEqual([]);
});

test.each(['DISABLED', 'renamed'])(
  'a run fails when the stream of the pool is %s meanwhile',
  async (change) => {
    const { store, target, publisher } = await openScene();
    target.beforeSend = async () => {
      if (change === 'renamed') return await enableStream(store, 'others');
      await store.changePool(poolId(1), { streams: { StreamName: 'changes', StreamingStatus: 'DISABLED' } });
    };
    await publisher.run();
    expect((await store.pool(poolId(1)))?.bulkPublish).toMatchObject({
      status: 'FAILED',
      published: 3,
      failureMessage: expect.stringContaining("'changes'"),
    });
    target.beforeSend = async () => {};
    await enableStream(store, 'changes');
    await store.changePool(poolId(1), { bulkPublish: run });
    await publisher.run();
    expect((await store.pool(poolId(1)))?.bulkPublish?.status).toBe('SUCCEEDED');
  },
);
