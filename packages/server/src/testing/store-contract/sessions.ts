import { expect } from 'vitest';
import type { Store } from '../../ports/store.ts';
import type { ContractCase, ContractGroup } from './contract.ts';
import { aDeletion, identityId, list, put, settle, update } from './scene.ts';

/** An update that spends `sessionId`. */
function spend(store: Store, sessionId: string, expiresAt = 400_000, at = 100_000) {
  return update(store, [put('k', 'v')], { session: { sessionId, expiresAt }, at });
}

async function spent(store: Store) {
  return (await list(store)).dataset?.spentSessions;
}

const cases: readonly ContractCase[] = [
  {
    name: 'an accepted update spends its session; a refused one does not',
    async run({ store }) {
      await settle(store);
      await spend(store, 'first', 400_000);
      await spend(store, 'second, with "marks" and é', 400_001);
      await update(store, [put('k', 'v', 0)], { session: { sessionId: 'stale', expiresAt: 400_000 } });
      await update(store, [], { session: { sessionId: 'empty', expiresAt: 400_000 } });
      expect(await spent(store)).toEqual([
        { sessionId: 'first', expiresAt: 400_000 },
        { sessionId: 'second, with "marks" and é', expiresAt: 400_001 },
      ]);
      expect((await store.dataset(identityId(1), 'settings'))?.spentSessions).toEqual(await spent(store));
      expect((await store.datasets(identityId(1), { limit: 1 }))[0]?.spentSessions).toEqual(
        await spent(store),
      );
    },
  },
  {
    name: 'expired sessions are forgotten',
    async run({ store }) {
      await settle(store);
      await spend(store, 'short', 150_000);
      await spend(store, 'long', 400_000);
      await spend(store, 'late', 500_000, 200_000);
      expect((await spent(store))?.map(({ sessionId }) => sessionId)).toEqual(['long', 'late']);
    },
  },
  {
    name: 'spent sessions outlive the deletion of the dataset',
    async run({ store }) {
      await settle(store);
      await spend(store, 'first');
      await store.deleteDataset(aDeletion());
      expect(await spent(store)).toEqual([{ sessionId: 'first', expiresAt: 400_000 }]);
    },
  },
];

export const sessionsGroup: ContractGroup = { name: 'sessions', cases };
