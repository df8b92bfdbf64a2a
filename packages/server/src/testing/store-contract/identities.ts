import { expect } from 'vitest';
import type { Identity } from '../../domain/identity.ts';
import type { Store } from '../../ports/store.ts';
import type { ContractCase, ContractGroup } from './contract.ts';
import {
  aDevice,
  anIdentity,
  aPool,
  aSignIn,
  contents,
  everything,
  google,
  identityId,
  poolId,
  put,
  settle,
  update,
  user,
} from './scene.ts';

const ann: Identity = { ...anIdentity(1), logins: [google('ann'), user('ann'), user('ann 2')] };
const gone: Identity = { ...anIdentity(2), disabled: true, mergedInto: ann.id };

function ids(identities: readonly Identity[]): readonly string[] {
  return identities.map(({ id }) => id);
}

async function expectHidden(store: Store): Promise<void> {
  const nothing = { dataset: undefined, records: [], more: false, namesWithPrefix: [] };
  expect(await everything(store, [], [identityId(1)], ['settings'], ['phone'])).toEqual([
    [],
    [[undefined, undefined, [], [undefined], [undefined], [nothing], [[]]]],
  ]);
  expect(ids(await store.identities({ poolId: poolId(1), limit: 10 }))).toEqual([identityId(2)]);
  expect(await store.identityByLogin(poolId(1), google('ann'))).toBeUndefined();
}

