import { syncOperations } from '@holdall/protocol';
import { beforeEach, expect, test } from 'vitest';
import type { Caller } from '../src/domain/caller.ts';
import { defaultQuotas } from '../src/domain/quotas.ts';
import { syncHandlers } from '../src/operations/sync/index.ts';
import { MemoryStore } from '../src/stores/memory/memory-store.ts';
import {
  anIdentity,
  aPool,
  aSignIn,
  asIdentity,
  google,
  identityId,
  poolId,
  put,
  update,
} from '../src/testing/store-contract/scene.ts';
import { noReceivers } from './fixtures/no-receivers.ts';
import { plainSealer } from './fixtures/plain-sealer.ts';

// What clients with credentials from before a merge meet, and what the winner's see.

let store: MemoryStore;
let sync: ReturnType<typeof syncHandlers>;

const ann = { IdentityPoolId: poolId(1), IdentityId: identityId(1) };
const guest = { IdentityPoolId: poolId(1), IdentityId: identityId(2) };

function as({ IdentityId }: typeof ann): { caller: Caller; at: number } {
  return {
    caller: { kind: 'identity', poolId: poolId(1), identityId: IdentityId, expiresAt: 900_000 },
    at: 500_000,
  };
}

beforeEach(async () => {
  store = new MemoryStore();
  await store.createPool(aPool(1));
  await store.createIdentity({ ...anIdentity(1), logins: [google('ann')] });
  await store.createIdentity(anIdentity(2));
  await update(store, [put('k', 'v')], { identityId: guest.IdentityId });
  sync = syncHandlers({
    store,
    sealer: plainSealer,
    quotas: defaultQuotas,
    region: 'eu-west-1',
    syncTrigger: noReceivers.syncTrigger,
    deliveries: noReceivers.deliveries,
    newUuid: () => 'uuid',
  });
});

test('the winner learns of the merged dataset from the dataset of the same name, until it is deleted', async () => {
  await store.signIn(aSignIn([google('ann')], asIdentity(2)));
  const list = () => sync.ListRecords({ ...ann, DatasetName: 'settings' }, as(ann));
  const copy = `settings.${guest.IdentityId}`;
  expect(await list()).toMatchObject({ DatasetExists: false, MergedDatasetNames: [copy] });
  expect(await sync.ListRecords({ ...ann, DatasetName: copy }, as(ann))).toMatchObject({
    DatasetSyncCount: 1,
    DatasetExists: true,
    Records: [{ Key: 'k', Value: 'v', SyncCount: 1 }],
  });
  await sync.DeleteDataset({ ...ann, DatasetName: copy }, as(ann));
  expect(await list()).not.toHaveProperty('MergedDatasetNames');
});

test('who still has credentials of the guest is told to sign in again, not that the data is gone', async () => {
  const input = { ...guest, DatasetName: 'settings', LastSyncCount: 1 };
  const { SyncSessionToken = '' } = await sync.ListRecords(input, as(guest));
  await store.signIn(aSignIn([google('ann')], asIdentity(2)));
  await expect(sync.ListRecords(input, as(guest))).rejects.toMatchObject({
    code: 'NotAuthorizedException',
    message: `Identity '${guest.IdentityId}' is disabled.`,
  });
  const patch = { Op: 'replace', Key: 'k', Value: 'w', SyncCount: 1 } as const;
  await expect(
    sync.UpdateRecords({ ...input, SyncSessionToken, RecordPatches: [patch] }, as(guest)),
  ).rejects.toMatchObject({
    code: 'ResourceNotFoundException',
    message: `Identity '${guest.IdentityId}' is disabled: it was merged into '${ann.IdentityId}'.`,
  });
  expect(syncOperations.ListRecords.errors).toContain('NotAuthorizedException');
});
