import { describe, expect, test } from 'vitest';
import { type Identity, newIdentity } from './identity.ts';
import { mostLogins } from './join-identities.ts';
import type { Login } from './login.ts';
import { type SignInCommand, type SignInState, signIn } from './sign-in.ts';

const poolId = 'r:0';
const google = (subject: string): Login => ({ provider: 'accounts.google.com', subject });
const apple = (subject: string): Login => ({ provider: 'appleid.apple.com', subject });
const backend = (subject: string): Login => ({ provider: 'backend', subject });

const guest = newIdentity('r:1', poolId, [], 100);
const ann = newIdentity('r:2', poolId, [google('ann')], 200);
const older = newIdentity('r:3', poolId, [apple('ann')], 150);

function decide(logins: readonly Login[], state: Partial<SignInState>, change: Partial<SignInCommand> = {}) {
  const { presented } = state;
  return signIn(
    { poolExists: true, presented: undefined, survivor: presented, owners: [], ...state },
    {
      poolId,
      logins,
      isProven: false,
      developerProvider: 'backend',
      newId: 'r:9',
      at: 1_000,
      ...(presented && { presentedId: presented.id }),
      ...change,
    },
  );
}

function mergedInto(loser: Identity, winner: Identity): Identity {
  return { ...loser, logins: [], disabled: true, mergedInto: winner.id, lastModifiedAt: 1_000 };
}

describe('nobody has the login', () => {
  test('and nobody is presented: a new identity', () => {
    expect(decide([google('bob'), apple('bob')], {})).toEqual({
      kind: 'created',
      identity: newIdentity('r:9', poolId, [google('bob'), apple('bob')], 1_000),
    });
  });

  test("and a guest is presented: it is the guest's", () => {
    expect(decide([google('bob')], { presented: guest })).toEqual({
      kind: 'joined',
      identity: { ...guest, logins: [google('bob')], lastModifiedAt: 1_000 },
      disabled: [],
    });
  });

  test('and an identity with logins is presented: one of those has to be proved', () => {
    expect(decide([apple('bob')], { presented: ann })).toEqual({ kind: 'loginsDoNotMatch' });
    expect(decide([apple('bob'), google('ann')], { presented: ann, owners: [ann] })).toMatchObject({
      kind: 'joined',
      identity: { id: ann.id, logins: [google('ann'), apple('bob')] },
    });
  });

  test("and the caller has proved the presented identity by other means: it is that one's", () => {
    expect(decide([apple('bob')], { presented: ann }, { isProven: true })).toMatchObject({
      kind: 'joined',
      identity: { id: ann.id },
    });
  });
});

describe('somebody has the login', () => {
  test('and nobody, or that one, is presented: nothing changes', () => {
    expect(decide([google('ann')], { owners: [ann] })).toEqual({ kind: 'known', identity: ann });
    expect(decide([google('ann')], { presented: ann, owners: [ann] })).toEqual({
      kind: 'known',
      identity: ann,
    });
  });

  test('and a guest is presented: the guest is merged into that one', () => {
    expect(decide([google('ann')], { presented: guest, owners: [ann] })).toEqual({
      kind: 'joined',
      identity: { ...ann, lastModifiedAt: 1_000 },
      disabled: [mergedInto(guest, ann)],
    });
  });

  test('and an identity with other logins is presented: they do not match', () => {
    expect(decide([google('ann')], { presented: older, owners: [ann] })).toEqual({
      kind: 'loginsDoNotMatch',
    });
  });

  test('and another has another of the logins: the presented one wins, else the oldest', () => {
    const both = [google('ann'), apple('ann')];
    const owners = [ann, older];
    expect(decide(both, { presented: ann, owners })).toMatchObject({
      kind: 'joined',
      identity: { id: ann.id, logins: both },
      disabled: [mergedInto(older, ann)],
    });
    expect(decide(both, { owners })).toMatchObject({
      identity: { id: older.id },
      disabled: [mergedInto(ann, older)],
    });
    expect(decide(both, { presented: guest, owners })).toMatchObject({
      identity: { id: older.id },
      disabled: [mergedInto(ann, older), mergedInto(guest, older)],
    });
  });

  test('of two that are equally old, the one with the lower id wins', () => {
    const twin = { ...older, createdAt: ann.createdAt };
    for (const owners of [
      [ann, twin],
      [twin, ann],
    ]) {
      expect(decide([google('ann'), apple('ann')], { owners })).toMatchObject({ identity: { id: ann.id } });
    }
  });
});

