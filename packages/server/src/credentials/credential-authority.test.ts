import { describe, expect, test } from 'vitest';
import { type DeveloperKey, everything, type GivenKey } from '../domain/developer-key.ts';
import type { Sealer } from '../ports/sealer.ts';
import { CredentialAuthority } from './credential-authority.ts';

const hour = 3_600_000;
const now = Date.UTC(2026, 0, 1);
const root = { accessKeyId: 'AKIAROOTROOTROOTROOT', secretAccessKey: 'the secret of root' };
const identity = { poolId: 'r:0', identityId: 'r:1' };

/** Seals by writing the content out: what is tested here is what the authority makes of it. */
class PlainSealer implements Pick<Sealer, 'seal' | 'open'> {
  opened = 0;

  seal(purpose: string, content: object): string {
    return Buffer.from(JSON.stringify({ purpose, content })).toString('base64url');
  }

  open(purpose: string, token: string): unknown {
    this.opened++;
    try {
      const sealed = JSON.parse(Buffer.from(token, 'base64url').toString());
      return sealed.purpose === purpose ? sealed.content : undefined;
    } catch {
      return undefined;
    }
  }
}

const accountId = '000000000000';

const stored: DeveloperKey = {
  accessKeyId: 'AKIASTORED',
  sealedSecret: 'sealed',
  description: '',
  scope: { poolIds: ['r:9'], readOnly: true },
  createdAt: now,
};

function newAuthority({ givenKeys = [] }: { givenKeys?: readonly GivenKey[] } = {}) {
  const sealer = new PlainSealer();
  const keys = new Map<string, DeveloperKey>([[stored.accessKeyId, stored]]);
  const opened: string[] = [];
  const authority = new CredentialAuthority({
    sealer,
    root,
    accountId,
    givenKeys,
    store: { developerKey: async (id) => keys.get(id) },
    secrets: {
      open: (owner, sealed) => {
        opened.push(sealed);
        return `secret of ${owner}`;
      },
    },
  });
  return { sealer, authority, keys, opened };
}

describe('credentials of an identity', () => {
  test('look like those of the original', () => {
    const issued = newAuthority().authority.issue(identity, now);
    expect(issued.accessKeyId).toMatch(/^ASIA[A-Z2-7]{16}$/);
    expect(issued.secretAccessKey).toMatch(/^[\w+/]{40}$/);
  });

  test('live an hour, in whole seconds, and never longer', () => {
    const { authority } = newAuthority();
    expect(authority.issue(identity, now).expiresAt).toBe(now + hour);
    expect(authority.issue(identity, now + 999).expiresAt).toBe(now + hour);
  });

  test('are never the same twice', () => {
    const { authority } = newAuthority();
    const [one, other] = [authority.issue(identity, now), authority.issue(identity, now)];
    expect(one.accessKeyId).not.toBe(other.accessKeyId);
    expect(one.secretAccessKey).not.toBe(other.secretAccessKey);
  });

  test('are known again, with their identity and pool', () => {
    const { authority } = newAuthority();
    const { accessKeyId, secretAccessKey, sessionToken, expiresAt } = authority.issue(identity, now);
    expect(authority.find(accessKeyId, sessionToken, now)).toEqual({
      kind: 'found',
      secretAccessKey,
      caller: { kind: 'identity', ...identity, expiresAt },
    });
  });

  test('expire at the second that was told, whether seen before or not', () => {
    const { authority } = newAuthority();
    const { accessKeyId, sessionToken, expiresAt } = authority.issue(identity, now);
    expect(authority.find(accessKeyId, sessionToken, expiresAt - 1)).toMatchObject({ kind: 'found' });
    expect(authority.find(accessKeyId, sessionToken, expiresAt)).toEqual({ kind: 'expired' });
    expect(authority.find(accessKeyId, sessionToken, expiresAt)).toEqual({ kind: 'expired' });
    expect(newAuthority().authority.find(accessKeyId, sessionToken, expiresAt)).toEqual({ kind: 'expired' });
  });

  test('do not work with the access key of others, or of root', () => {
    const { authority } = newAuthority();
    const { sessionToken } = authority.issue(identity, now);
    const { accessKeyId } = authority.issue(identity, now);
    for (const key of [accessKeyId, root.accessKeyId, '']) {
      expect(authority.find(key, sessionToken, now)).toEqual({ kind: 'unknown' });
    }
  });

  test('do not work without their token, or with one that was not sealed as such', async () => {
    const { authority, sealer } = newAuthority();
    const { accessKeyId, sessionToken } = authority.issue(identity, now);
    const forged = sealer.seal('page', sealer.open('credentials', sessionToken) as object);
    for (const token of [undefined, '', 'rubbish', forged]) {
      expect(await authority.find(accessKeyId, token, now)).toEqual({ kind: 'unknown' });
    }
  });

  test('are opened once', () => {
    const { authority, sealer } = newAuthority();
    const { accessKeyId, sessionToken } = authority.issue(identity, now);
    for (let count = 0; count < 5; count++) authority.find(accessKeyId, sessionToken, now);
    expect(sealer.opened).toBe(1);
  });
});

