import fc from 'fast-check';
import { afterEach, expect, test, vi } from 'vitest';
import { DeliveryEngine } from '../../src/deliveries/delivery-engine.ts';
import { StreamMessages } from '../../src/deliveries/stream-messages.ts';
import { type Destination, defaultRetryRule, type StreamRecord } from '../../src/domain/outbox.ts';
import type { DeliveryObserver } from '../../src/ports/deliveries.ts';
import { DeliveryError } from '../../src/ports/delivery-error.ts';
import type { StreamMessage, StreamTarget } from '../../src/ports/stream-target.ts';
import { MemoryStore } from '../../src/stores/memory/memory-store.ts';
import { settleWithStream, write } from '../../src/testing/store-contract/outbox-scene.ts';
import { aPool, poolId } from '../../src/testing/store-contract/scene.ts';
import { plainSealer } from '../fixtures/plain-sealer.ts';

/** What the target makes of one call: how many messages arrive, and how it fails if it does. */
interface Outcome {
  readonly arrives: number;
  /** How many of them the sender hears of. */
  readonly told: number;
  readonly failure: 'unavailable' | 'gone' | 'odd';
}

/** Fails as it is told to, and then no more. Never takes a message about `poison`. */
class ScriptedTarget implements StreamTarget {
  readonly mostBytes = 1_000_000;
  readonly received: StreamRecord[] = [];
  calls = 0;
  script: Outcome[];
  hangs = false;

  constructor(script: readonly Outcome[] = []) {
    this.script = [...script];
  }

  async send(messages: readonly StreamMessage[], signal: AbortSignal): Promise<void> {
    this.calls += 1;
    if (this.hangs)
      await new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
    const outcome = this.script.shift();
    const records = messages.map(({ data }) => JSON.parse(Buffer.from(data).toString()) as StreamRecord);
    const poison = records.findIndex(({ datasetName }) => datasetName === 'poison');
    const possible = poison < 0 ? records.length : poison;
    const arrived = Math.min(outcome?.arrives ?? possible, possible);
    this.received.push(...records.slice(0, arrived));
    if (outcome?.failure === 'odd') throw new Error('Nobody expected this.');
    const delivered = Math.min(outcome?.told ?? arrived, arrived);
    if (outcome) throw new DeliveryError(outcome.failure, 'as scripted', { delivered });
    if (poison >= 0) throw new DeliveryError('refused', 'poison', { delivered });
  }

  async probe(): Promise<void> {}

  async close(): Promise<void> {}
}

const observer: DeliveryObserver = {
  delivered: () => {},
  failed: () => {},
  died: () => {},
  dropped: () => {},
  streamStopped: () => {},
};

let leases = 0;

function openEngine(
  store: MemoryStore,
  target: StreamTarget,
  tries = defaultRetryRule.tries,
): DeliveryEngine {
  const now = () => 1_000_000;
  return new DeliveryEngine({
    store,
    streamTargets: new Map([['changes', target]]),
    pushTargets: new Map(),
    messages: new StreamMessages({ store, sealer: plainSealer, publicUrl: () => '', now }),
    retryRule: { ...defaultRetryRule, tries },
    now,
    // No wait at all, so that nothing sleeps.
    random: () => 0,
    newUuid: () => String(++leases),
    observer,
    logger: { error: () => {}, info: () => {}, debug: () => {} },
  });
}

/** A store that wakes the engine which it is given, as the server's does. */
function openStore(): { store: MemoryStore; engine: { current?: DeliveryEngine } } {
  const engine: { current?: DeliveryEngine } = {};
  const wake = (destinations: readonly Destination[]) => engine.current?.wake(destinations);
  return { store: new MemoryStore(wake), engine };
}

afterEach(() => void vi.useRealTimers());

const soon = { timeout: 5_000, interval: 1 };

function countsOf(
  records: readonly StreamRecord[],
  identity: number,
  datasetName: string,
): readonly number[] {
  const own = records.filter((record) => record.datasetName === datasetName);
  return own.filter(({ identityId }) => identityId.endsWith(`${identity}`)).map(({ syncCount }) => syncCount);
}

const outcome = fc.record({
  arrives: fc.nat(6),
  told: fc.nat(6),
  failure: fc.constantFrom<Outcome['failure']>('unavailable', 'unavailable', 'odd'),
});
const step = fc.record({ identity: fc.integer({ min: 1, max: 3 }), isPoison: fc.boolean() });

