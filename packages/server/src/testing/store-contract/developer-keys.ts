import { expect } from 'vitest';
import type { ContractCase, ContractGroup } from './contract.ts';
import { aDeveloperKey, aPool, poolId } from './scene.ts';

const limited = aDeveloperKey('AKIA2', {
  description: 'billing \u{1f600}',
  scope: { poolIds: [poolId(1), poolId(2)], readOnly: true },
  expiresAt: 9_000,
});

const cases: readonly ContractCase[] = [
  {
    name: 'a key is what was put in, and is not there before',
    async run({ store }) {
      expect(await store.developerKey('AKIA1')).toBeUndefined();
      await store.createDeveloperKey(aDeveloperKey('AKIA1'));
      await store.createDeveloperKey(limited);
      expect(await store.developerKey('AKIA1')).toEqual(aDeveloperKey('AKIA1'));
      expect(await store.developerKey('AKIA2')).toEqual(limited);
      for (const other of ['akia1', 'AKIA', 'AKIA1 ', '']) {
        expect(await store.developerKey(other)).toBeUndefined();
      }
    },
  },
  {
    name: 'an access key id is taken once, also by a key that was revoked',
    async run({ store }) {
      await store.createDeveloperKey(limited);
      const again = aDeveloperKey(limited.accessKeyId, { sealedSecret: 'another' });
      await expect(store.createDeveloperKey(again)).rejects.toThrow();
      const revoked = await store.revokeDeveloperKey(limited.accessKeyId, 4_000);
      await expect(store.createDeveloperKey(again)).rejects.toThrow();
      expect(await store.developerKey(limited.accessKeyId)).toEqual(revoked);
    },
  },
  {
    name: 'revoking is seen by the next read, keeps the rest of the key, and the first time counts',
    async run({ store }) {
      await store.createDeveloperKey(limited);
      await store.createDeveloperKey(aDeveloperKey('AKIA1'));
      expect(await store.revokeDeveloperKey('AKIA2', 4_000)).toEqual({ ...limited, revokedAt: 4_000 });
      expect(await store.developerKey('AKIA2')).toEqual({ ...limited, revokedAt: 4_000 });
      expect(await store.revokeDeveloperKey('AKIA2', 5_000)).toEqual({ ...limited, revokedAt: 4_000 });
      expect(await store.developerKey('AKIA2')).toEqual({ ...limited, revokedAt: 4_000 });
      expect(await store.developerKey('AKIA1')).toEqual(aDeveloperKey('AKIA1'));
    },
  },
  {
    name: 'there is no revoking what is not there',
    async run({ store }) {
      expect(await store.revokeDeveloperKey('AKIA1', 4_000)).toBeUndefined();
      expect(await store.developerKeys({ limit: 10 })).toEqual([]);
    },
  },
  {
    name: 'are listed in the binary order of their ids, page by page, revoked ones too',
    async run({ store }) {
      const ids = ['AKIAb', 'AKIAB', 'AKIAa', 'AKIA0', 'AKIA'];
      for (const id of ids) await store.createDeveloperKey(aDeveloperKey(id));
      await store.revokeDeveloperKey('AKIAB', 4_000);
      const idsOf = async (page: { after?: string; limit: number }) =>
        (await store.developerKeys(page)).map(({ accessKeyId }) => accessKeyId);
      expect(await idsOf({ limit: 10 })).toEqual(['AKIA', 'AKIA0', 'AKIAB', 'AKIAa', 'AKIAb']);
      expect(await idsOf({ limit: 2 })).toEqual(['AKIA', 'AKIA0']);
      expect(await idsOf({ after: 'AKIA0', limit: 2 })).toEqual(['AKIAB', 'AKIAa']);
      expect(await idsOf({ after: 'AKIAb', limit: 2 })).toEqual([]);
    },
  },
  {
    name: 'outlive the pools that they are limited to',
    async run({ store }) {
      await store.createPool(aPool(1));
      await store.createDeveloperKey(limited);
      await store.deletePool(poolId(1));
      await store.purge(10);
      expect(await store.developerKey('AKIA2')).toEqual(limited);
    },
  },
  {
    name: 'are there when the store is opened again, revoked as they were',
    needs: 'reopen',
    async run({ store, reopen }) {
      await store.createDeveloperKey(aDeveloperKey('AKIA1'));
      await store.createDeveloperKey(limited);
      await store.revokeDeveloperKey('AKIA1', 4_000);
      const before = await store.developerKeys({ limit: 10 });
      expect(before).toHaveLength(2);
      await store.close();
      expect(await (await reopen?.())?.developerKeys({ limit: 10 })).toEqual(before);
    },
  },
];

export const developerKeysGroup: ContractGroup = { name: 'developer keys', cases };
