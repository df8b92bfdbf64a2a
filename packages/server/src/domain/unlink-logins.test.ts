import { expect, test } from 'vitest';
import { newIdentity } from './identity.ts';
import { type UnlinkLoginsCommand, unlinkLogins } from './unlink-logins.ts';

const google = { provider: 'accounts.google.com', subject: 'ann' };
const [first, second] = ['a', 'b'].map((subject) => ({ provider: 'backend', subject }));
if (!first || !second) throw new Error('There are two.');
const ann = newIdentity('r:1', 'r:0', [google, first, second], 100);

function unlink(unlink: UnlinkLoginsCommand['unlink'], change: Partial<UnlinkLoginsCommand> = {}) {
  return unlinkLogins(ann, { poolId: 'r:0', identityId: 'r:1', unlink, at: 1_000, ...change });
}

test('one login goes, or all of a provider', () => {
  expect(unlink([first])).toEqual({
    kind: 'unlinked',
    identity: { ...ann, logins: [google, second], lastModifiedAt: 1_000 },
  });
  expect(unlink([{ provider: 'backend' }])).toMatchObject({
    identity: { logins: [google], disabled: false },
  });
});

test('with the last login the identity is disabled, and went nowhere', () => {
  expect(unlink([google, { provider: 'backend' }])).toEqual({
    kind: 'unlinked',
    identity: { ...ann, logins: [], disabled: true, lastModifiedAt: 1_000 },
  });
});

test('whoever is no developer has to prove one of the logins, or the identity itself', () => {
  const stranger = { ...google, subject: 'bob' };
  expect(unlink([first], { proof: [] })).toEqual({ kind: 'loginsDoNotMatch' });
  expect(unlink([first], { proof: [stranger] })).toEqual({ kind: 'loginsDoNotMatch' });
  expect(unlink([first], { proof: [stranger, google] }).kind).toBe('unlinked');
  expect(unlink([first], { proof: [], isProven: true }).kind).toBe('unlinked');
});

test('what is not there cannot be unlinked', () => {
  expect(unlink([{ provider: 'accounts.google.com', subject: 'bob' }])).toEqual({ kind: 'loginNotFound' });
  expect(unlink([])).toEqual({ kind: 'loginNotFound' });
  const command = { poolId: 'r:0', identityId: 'r:1', unlink: [first], at: 1_000 };
  expect(unlinkLogins(undefined, command)).toEqual({ kind: 'identityNotFound' });
  expect(unlinkLogins({ ...ann, logins: [], disabled: true }, command)).toEqual({ kind: 'identityDisabled' });
});
