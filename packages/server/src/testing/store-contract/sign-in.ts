import { expect } from 'vitest';
import type { Store } from '../../ports/store.ts';
import type { ContractCase, ContractGroup } from './contract.ts';
import {
  anIdentity,
  aPool,
  aSignIn,
  asIdentity,
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

const callers = Array.from({ length: 50 }, (_, index) => index);

function all(store: Store): Promise<unknown> {
  return everything(store, [poolId(1)], [1, 2, 3, 99].map(identityId), ['settings']);
}

const cases: readonly ContractCase[] = [
  {
    name: 'a login that nobody has makes an identity, which it finds from then on',
    async run({ store }) {
      await store.createPool(aPool(1));
      const identity = {
        ...anIdentity(99),
        createdAt: 300_000,
        lastModifiedAt: 300_000,
        logins: [google('ann'), user('ann')],
      };
      const created = await store.signIn(aSignIn([user('ann'), google('ann')]));
      expect(created).toEqual({ kind: 'created', identity });
      expect(await store.identity(identity.id)).toEqual(identity);
      const again = aSignIn([google('ann')], { newId: identityId(98), at: 400_000 });
      expect(await store.signIn(again)).toEqual({ kind: 'known', identity });
      expect(await store.identity(identityId(98))).toBeUndefined();
    },
  },
  {
    name: 'a guest with a login that nobody has keeps id and data',
    async run({ store }) {
      await settle(store);
      await update(store, [put('k', 'v')]);
      const linked = { ...anIdentity(1), logins: [google('ann')], lastModifiedAt: 300_000 };
      expect(await store.signIn(aSignIn([google('ann')], asIdentity(1)))).toEqual({
        kind: 'joined',
        identity: linked,
        disabled: [],
      });
      expect(await store.identity(identityId(1))).toEqual(linked);
      expect(await store.identityByLogin(poolId(1), google('ann'))).toEqual(linked);
      expect(await contents(store)).toEqual(new Map([['k', 'v']]));
    },
  },
  {
    name: 'the same subject of another provider, and the same login in another pool, is somebody else',
    async run({ store }) {
      await settle(store);
      await store.createPool(aPool(2));
      await store.signIn(aSignIn([google('ann')], asIdentity(1)));
      const others = [
        aSignIn([user('ann')], { newId: identityId(98) }),
        aSignIn([google('ann')], { poolId: poolId(2), newId: identityId(97) }),
      ];
      for (const other of others) expect((await store.signIn(other)).kind).toBe('created');
    },
  },
  {
    name: 'a refusal has written nothing',
    async run({ store }) {
      await store.createPool(aPool(1));
      await store.createPool(aPool(2));
      await store.createIdentity({ ...anIdentity(1), logins: [google('ann')] });
      await store.createIdentity({ ...anIdentity(2), logins: [google('bob')] });
      await store.createIdentity({ ...anIdentity(3), disabled: true });
      const before = await all(store);

      const refusalOf = async (...args: Parameters<typeof aSignIn>) =>
        (await store.signIn(aSignIn(...args))).kind;
      expect(await refusalOf([google('eve')], { poolId: poolId(9) })).toBe('poolNotFound');
      expect(await refusalOf([google('eve')], asIdentity(9))).toBe('identityNotFound');
      expect(await refusalOf([google('eve')], { poolId: poolId(2), ...asIdentity(1) })).toBe(
        'identityNotFound',
      );
      expect(await refusalOf([google('eve')], asIdentity(3))).toBe('identityDisabled');
      expect(await refusalOf([google('bob')], asIdentity(1))).toBe('loginsDoNotMatch');
      expect(await refusalOf([google('ann'), google('bob')])).toBe('providerTaken');
      expect(
        await refusalOf([google('ann')], {
          ...asIdentity(2),
          isProven: true,
          developerLogin: google('ann'),
        }),
      ).toBe('userTaken');

      const unlink = { poolId: poolId(1), unlink: [google('ann')], at: 400_000 };
      expect(await store.unlinkLogins({ ...unlink, identityId: identityId(9) })).toEqual({
        kind: 'identityNotFound',
      });
      expect(await store.unlinkLogins({ ...unlink, poolId: poolId(2), identityId: identityId(1) })).toEqual({
        kind: 'identityNotFound',
      });
      expect(await store.unlinkLogins({ ...unlink, identityId: identityId(2) })).toEqual({
        kind: 'loginNotFound',
      });
      expect(
        await store.unlinkLogins({ ...unlink, identityId: identityId(1), proof: [google('bob')] }),
      ).toEqual({ kind: 'loginsDoNotMatch' });

      expect(await all(store)).toEqual(before);
      expect(await store.identityByLogin(poolId(1), google('eve'))).toBeUndefined();
    },
  },
  {
    name: 'an unlinked login is that of nobody, and the identity goes on with the others',
    async run({ store }) {
      await store.createPool(aPool(1));
      await store.createIdentity({ ...anIdentity(1), logins: [google('ann'), user('a'), user('b')] });
      const left = { ...anIdentity(1), logins: [user('b')], lastModifiedAt: 400_000 };
      const command = {
        poolId: poolId(1),
        identityId: identityId(1),
        unlink: [{ provider: 'accounts.google.com' }, user('a')],
        at: 400_000,
      };
      expect(await store.unlinkLogins(command)).toEqual({ kind: 'unlinked', identity: left });
      expect(await store.identity(identityId(1))).toEqual(left);
      for (const login of [google('ann'), user('a')]) {
        expect(await store.identityByLogin(poolId(1), login)).toBeUndefined();
      }
      expect((await store.signIn(aSignIn([google('ann')]))).kind).toBe('created');
    },
  },
  {
    name: 'without its last login an identity is disabled: its data stays, and nothing more is written',
    async run({ store }) {
      await store.createPool(aPool(1));
      await store.createIdentity({ ...anIdentity(1), logins: [google('ann')] });
      await update(store, [put('k', 'v')]);
      await store.unlinkLogins({
        poolId: poolId(1),
        identityId: identityId(1),
        unlink: [google('ann')],
        at: 400_000,
      });
      expect(await store.identity(identityId(1))).toMatchObject({ disabled: true, logins: [] });
      expect(await contents(store)).toEqual(new Map([['k', 'v']]));
      expect(await update(store, [put('k', 'w')])).toEqual({ kind: 'identityDisabled' });
      expect(await update(store, [put('k', 'w')], { datasetName: 'new' })).toEqual({
        kind: 'identityDisabled',
      });
      expect(await contents(store)).toEqual(new Map([['k', 'v']]));
      expect((await store.signIn(aSignIn([google('ann')], asIdentity(1)))).kind).toBe('identityDisabled');
    },
  },
  {
    name: 'of 50 callers with one new login, one makes the identity and all get it',
    async run({ store }) {
      await store.createPool(aPool(1));
      const outcomes = await Promise.all(
        callers.map((caller) => store.signIn(aSignIn([google('ann')], { newId: identityId(100 + caller) }))),
      );
      expect(outcomes.filter(({ kind }) => kind === 'created')).toHaveLength(1);
      const ids = outcomes.map((outcome) => ('identity' in outcome ? outcome.identity.id : outcome.kind));
      expect(new Set(ids).size).toBe(1);
      expect(await store.identities({ poolId: poolId(1), limit: 100 })).toHaveLength(1);
    },
  },
];

export const signInGroup: ContractGroup = { name: 'signing in', cases };