const cases: readonly ContractCase[] = [
  {
    name: 'an identity is what was put in, with its logins in order',
    async run({ store }) {
      await store.createPool(aPool(1));
      await store.createIdentity({ ...ann, logins: ann.logins.toReversed() });
      await store.createIdentity(gone);
      expect(await store.identity(ann.id)).toEqual(ann);
      expect(await store.identity(gone.id)).toEqual(gone);
    },
  },
  {
    name: 'an identity is found by each of its logins, in its pool only',
    async run({ store }) {
      await store.createPool(aPool(1));
      await store.createPool(aPool(2));
      await store.createIdentity(ann);
      await store.createIdentity({ ...anIdentity(3, 2), logins: [google('ann')] });
      for (const login of ann.logins) expect(await store.identityByLogin(poolId(1), login)).toEqual(ann);
      expect((await store.identityByLogin(poolId(2), google('ann')))?.id).toBe(identityId(3));
      const others = [
        google('Ann'),
        google('ann '),
        google('an'),
        user('bob'),
        { ...google('ann'), provider: '' },
      ];
      for (const login of others) expect(await store.identityByLogin(poolId(1), login)).toBeUndefined();
    },
  },
  {
    name: 'a login belongs to one identity: another that claims it is refused as a whole',
    async run({ store }) {
      await store.createPool(aPool(1));
      await store.createIdentity(ann);
      const second = { ...anIdentity(2), logins: [user('bob'), google('ann')] };
      await expect(store.createIdentity(second)).rejects.toThrow();
      expect(await store.identity(second.id)).toBeUndefined();
      expect(await store.identityByLogin(poolId(1), user('bob'))).toBeUndefined();
    },
  },
  {
    name: 'identities of a pool come in the order of their ids, a page at a time, with or without the disabled',
    async run({ store }) {
      await store.createPool(aPool(1));
      await store.createPool(aPool(2));
      for (const number of [4, 1, 3, 5]) {
        await store.createIdentity({ ...anIdentity(number), disabled: number === 3 });
      }
      await store.createIdentity(anIdentity(2, 2));
      const page = (after: string | undefined, hideDisabled: boolean) =>
        store.identities({ poolId: poolId(1), ...(after && { after }), limit: 2, hideDisabled });
      expect(await page(undefined, false)).toEqual([anIdentity(1), { ...anIdentity(3), disabled: true }]);
      expect(ids(await page(identityId(3), false))).toEqual([identityId(4), identityId(5)]);
      expect(await page(identityId(5), false)).toEqual([]);
      expect(ids(await page(undefined, true))).toEqual([identityId(1), identityId(4)]);
      expect(ids(await page(identityId(1), true))).toEqual([identityId(4), identityId(5)]);
    },
  },
  {
    name: 'deleted identities are hidden with all that is theirs at once, before and after the purge',
    async run({ store }) {
      await store.createPool(aPool(1));
      await store.createIdentity(ann);
      await store.createIdentity(gone);
      await update(store, [put('k', 'v')]);
      await store.registerDevice(aDevice('phone'), 9);
      const asked = [identityId(9), identityId(1), identityId(1)];
      expect(await store.deleteIdentities(asked, 400_000)).toEqual([identityId(1)]);
      await expectHidden(store);
      expect(await store.deleteIdentities([identityId(1)], 400_000)).toEqual([]);
      expect(await update(store, [put('k', 'w')])).toEqual({ kind: 'identityNotFound' });
      expect(await update(store, [put('k', 'w')], { datasetName: 'new' })).toEqual({
        kind: 'identityNotFound',
      });
      expect(await store.purge(10)).toBe(1);
      expect(await store.purge(10)).toBe(0);
      await expectHidden(store);
    },
  },
  {
    name: 'what deleted identities stored no longer counts for their pool, which stays',
    async run({ store }) {
      await settle(store, 3);
      await update(store, [put('k', '12345')]);
      await update(store, [put('k', '1')], { identityId: identityId(2) });
      await store.deleteIdentities([identityId(1), identityId(3)], 400_000);
      expect(await store.poolUsage(poolId(1))).toEqual({
        poolId: poolId(1),
        lastModifiedAt: 400_000,
        storageBytes: 2,
      });
      await store.purge(10);
      expect((await store.poolUsage(poolId(1)))?.storageBytes).toBe(2);
      expect(await contents(store, 'settings', 2)).toEqual(new Map([['k', '1']]));
    },
  },
  {
    name: 'the id and the logins of a deleted identity are free at once, for one that begins empty',
    async run({ store }) {
      for (const purges of [false, true]) {
        await store.createPool(aPool(1));
        await store.createIdentity(ann);
        await update(store, [put('k', 'v')]);
        await store.deleteIdentities([ann.id], 400_000);
        if (purges) await store.purge(10);
        expect((await store.signIn(aSignIn([google('ann')], { newId: ann.id }))).kind).toBe('created');
        expect(await contents(store)).toEqual(new Map());
        while ((await store.purge(10)) > 0);
        expect((await store.identity(ann.id))?.logins).toEqual([google('ann')]);
        await store.deletePool(poolId(1));
        while ((await store.purge(10)) > 0);
      }
    },
  },
  {
    name: 'the logins of a deleted pool are those of nobody, also when the pool is created again',
    async run({ store }) {
      await store.createPool(aPool(1));
      await store.createIdentity(ann);
      await store.deletePool(poolId(1));
      expect(await store.identityByLogin(poolId(1), google('ann'))).toBeUndefined();
      await store.createPool(aPool(1));
      expect(await store.identityByLogin(poolId(1), google('ann'))).toBeUndefined();
      expect(await store.identities({ poolId: poolId(1), limit: 10 })).toEqual([]);
    },
  },
  {
    name: 'a pool keeps its roles, principal tags, tags and new settings',
    async run({ store }) {
      await store.createPool(aPool(1));
      const roles = { Roles: { authenticated: 'arn:role' }, RoleMappings: { p: { Type: 'Token' } } } as const;
      await store.changePool(poolId(1), { roles, principalTags: { p: { UseDefaults: true } } });
      await store.changePool(poolId(1), { tags: { set: { team: 'sync' } } });
      const settings = { IdentityPoolName: 'renamed', AllowUnauthenticatedIdentities: false };
      const changed = await store.changePool(poolId(1), { settings });
      expect(changed).toEqual({
        ...aPool(1),
        settings: { ...settings, IdentityPoolTags: { team: 'sync' } },
        roles,
        principalTags: { p: { UseDefaults: true } },
      });
      expect(await store.pool(poolId(1))).toEqual(changed);
    },
  },
];

export const identitiesGroup: ContractGroup = { name: 'identities', cases };