describe('the root credentials', () => {
  test('are those of a developer, for ever', () => {
    expect(newAuthority().authority.find(root.accessKeyId, undefined, now * 10)).toEqual({
      kind: 'found',
      secretAccessKey: root.secretAccessKey,
      caller: { kind: 'developer', accountId, accessKeyId: root.accessKeyId, scope: everything },
    });
  });

  test('do not go with a session token', () => {
    const { authority } = newAuthority();
    expect(authority.find(root.accessKeyId, '', now)).toEqual({ kind: 'unknown' });
    expect(authority.find(root.accessKeyId, 'token', now)).toEqual({ kind: 'unknown' });
  });

  test('are found under their own access key only', async () => {
    const { authority } = newAuthority();
    for (const key of ['', 'AKIA', root.accessKeyId.toLowerCase(), `${root.accessKeyId} `]) {
      expect(await authority.find(key, undefined, now)).toEqual({ kind: 'unknown' });
    }
  });
});

describe('a developer key that is stored', () => {
  const id = stored.accessKeyId;
  const found = {
    kind: 'found',
    secretAccessKey: `secret of ${id}`,
    caller: { kind: 'developer', accountId, accessKeyId: id, scope: stored.scope },
  };

  test('is found with its scope, and its secret opened once', async () => {
    const { authority, opened } = newAuthority();
    for (let count = 0; count < 3; count++) expect(await authority.find(id, undefined, now)).toEqual(found);
    expect(opened).toEqual(['sealed']);
  });

  test("is not opened with what was remembered of another key's secret", async () => {
    const { authority, keys } = newAuthority();
    await authority.find(stored.accessKeyId, undefined, now);
    const other = { ...stored, accessKeyId: 'AKIAOTHER' };
    keys.set(other.accessKeyId, other);
    expect(await authority.find(other.accessKeyId, undefined, now)).toMatchObject({
      secretAccessKey: 'secret of AKIAOTHER',
    });
  });

  test('is unknown from the request on that comes after its revocation', async () => {
    const { authority, keys } = newAuthority();
    expect(await authority.find(id, undefined, now)).toEqual(found);
    keys.set(id, { ...stored, revokedAt: now });
    expect(await authority.find(id, undefined, now)).toEqual({ kind: 'unknown' });
  });

  test('is unknown from the moment on at which it expires', async () => {
    const { authority, keys } = newAuthority();
    keys.set(id, { ...stored, expiresAt: now + 1 });
    expect(await authority.find(id, undefined, now)).toEqual(found);
    expect(await authority.find(id, undefined, now + 1)).toEqual({ kind: 'unknown' });
  });

  test('does not go with a session token', async () => {
    expect(await newAuthority().authority.find(id, 'token', now)).toEqual({ kind: 'unknown' });
  });

  test('is never asked for by credentials of an identity', () => {
    const { authority } = newAuthority();
    const { accessKeyId, sessionToken } = authority.issue(identity, now);
    expect(authority.find(accessKeyId, sessionToken, now)).not.toBeInstanceOf(Promise);
  });
});

describe('a developer key that the configuration gives', () => {
  const given = {
    accessKeyId: 'AKIAGIVEN',
    secretAccessKey: 'the secret of the given',
    scope: { readOnly: true },
    expiresAt: now + hour,
  };

  test('is found until it expires', async () => {
    const { authority } = newAuthority({ givenKeys: [given] });
    expect(authority.find('AKIAGIVEN', undefined, now)).toEqual({
      kind: 'found',
      secretAccessKey: given.secretAccessKey,
      caller: { kind: 'developer', accountId, accessKeyId: 'AKIAGIVEN', scope: given.scope },
    });
    expect(authority.find('AKIAGIVEN', undefined, now + hour)).toEqual({ kind: 'unknown' });
  });

  test('does not stand in for the root credentials', () => {
    const { authority } = newAuthority({ givenKeys: [{ ...given, accessKeyId: root.accessKeyId }] });
    expect(authority.find(root.accessKeyId, undefined, now)).toMatchObject({
      secretAccessKey: root.secretAccessKey,
    });
  });
});
