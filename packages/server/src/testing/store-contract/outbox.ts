import { expect } from 'vitest';
import type { ContractCase, ContractGroup } from './contract.ts';
import {
  changesOf,
  claim,
  died,
  enableStream,
  failed,
  pushClaim,
  sent,
  settleWithStream,
  subscribe,
  write,
} from './outbox-scene.ts';
import {
  aDeletion,
  aDevice,
  anIdentity,
  aPool,
  identityId,
  poolId,
  put,
  remove,
  settle,
  update,
} from './scene.ts';

const cases: readonly ContractCase[] = [
  {
    name: 'nothing is queued where nobody wants to be told, or nothing was changed',
    async run({ store }) {
      await settle(store);
      await write(store);
      await store.deleteDataset(aDeletion());
      await enableStream(store, 'changes');
      expect((await update(store, [])).kind).toBe('unchanged');
      await store.deleteDataset(aDeletion());
      expect(await store.backlog()).toEqual([]);
      await write(store);
      await store.changePool(poolId(1), { stoppedStream: 'changes' });
      await write(store);
      expect((await update(store, [put('k', 'v', 1)])).kind).toBe('conflict');
      expect(changesOf(await claim(store))).toEqual([['1:3']]);
    },
  },
  {
    name: 'a stream is told of updates and deletions, with the records as they were written',
    async run({ store }) {
      await settleWithStream(store);
      await update(store, [put('a', '1'), put('b', '2')]);
      await update(store, [remove('a')]);
      await store.deleteDataset(aDeletion());
      const [lane] = await claim(store);
      const records = lane?.deliveries.map(({ payload }) => JSON.parse(payload));
      const place = { identityPoolId: poolId(1), identityId: identityId(1), datasetName: 'settings' };
      expect(records).toMatchObject([
        {
          ...place,
          syncCount: 1,
          kinesisSyncRecords: [
            { key: 'a', value: '1' },
            { key: 'b', value: '2' },
          ],
        },
        { ...place, syncCount: 2, kinesisSyncRecords: [{ key: 'a', value: null, op: 'remove' }] },
        { ...place, syncCount: 3, operation: 'remove' },
      ]);
      expect(lane?.deliveries.map(({ queuedAt }) => queuedAt)).toEqual([100_000, 100_000, 200_000]);
    },
  },
  {
    name: 'a pool that is made with a stream, or given another, sends there',
    async run({ store }) {
      const streams = { StreamName: 'first', StreamingStatus: 'ENABLED' } as const;
      await store.createPool(aPool(1, { streams }));
      await store.createIdentity(anIdentity(1));
      await write(store);
      await enableStream(store, 'second');
      await write(store);
      expect(changesOf(await claim(store, { destination: 'first' }))).toEqual([['1:1']]);
      expect(changesOf(await claim(store, { destination: 'second' }))).toEqual([['1:2']]);
    },
  },
  {
    name: 'who claims has the lane alone until it is settled or the lease is over',
    async run({ store }) {
      await settleWithStream(store);
      await write(store);
      const [lane] = await claim(store);
      if (!lane) throw new Error('Nothing was claimed.');
      await write(store);
      expect(await claim(store)).toEqual([]);
      expect(await claim(store, { at: 559_999 })).toEqual([]);
      await store.settleLanes([sent(lane)]);
      expect(changesOf(await claim(store))).toEqual([['1:2']]);
      expect(changesOf(await claim(store, { at: 560_000, until: 600_000 }))).toEqual([['1:2']]);
    },
  },
  {
    name: 'who lost the lease can say what was sent, and no more',
    async run({ store }) {
      await settleWithStream(store);
      for (let writes = 0; writes < 3; writes++) await write(store);
      const [late] = await claim(store, { perLane: 1 });
      const [now] = await claim(store, { at: 560_000, until: 620_000 });
      if (!late || !now) throw new Error('Nothing was claimed.');
      await store.settleLanes([sent(late)]);
      expect(await claim(store, { at: 600_000 })).toEqual([]);
      await store.settleLanes([sent(now, 2)]);
      expect(changesOf(await claim(store))).toEqual([['1:3']]);
    },
  },
  {
    name: 'a lane that was emptied by who had lost its lease is gone, too',
    async run({ store }) {
      await settleWithStream(store);
      for (const isTakenOver of [false, true]) {
        await write(store);
        const lanes = await claim(store);
        await store.releaseLanes({ at: 1, leased: true });
        const others = isTakenOver ? await claim(store) : [];
        await store.settleLanes(lanes.map((lane) => sent(lane)));
        expect(await claim(store, { at: 600_000 })).toEqual([]);
        await store.settleLanes(others.map((lane) => sent(lane)));
        expect(await store.backlog()).toEqual([]);
      }
    },
  },
  {
    name: 'a lane that waits holds up nobody else, and keeps its order and its tries',
    async run({ store }) {
      await settleWithStream(store, 2);
      for (const identity of [1, 2, 1]) await write(store, identity);
      const [one, two] = await claim(store);
      if (!one || !two) throw new Error('Two lanes should be ready.');
      await store.settleLanes([failed(one, 700_000), sent(two)]);
      for (const identity of [1, 2]) await write(store, identity);
      expect(changesOf(await claim(store, { until: 900_000 }))).toEqual([['2:2']]);
      const [again] = await claim(store, { at: 700_000, until: 800_000 });
      expect(changesOf(again ? [again] : [])).toEqual([['1:1', '1:2', '1:3']]);
      expect(again?.tries).toBe(1);
    },
  },
  {
    name: 'lanes come in the order in which they were ready, within the limits of the claim',
    async run({ store }) {
      await settleWithStream(store, 4);
      for (const identity of [3, 1, 2, 4, 1]) {
        const at = 100_000 + identity;
        await update(store, [put('k', 'v')], { identityId: identityId(identity), at });
      }
      const all = async (limits: object) => {
        const lanes = await claim(store, limits);
        await store.releaseLanes({ at: 0, leased: true });
        return changesOf(lanes);
      };
      expect(await all({ lanes: 3 })).toEqual([['1:1', '1:2'], ['2:1'], ['3:1']]);
      for (const identity of [1, 1]) await write(store, identity);
      const flat = async (limits: object) => (await all(limits)).flat().length;
      expect(await flat({ deliveries: 4 })).toBe(4);
      expect(await flat({ perLane: 1 })).toBe(4);
      expect(await flat({ characters: 1 })).toBe(1);
      expect(await flat({})).toBe(7);
    },
  },
  {
    name: 'devices are told of updates once each, in the newest words, though not the one that writes',
    async run({ store }) {
      await settle(store);
      await write(store);
      await subscribe(store, ['phone', 'tablet']);
      await write(store, 1, 'settings', 'phone');
      await write(store, 1, 'settings', 'phone');
      await write(store, 1, 'other');
      await store.deleteDataset(aDeletion());
      const [lane, ...others] = await pushClaim(store);
      expect(others).toEqual([]);
      expect(lane?.deliveries.map(({ payload }) => JSON.parse(payload))).toEqual([
        {
          identityPoolId: poolId(1),
          identityId: identityId(1),
          datasetName: 'settings',
          syncCount: 3,
          deviceId: 'tablet',
        },
      ]);
    },
  },
  {
    name: 'a notice that is on its way does not swallow a newer one',
    async run({ store }) {
      await settle(store);
      await write(store);
      await subscribe(store, ['phone']);
      await write(store);
      const [lane] = await pushClaim(store);
      await write(store);
      expect(await store.backlog()).toMatchObject([{ kind: 'push', destination: 'GCM', queued: 1 }]);
      if (lane) await store.settleLanes([sent(lane)]);
      expect(changesOf(await pushClaim(store))).toEqual([['1:3']]);
    },
  },
  {
    name: 'what is given up is kept, retried behind the rest, or dropped',
    async run({ store }) {
      await settleWithStream(store);
      for (let writes = 0; writes < 3; writes++) await write(store);
      for (let deaths = 0; deaths < 2; deaths++) await store.settleLanes((await claim(store)).map(died));
      const letters = await store.deadLetters({ limit: 10 });
      const place = { kind: 'stream', destination: 'changes', lane: identityId(1), queuedAt: 100_000 };
      const death = { ...place, diedAt: 510_000, reason: 'refused: too odd' };
      expect(letters).toMatchObject([death, death]);
      const [first, second] = letters.map(({ id }) => id);
      expect(await store.deadLetters({ after: first ?? 0, limit: 10 })).toMatchObject([{ id: second }]);
      expect(await store.deadLetters({ limit: 1 })).toMatchObject([{ id: first }]);
      expect(await store.backlog()).toMatchObject([{ queued: 1, dead: 2 }]);

      expect(await store.retryDeadLetters({ ids: [first ?? 0, 4711], limit: 10, at: 1 })).toBe(1);
      expect(changesOf(await claim(store))).toEqual([['1:3', '1:1']]);
      expect(await store.dropDeadLetters({ limit: 10 })).toBe(1);
      expect(await store.deadLetters({ limit: 10 })).toEqual([]);
      expect(await store.backlog()).toMatchObject([{ queued: 2, dead: 0 }]);
    },
  },
  {
    name: 'a notice that was given up comes back only where there is no newer one',
    async run({ store }) {
      await settle(store);
      await write(store);
      await subscribe(store, ['phone']);
      await write(store);
      await store.settleLanes((await pushClaim(store)).map(died));
      await write(store);
      expect(await store.retryDeadLetters({ limit: 10, at: 1 })).toBe(1);
      expect(changesOf(await pushClaim(store))).toEqual([['1:3']]);
      expect(await store.backlog()).toMatchObject([{ queued: 1, dead: 0 }]);
    },
  },
  {
    name: 'held lanes wait until they are released, those of other destinations do not',
    async run({ store }) {
      await settleWithStream(store);
      await write(store);
      await store.holdLanes({ kind: 'stream', destination: 'changes' });
      await write(store);
      expect(await claim(store)).toEqual([]);
      const [held] = await store.backlog();
      expect(held).toEqual({ kind: 'stream', destination: 'changes', queued: 2, dead: 0, oldestAt: 100_000 });
      await store.releaseLanes({ kind: 'stream', destination: 'others', at: 1, leased: false });
      await store.releaseLanes({ kind: 'push', at: 1, leased: false });
      expect(await claim(store)).toEqual([]);
      await store.releaseLanes({ kind: 'stream', destination: 'changes', at: 1, leased: false });
      expect(changesOf(await claim(store))).toEqual([['1:1', '1:2']]);
      await store.releaseLanes({ at: 1, leased: false });
      expect(await claim(store)).toEqual([]);
      await store.releaseLanes({ at: 1, leased: true });
      expect(changesOf(await claim(store))).toEqual([['1:1', '1:2']]);
    },
  },
  {
    name: 'what is queued can be dropped, but for what is on its way',
    async run({ store }) {
      await settleWithStream(store, 3);
      for (const identity of [1, 2, 3, 1]) await write(store, identity);
      const [leased] = await claim(store, { lanes: 1 });
      await store.holdLanes({});
      expect(await store.dropLanes({ kind: 'push', limit: 10 })).toBe(0);
      expect(await store.dropLanes({ kind: 'stream', destination: 'changes', limit: 1 })).toBe(1);
      expect(await store.dropLanes({ kind: 'stream', destination: 'changes', limit: 10 })).toBe(1);
      expect(await store.backlog()).toMatchObject([{ queued: 2 }]);
      if (leased) await store.settleLanes([sent(leased)]);
      expect(await store.backlog()).toEqual([]);
    },
  },
  {
    name: 'the backlog tells when the oldest was queued and when there is something to do',
    async run({ store }) {
      await settleWithStream(store, 2);
      await update(store, [put('k', 'v')], { at: 100_001 });
      await update(store, [put('k', 'v')], { at: 100_002 });
      await update(store, [put('k', 'v')], { identityId: identityId(2), at: 100_003 });
      const place = { kind: 'stream', destination: 'changes', dead: 0 };
      expect(await store.backlog()).toEqual([{ ...place, queued: 3, oldestAt: 100_001, readyAt: 100_001 }]);
      const [one, two] = await claim(store);
      if (!one || !two) throw new Error('Two lanes should be ready.');
      expect(await store.backlog()).toEqual([{ ...place, queued: 3, oldestAt: 100_001, readyAt: 560_000 }]);
      await store.settleLanes([sent(one, 1), failed(two, 700_000)]);
      expect(await store.backlog()).toEqual([{ ...place, queued: 2, oldestAt: 100_002, readyAt: 500_000 }]);
    },
  },
  {
    name: 'records that are fetched by URL are there until they expire',
    async run({ store }) {
      await store.keepStreamPayload({ id: 'a', body: '[1]', expiresAt: 100 });
      await store.keepStreamPayload({ id: 'a', body: '[2]', expiresAt: 200 });
      await store.keepStreamPayload({ id: 'b', body: '[3]', expiresAt: 100 });
      expect(await store.streamPayload('a', 199)).toBe('[2]');
      expect(await store.streamPayload('a', 200)).toBeUndefined();
      expect(await store.streamPayload('b', 99)).toBe('[3]');
      expect(await store.forgetStreamPayloads(150, 10)).toBe(1);
      expect(await store.streamPayload('b', 99)).toBeUndefined();
      expect(await store.streamPayload('a', 199)).toBe('[2]');
      expect(await store.forgetStreamPayloads(200, 0)).toBe(0);
    },
  },
  {
    name: 'the outbox outlives the process',
    needs: 'reopen',
    async run({ store, reopen }) {
      await settleWithStream(store);
      await write(store);
      await write(store);
      await store.settleLanes((await claim(store)).map(died));
      const before = await store.backlog();
      const letters = await store.deadLetters({ limit: 10 });
      await store.close();
      const again = await reopen?.();
      expect(await again?.backlog()).toEqual(before);
      expect(await again?.deadLetters({ limit: 10 })).toEqual(letters);
      expect(again && changesOf(await claim(again))).toEqual([['1:2']]);
    },
  },
  {
    name: 'a device gets the endpoint of its last registration, and goes with its subscriptions',
    async run({ store }) {
      await settle(store);
      await write(store);
      await subscribe(store, ['phone', 'tablet']);
      const phone = { ...aDevice('phone'), application: 'arn:app', endpoint: 'arn:endpoint' };
      expect(await store.registerDevice({ ...phone, id: 'new' }, 99)).toEqual({
        kind: 'registered',
        device: phone,
      });
      expect(await store.device(identityId(1), 'phone')).toEqual(phone);
      await store.registerDevice(aDevice('phone'), 99);
      expect(await store.device(identityId(1), 'phone')).toEqual(aDevice('phone'));
      const fresh = { ...aDevice('watch'), application: 'arn:app', endpoint: 'e' };
      await store.registerDevice(fresh, 99);
      expect(await store.device(identityId(1), 'watch')).toEqual(fresh);

      expect(await store.removeDevice(identityId(2), 'phone')).toBe(false);
      expect(await store.removeDevice(identityId(1), 'phone')).toBe(true);
      expect(await store.removeDevice(identityId(1), 'phone')).toBe(false);
      expect(await store.device(identityId(1), 'phone')).toBeUndefined();
      expect(await store.subscribedDevices(identityId(1), 'settings')).toEqual(['tablet']);
    },
  },
];

export const outboxGroup: ContractGroup = { name: 'outbox', cases };