test('whatever a target does, all it does not refuse arrives, in order for each identity', async () => {
  const property = fc.asyncProperty(
    fc.array(outcome, { maxLength: 12 }),
    fc.array(step, { minLength: 1, maxLength: 25 }),
    fc.nat(25),
    async (script, steps, startAfter) => {
      const { store, engine } = openStore();
      await settleWithStream(store, 3);
      const target = new ScriptedTarget(script);
      engine.current = openEngine(store, target);
      for (const [index, { identity, isPoison }] of steps.entries()) {
        if (index === startAfter) await engine.current.start();
        await write(store, identity, isPoison ? 'poison' : 'settings');
      }
      await engine.current.start();
      await vi.waitFor(async () => expect((await store.backlog())[0]?.queued ?? 0).toBe(0), soon);
      await engine.current.close();
      for (const identity of [1, 2, 3]) {
        const written = steps.filter((one) => one.identity === identity && !one.isPoison).length;
        const first = [...new Set(countsOf(target.received, identity, 'settings'))];
        expect(first).toEqual(Array.from({ length: written }, (_, index) => index + 1));
      }
      const dead = await store.deadLetters({ limit: 100 });
      expect(dead).toHaveLength(steps.filter(({ isPoison }) => isPoison).length);
      expect(dead.every(({ payload }) => payload.includes('"poison"'))).toBe(true);
    },
  );
  await fc.assert(property, { numRuns: 150 });
});

test('what fails too often is given up, and what is behind it goes on', async () => {
  const { store } = openStore();
  await settleWithStream(store);
  await write(store);
  await write(store);
  const failure = { arrives: 0, told: 0, failure: 'unavailable' } as const;
  const target = new ScriptedTarget([failure, failure, failure]);
  const engine = openEngine(store, target, 3);
  await engine.start();
  await vi.waitFor(() => expect(countsOf(target.received, 1, 'settings')).toEqual([2]), soon);
  await engine.close();
  expect(await store.deadLetters({ limit: 10 })).toMatchObject([{ reason: 'unavailable: as scripted' }]);
});

test('a stream that is gone stops the pool, holds what is queued, and goes on when it is enabled again', async () => {
  const { store, engine } = openStore();
  await settleWithStream(store, 2);
  const target = new ScriptedTarget([{ arrives: 1, told: 1, failure: 'gone' }]);
  for (const identity of [1, 1, 2]) await write(store, identity);
  engine.current = openEngine(store, target);
  await engine.current.start();
  await vi.waitFor(async () => expect((await store.backlog())[0]?.readyAt).toBeUndefined(), soon);
  expect((await store.pool(poolId(1)))?.streams).toMatchObject({ StreamingStatus: 'DISABLED' });
  await write(store);
  expect(await store.backlog()).toMatchObject([{ queued: 2, dead: 0 }]);

  await store.changePool(poolId(1), { streams: { StreamName: 'changes', StreamingStatus: 'ENABLED' } });
  await engine.current.resumeStream('changes');
  await vi.waitFor(() => expect(target.received).toHaveLength(3), soon);
  await write(store);
  await vi.waitFor(() => expect(countsOf(target.received, 1, 'settings')).toEqual([1, 2, 4]), soon);
  await engine.current.close();
});

test('a stream that is gone stops every pool that has it, also one whose changes wait behind', async () => {
  const { store } = openStore();
  await settleWithStream(store);
  for (const [number, StreamName] of [
    [2, 'changes'],
    [3, 'others'],
  ] as const) {
    await store.createPool(aPool(number, { streams: { StreamName, StreamingStatus: 'ENABLED' } }));
  }
  await write(store);
  const engine = openEngine(store, new ScriptedTarget([{ arrives: 0, told: 0, failure: 'gone' }]));
  await engine.start();
  await vi.waitFor(async () => expect((await store.backlog())[0]?.readyAt).toBeUndefined(), soon);
  await engine.close();
  const pools = await store.pools({ limit: 10 });
  expect(pools.map(({ streams }) => streams?.StreamingStatus)).toEqual(['DISABLED', 'DISABLED', 'ENABLED']);
});

test('what expired behind links is forgotten, all of it, also while the outbox is busy', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval'] });
  const { store, engine } = openStore();
  await settleWithStream(store);
  engine.current = openEngine(store, new ScriptedTarget());
  await engine.current.start();
  for (let id = 0; id < 250; id++) await store.keepStreamPayload({ id: `${id}`, body: '{}', expiresAt: 1 });
  for (let seconds = 0; seconds < 60; seconds += 10) {
    await write(store);
    await vi.advanceTimersByTimeAsync(10_000);
  }
  await engine.current.close();
  expect(await store.forgetStreamPayloads(1_000_000, 1_000)).toBe(0);
});

test('an engine that is closed in the middle of a send leaves it to the next', async () => {
  const { store } = openStore();
  await settleWithStream(store);
  await write(store);
  const target = new ScriptedTarget();
  target.hangs = true;
  const engine = openEngine(store, target);
  await engine.start();
  await vi.waitFor(() => expect(target.calls).toBe(1), soon);
  await engine.close();
  target.hangs = false;
  const next = openEngine(store, target);
  await next.start();
  await vi.waitFor(() => expect(target.received).toHaveLength(1), soon);
  await next.close();
});
