import { expect } from 'vitest';
import type { Store } from '../../ports/store.ts';
import type { ContractCase, ContractGroup } from './contract.ts';
import {
  changesOf,
  claim,
  died,
  enableStream,
  pushClaim,
  sent,
  settleWithStream,
  subscribe,
  write,
} from './outbox-scene.ts';
import { anIdentity, aPool, identityId, poolId } from './scene.ts';

/** Identities 1 and 2 with a dead letter, something queued and records to be fetched each; a notice of identity 1. */
async function settleWithBacklog(store: Store): Promise<void> {
  await settleWithStream(store, 2);
  for (const identity of [1, 2]) await write(store, identity);
  await store.settleLanes((await claim(store)).map(died));
  await subscribe(store, ['phone']);
  for (const identity of [1, 2]) {
    await write(store, identity);
    await store.keepStreamPayload({ id: payloadId(identity), body: '[]', expiresAt: 900_000 });
  }
}

function payloadId(identity: number): string {
  return `${identityId(identity)}/settings/2/replace`;
}

async function hasPayload(store: Store, identity: number): Promise<boolean> {
  return (await store.streamPayload(payloadId(identity), 1)) !== undefined;
}

async function purgeAll(store: Store): Promise<void> {
  while ((await store.purge(1)) > 0);
}

const stream = { kind: 'stream', destination: 'changes' } as const;

const cases: readonly ContractCase[] = [
  {
    name: 'what is to be sent about a deleted identity is erased with it, and nothing of others',
    async run({ store }) {
      await settleWithBacklog(store);
      await store.deleteIdentities([identityId(1)], 300_000);
      await purgeAll(store);
      expect(await store.backlog()).toMatchObject([{ ...stream, queued: 1, dead: 1 }]);
      expect(await store.deadLetters({ limit: 10 })).toMatchObject([{ lane: identityId(2) }]);
      expect([await hasPayload(store, 1), await hasPayload(store, 2)]).toEqual([false, true]);
      expect(changesOf(await claim(store))).toEqual([['2:2']]);
    },
  },
  {
    name: 'what is to be sent about a deleted pool is erased with it, also what is held or given up',
    async run({ store }) {
      await settleWithBacklog(store);
      await store.holdLanes(stream);
      await store.deletePool(poolId(1));
      await purgeAll(store);
      expect(await store.backlog()).toEqual([]);
      expect(await store.deadLetters({ limit: 10 })).toEqual([]);
      expect([await hasPayload(store, 1), await hasPayload(store, 2)]).toEqual([false, false]);
    },
  },
  {
    name: 'what is to be sent about a deleted identity cannot be claimed before it is erased',
    async run({ store }) {
      await settleWithBacklog(store);
      await store.deleteIdentities([identityId(1)], 300_000);
      expect(await pushClaim(store)).toEqual([]);
      expect(changesOf(await claim(store))).toEqual([['2:2']]);
      await store.deletePool(poolId(1));
      await store.releaseLanes({ at: 1, leased: true });
      expect(await claim(store)).toEqual([]);
      expect(await store.backlog()).toMatchObject([{ ...stream, queued: 0, dead: 2 }]);
    },
  },
  {
    name: 'what is on its way when it is erased can be settled all the same',
    async run({ store }) {
      await settleWithBacklog(store);
      const lanes = await claim(store);
      await store.deletePool(poolId(1));
      await purgeAll(store);
      await store.settleLanes(lanes.map((lane) => sent(lane, 0)));
      await store.settleLanes(lanes.map(died));
      expect(await store.backlog()).toEqual([]);
    },
  },
  {
    name: 'an identity that is made again under its id gets nothing of what was to be sent before',
    async run({ store }) {
      await settleWithBacklog(store);
      await store.deletePool(poolId(1));
      await store.createPool(aPool(1));
      await enableStream(store, 'changes');
      await store.createIdentity(anIdentity(1));
      expect(await claim(store)).toEqual([]);
      await write(store);
      await purgeAll(store);
      expect(changesOf(await claim(store))).toEqual([['1:1']]);
      expect(await store.deadLetters({ limit: 10 })).toEqual([]);
      expect(await hasPayload(store, 1)).toBe(false);
    },
  },
];

export const outboxErasureGroup: ContractGroup = { name: 'erasing from the outbox', cases };
