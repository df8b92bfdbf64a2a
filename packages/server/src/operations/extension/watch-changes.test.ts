import { afterEach, beforeEach, expect, test } from 'vitest';
import { RecordingSink } from '../../../test/live/recording-sink.ts';
import { everything } from '../../domain/developer-key.ts';
import { ChangeHub } from '../../live/change-hub.ts';
import type { Store } from '../../ports/store.ts';
import { MemoryStore } from '../../stores/memory/memory-store.ts';
import { identityId, poolId, settle } from '../../testing/store-contract/scene.ts';
import type { Call } from '../handler.ts';
import { watchChanges } from './watch-changes.ts';

let store: MemoryStore;
let hub: ChangeHub;

beforeEach(async () => {
  store = new MemoryStore();
  await settle(store);
  hub = new ChangeHub({
    store,
    logger: { error: () => {}, info: () => {}, debug: () => {} },
    now: () => 0,
    random: () => 0,
    mostOfIdentity: 2,
    mostOfServer: 2,
    heartbeatMs: 25_000,
    isActive: () => true,
  });
});

afterEach(() => {
  expect(hub.size).toBe(0);
  hub.close();
});

const me = { IdentityPoolId: poolId(1), IdentityId: identityId(1) };
const developer: Call = {
  caller: { kind: 'developer', accountId: '000000000000', accessKeyId: 'AKIA', scope: everything },
  at: 0,
};

/** The store, with something that happens between the operation's look at the identity and its answer. */
function storeWhere(happens: () => Promise<unknown>): Pick<Store, 'identity'> {
  return {
    identity: async (id) => {
      const identity = await store.identity(id);
      await happens();
      return identity;
    },
  };
}

test('a deletion that comes while a stream opens is not missed', async () => {
  let looks = 0;
  const watch = watchChanges({
    store: storeWhere(async () => {
      looks += 1;
      if (looks === 1) await store.deleteIdentities([identityId(1)], 1);
    }),
    changes: hub,
  });
  await expect(watch(me, developer)).rejects.toMatchObject({ code: 'ResourceNotFoundException' });
});

test('a request that names a wrong pool has no part in the streams of others', async () => {
  const watch = watchChanges({ store, changes: hub });
  const wrong = watch({ ...me, IdentityPoolId: poolId(2) }, developer);
  const right = watch(me, developer);
  await expect(wrong).rejects.toMatchObject({ code: 'ResourceNotFoundException' });
  const stream = await right;
  const sink = new RecordingSink();
  stream.start(sink);
  expect(sink.text).toContain(`"identityPoolId":"${poolId(1)}"`);
  stream.closed();
});

test('a look at the store that fails leaves no listener behind', async () => {
  let looks = 0;
  const failing = storeWhere(async () => {
    looks += 1;
    if (looks === 2) throw new Error('The disk is gone.');
  });
  await expect(watchChanges({ store: failing, changes: hub })(me, developer)).rejects.toThrow('The disk');
  expect(looks).toBe(2);
});
