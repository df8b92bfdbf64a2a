import { setImmediate as turn } from 'node:timers/promises';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { announcingStore } from '../../src/live/announcing-store.ts';
import { ChangeHub } from '../../src/live/change-hub.ts';
import type { EventStream } from '../../src/ports/event-stream.ts';
import type { Store } from '../../src/ports/store.ts';
import { MemoryStore } from '../../src/stores/memory/memory-store.ts';
import {
  aDeletion,
  anIdentity,
  aSignIn,
  asIdentity,
  google,
  identityId,
  poolId,
  put,
  settle,
  update,
} from '../../src/testing/store-contract/scene.ts';
import { EventReader } from './event-reader.ts';
import { RecordingSink } from './recording-sink.ts';

// Whatever happens, and in whatever order the acknowledgements of commits arrive: in the end every reader who is
// connected knows the newest count of every dataset.

const listened = identityId(1);
const guests = [2, 3, 4];
const readers = [0, 1, 2];

/** A device: it reads for as long as it is connected, and remembers the last id over its connections. */
class Reader {
  known = new Map<string, number>();
  lastEventId: string | undefined;
  #connection: { readonly stream: EventStream; readonly sink: RecordingSink } | undefined;

  async connect(hub: ChangeHub): Promise<void> {
    this.disconnect(1);
    const request = { identityPoolId: poolId(1), identityId: listened, expiresAt: Number.POSITIVE_INFINITY };
    const outcome = hub.listen(request);
    if (outcome.kind !== 'listening') throw new Error(outcome.kind);
    const stream = await outcome.listener.open(this.lastEventId);
    if (!stream) throw new Error('There is no stream.');
    // Connected twice at a time: the later one counts.
    this.disconnect(1);
    const sink = new RecordingSink();
    stream.start(sink);
    this.#connection = { stream, sink };
  }

  /** @param share of what was written that arrived, all but the last write did */
  disconnect(share: number): void {
    if (!this.#connection) return;
    const { stream, sink } = this.#connection;
    this.#connection = undefined;
    stream.closed();
    const last = sink.writes.pop() ?? '';
    const reader = new EventReader();
    if (this.lastEventId !== undefined) reader.lastEventId = this.lastEventId;
    reader.read(sink.text + last.slice(0, Math.floor(last.length * share)));
    for (const [name, count] of reader.counts) {
      this.known.set(name, Math.max(this.known.get(name) ?? 0, count));
    }
    this.lastEventId = reader.lastEventId;
  }

  setSlow(isSlow: boolean): void {
    if (!this.#connection) return;
    this.#connection.sink.isFull = isSlow;
    if (!isSlow) this.#connection.stream.drained();
  }
}

/** Acknowledges writes, and answers reads, when the scheduler says so, each with what it was at the time. */
function unhurried(store: Store, scheduler: fc.Scheduler): Store {
  return new Proxy(store, {
    get(target, name) {
      const method: unknown = Reflect.get(target, name);
      if (typeof method !== 'function') return method;
      return async (...args: unknown[]) => {
        const answer: unknown = await method.apply(target, args);
        return scheduler.schedule(Promise.resolve(answer), String(name));
      };
    },
  });
}

const datasetName = fc.constantFrom('a', 'b', 'c');
const reader = fc.constantFrom(...readers);
/** Often all of it. */
const share = fc.oneof(fc.constant(1), fc.double({ min: 0, max: 1, noNaN: true }));
const step = fc.oneof(
  { weight: 8, arbitrary: fc.record({ kind: fc.constant('update'), datasetName }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('delete'), datasetName }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('merge'), guest: fc.constantFrom(...guests) }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('connect'), reader }) },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('disconnect'),
      reader,
      share,
    }),
  },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('slow'), reader, isSlow: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('restart') }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('acknowledge') }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('acknowledgeAll') }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('turn') }) },
) as fc.Arbitrary<Step>;

type Step =
  | { kind: 'update' | 'delete'; datasetName: string }
  | { kind: 'merge'; guest: number }
  | { kind: 'connect'; reader: number }
  | { kind: 'disconnect'; reader: number; share: number }
  | { kind: 'slow'; reader: number; isSlow: boolean }
  | { kind: 'restart' | 'acknowledge' | 'acknowledgeAll' | 'turn' };

/** @param lastShares of what each reader was written last that arrives before it comes back for good */
async function run(
  steps: readonly Step[],
  scheduler: fc.Scheduler,
  lastShares: readonly number[],
): Promise<void> {
  const kept = new MemoryStore();
  await settle(kept, 0);
  await kept.createIdentity({ ...anIdentity(1), logins: [google('ann')] });
  for (const guest of guests) {
    await kept.createIdentity(anIdentity(guest));
    await update(kept, [put('k', 'v')], { identityId: identityId(guest), datasetName: 'a' });
  }
  const store = unhurried(kept, scheduler);
  const faults: unknown[] = [];
  const newHub = () =>
    new ChangeHub({
      store,
      logger: { error: (fields) => faults.push(fields), info: () => {}, debug: () => {} },
      now: () => 0,
      random: () => 0.5,
      mostOfIdentity: 1_000,
      mostOfServer: 1_000,
      heartbeatMs: 3_600_000,
      isActive: () => true,
    });
  let hub = newHub();
  let announced = announcingStore(store, hub);
  const all = readers.map(() => new Reader());
  const at = (index: number) => all[index] as Reader;
  const running: Promise<unknown>[] = [];
  const mine = { identityId: listened };

  for (const each of steps) {
    switch (each.kind) {
      case 'update':
        running.push(update(announced, [put('k', 'v')], { ...mine, datasetName: each.datasetName }));
        break;
      case 'delete':
        running.push(announced.deleteDataset(aDeletion({ ...mine, datasetName: each.datasetName })));
        break;
      case 'merge':
        running.push(announced.signIn(aSignIn([google('ann')], asIdentity(each.guest))));
        break;
      case 'connect':
        running.push(at(each.reader).connect(hub));
        break;
      case 'disconnect':
        at(each.reader).disconnect(each.share);
        break;
      case 'slow':
        at(each.reader).setSlow(each.isSlow);
        break;
      case 'restart':
        for (const one of all) one.disconnect(1);
        hub.close();
        hub = newHub();
        announced = announcingStore(store, hub);
        break;
      case 'acknowledge':
        if (scheduler.count() > 0) await scheduler.waitOne();
        break;
      case 'acknowledgeAll':
        await scheduler.waitIdle();
        break;
      case 'turn':
        await turn();
        break;
    }
  }
  await scheduler.waitIdle();
  await Promise.all(running);
  // Nothing changes any more: whoever was told too high a number now is never told what it missed.
  for (const [index, one] of all.entries()) {
    one.setSlow(false);
    one.disconnect(lastShares[index] ?? 1);
    const connecting = one.connect(hub);
    await scheduler.waitIdle();
    await connecting;
  }
  await turn();
  hub.close();
  for (const one of all) one.disconnect(1);

  const counts = await kept.syncCounts(listened, 1_000);
  const expected = new Map(counts.map((count) => [count.datasetName, count.syncCount]));
  for (const one of all) expect(new Map([...one.known].sort())).toEqual(expected);
  expect(faults).toEqual([]);
}

test('every reader who is connected in the end knows the newest count of every dataset', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { maxLength: 60, size: 'max' }),
      fc.scheduler(),
      fc.tuple(share, share, share),
      run,
    ),
    { numRuns: 2_000 },
  );
});
