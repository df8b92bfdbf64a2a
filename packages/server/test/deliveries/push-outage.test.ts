import { expect, test } from 'vitest';
import { Dispatcher } from '../../src/deliveries/dispatcher.ts';
import { PushSender } from '../../src/deliveries/push-sender.ts';
import { defaultRetryRule } from '../../src/domain/outbox.ts';
import { DeliveryError } from '../../src/ports/delivery-error.ts';
import type { LaneClaim } from '../../src/ports/outbox.ts';
import type { PushTarget } from '../../src/ports/push-target.ts';
import { MemoryStore } from '../../src/stores/memory/memory-store.ts';
import { subscribe, write } from '../../src/testing/store-contract/outbox-scene.ts';
import { poolId, settle } from '../../src/testing/store-contract/scene.ts';

const application = 'arn:aws:sns:us-east-1:000000000000:app/GCM/app';
const other = 'arn:aws:sns:us-east-1:000000000000:app/GCM/other';

/** Fails with what it is given, later than the call as a real one does. */
class FailingTarget implements PushTarget {
  failure: DeliveryError | undefined;
  calls = 0;

  async register(): Promise<undefined> {}

  async send(): Promise<'delivered'> {
    this.calls += 1;
    await new Promise(setImmediate);
    if (this.failure) throw this.failure;
    return 'delivered';
  }

  async probe(): Promise<void> {}

  async close(): Promise<void> {}
}

const observer = {
  delivered: () => {},
  failed: () => {},
  died: () => {},
  dropped: () => {},
  streamStopped: () => {},
};

/** Notices for so many devices wait to be sent; waits are as long as they can be. */
async function openScene(devices: number, applications: readonly string[] = [application]) {
  const store = new MemoryStore();
  await settle(store, 1);
  await store.changePool(poolId(1), { pushSync: { ApplicationArns: [application], RoleArn: 'role' } });
  await write(store);
  const ids = Array.from({ length: devices }, (_, index) => `device-${index}`);
  await subscribe(store, ids);
  await write(store);
  const target = new FailingTarget();
  const clock = { now: 1_000_000 };
  const counts = { claimed: 0 };
  const now = () => clock.now;
  const sender = new PushSender({
    platform: 'GCM',
    targets: new Map(applications.map((arn) => [arn, target])),
    store,
    retryRule: defaultRetryRule,
    now,
    random: () => 1,
    observer,
    logger: { error: () => {}, info: () => {}, debug: () => {} },
  });
  const counting = {
    claimLanes: async (claim: LaneClaim) => {
      const lanes = await store.claimLanes(claim);
      counts.claimed += lanes.length;
      return lanes;
    },
    settleLanes: store.settleLanes.bind(store),
  };
  let leases = 0;
  const newUuid = () => String(++leases);
  const dispatcher = new Dispatcher({
    kind: 'push',
    destination: 'GCM',
    sender,
    parallel: 4,
    store: counting,
    now,
    newUuid,
  });
  const run = () => dispatcher.run(new AbortController().signal);
  return { store, target, clock, counts, sender, run };
}

test('notices that failed together count as one failure', async () => {
  const { target, sender, clock, run } = await openScene(64);
  target.failure = new DeliveryError('unavailable', 'down');
  await run();
  expect(target.calls).toBe(64);
  expect(sender.pausedUntil).toBe(clock.now + 250);
});

test('an outage costs one request after each pause, and what it is about is not claimed meanwhile', async () => {
  const { store, target, sender, counts, clock, run } = await openScene(90);
  target.failure = new DeliveryError('unavailable', 'down');
  await run();
  for (let pauses = 1; pauses <= 12; pauses++) {
    const before = { calls: target.calls, claimed: counts.claimed };
    await run();
    expect(counts.claimed).toBe(before.claimed);
    clock.now = sender.pausedUntil;
    await run();
    expect(target.calls - before.calls).toBeLessThanOrEqual(1);
    expect(counts.claimed - before.claimed).toBeLessThanOrEqual(4);
  }
  expect(sender.pausedUntil).toBe(clock.now + 60_000);
  target.failure = undefined;
  const before = target.calls;
  clock.now += defaultRetryRule.mostMs;
  await run();
  expect(target.calls - before).toBe(90);
  expect(await store.backlog()).toEqual([]);
});

test('where only one of two applications is down, its notices wait for the end of its pause', async () => {
  const { store, target, sender, clock, run } = await openScene(40, [application, other]);
  target.failure = new DeliveryError('unavailable', 'down', { retryAfterMs: 30_000 });
  await run();
  expect(sender.pausedUntil).toBe(0);
  expect(await store.backlog()).toMatchObject([{ readyAt: clock.now + 30_000 }]);
  const before = target.calls;
  clock.now += 30_000;
  await run();
  expect(target.calls - before).toBe(1);
});

test('a notice that fails for reasons of its own is given up after 20 tries, and pauses nothing', async () => {
  const { store, target, sender, clock, run } = await openScene(1);
  target.failure = new DeliveryError('unavailable', 'hangs', { isAboutOne: true });
  for (let tries = 1; tries <= 20; tries++) {
    expect(await store.deadLetters({ limit: 1 })).toEqual([]);
    await run();
    expect(target.calls).toBe(tries);
    expect(sender.pausedUntil).toBe(0);
    clock.now += defaultRetryRule.mostMs;
  }
  expect(await store.deadLetters({ limit: 1 })).toMatchObject([{ reason: 'unavailable: hangs' }]);
});
