import { expect, test } from 'vitest';
import { newIdentity } from './identity.ts';
import { mergeDeveloperUsers } from './merge-developer-users.ts';

const user = (subject: string) => ({ provider: 'backend', subject });
const a = newIdentity('r:1', 'r:0', [user('a')], 100);
const b = newIdentity('r:2', 'r:0', [user('b')], 200);
const command = { poolId: 'r:0', developerProvider: 'backend', source: 'a', destination: 'b', at: 1_000 };

test('the destination wins, though it is the younger', () => {
  expect(mergeDeveloperUsers({ source: a, destination: b }, command)).toEqual({
    kind: 'joined',
    identity: { ...b, logins: [user('a'), user('b')], lastModifiedAt: 1_000 },
    disabled: [{ ...a, logins: [], disabled: true, mergedInto: b.id, lastModifiedAt: 1_000 }],
  });
});

test('users of one identity are merged already', () => {
  const both = { ...b, logins: [user('a'), user('b')] };
  expect(mergeDeveloperUsers({ source: both, destination: both }, command)).toEqual({
    kind: 'known',
    identity: both,
  });
});

test('both users have to be known', () => {
  expect(mergeDeveloperUsers({ source: undefined, destination: b }, command)).toEqual({
    kind: 'userNotFound',
    user: 'a',
  });
  expect(mergeDeveloperUsers({ source: a, destination: undefined }, command)).toEqual({
    kind: 'userNotFound',
    user: 'b',
  });
});

test('two users of one public provider are two people', () => {
  const google = (subject: string) => ({ provider: 'accounts.google.com', subject });
  const source = { ...a, logins: [google('a'), user('a')] };
  const destination = { ...b, logins: [google('b'), user('b')] };
  expect(mergeDeveloperUsers({ source, destination }, command)).toEqual({
    kind: 'providerTaken',
    identityId: b.id,
    provider: 'accounts.google.com',
  });
});