describe('a disabled identity is refused', () => {
  const gone = mergedInto(guest, ann);

  test('without logins that lead to the one that it became', () => {
    expect(decide([google('bob')], { presented: gone, survivor: ann })).toEqual({ kind: 'identityDisabled' });
    expect(decide([apple('ann')], { presented: gone, survivor: ann, owners: [older] })).toEqual({
      kind: 'identityDisabled',
    });
  });

  test('also when the caller has proved it, or when what it became is gone', () => {
    const proven = { isProven: true };
    expect(decide([google('bob')], { presented: gone, survivor: ann }, proven).kind).toBe('identityDisabled');
    expect(decide([google('bob')], { presented: gone, survivor: undefined }).kind).toBe('identityDisabled');
  });

  test('but not with a login of the one that it became: a request that is sent again has the same answer', () => {
    expect(decide([google('ann')], { presented: gone, survivor: ann, owners: [ann] })).toEqual({
      kind: 'known',
      identity: ann,
    });
  });
});

describe('one login per public provider', () => {
  test('is all that an identity may have, whether linked or merged', () => {
    const refusal = { kind: 'providerTaken', identityId: ann.id, provider: 'accounts.google.com' };
    const both = [google('ann'), google('bob')];
    expect(decide(both, { presented: ann, owners: [ann] })).toEqual(refusal);
    const bob = newIdentity('r:5', poolId, [google('bob')], 300);
    expect(decide(both, { owners: [ann, bob] })).toEqual(refusal);
  });

  test('does not hold for the users of the developer', () => {
    const all = [google('ann'), backend('a'), backend('b')];
    expect(decide(all, { presented: ann, owners: [ann] })).toMatchObject({ identity: { logins: all } });
  });

  test('and twenty logins in all', () => {
    const users = Array.from({ length: mostLogins + 1 }, (_, index) => backend(String(index)));
    const full = newIdentity('r:6', poolId, users.slice(0, mostLogins), 100);
    const [first] = full.logins;
    const one = users[mostLogins];
    if (!first || !one) throw new Error('There are twenty-one.');
    expect(decide([first, one], { presented: full, owners: [full] })).toEqual({
      kind: 'tooManyLogins',
      limit: mostLogins,
    });
  });
});

describe('a developer who vouches for a user', () => {
  const vouched = { isProven: true, developerLogin: backend('a') };

  test('may link it to any identity that is enabled', () => {
    for (const presented of [guest, ann]) {
      expect(decide([backend('a')], { presented }, vouched)).toMatchObject({
        kind: 'joined',
        identity: { id: presented.id },
      });
    }
  });

  test("may not name another identity than the user's", () => {
    const owner = newIdentity('r:7', poolId, [backend('a')], 100);
    expect(decide([backend('a')], { presented: guest, owners: [owner] }, vouched)).toEqual({
      kind: 'userTaken',
    });
    expect(decide([backend('a')], { owners: [owner] }, vouched)).toEqual({ kind: 'known', identity: owner });
  });
});

test('what is not there is told first', () => {
  expect(decide([google('ann')], { poolExists: false })).toEqual({ kind: 'poolNotFound' });
  expect(decide([google('ann')], { owners: [ann] }, { presentedId: 'r:404' })).toEqual({
    kind: 'identityNotFound',
  });
});
