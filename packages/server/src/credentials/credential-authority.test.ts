import { describe, expect, test } from 'vitest';
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

function newAuthority() {
  const sealer = new PlainSealer();
  return { sealer, authority: new CredentialAuthority({ sealer, root, accountId: '000000000000' }) };
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
    const { accessKeyId, secretAccessKey, sessionToken } = authority.issue(identity, now);
    expect(authority.find(accessKeyId, sessionToken, now)).toEqual({
      kind: 'found',
      secretAccessKey,
      caller: { kind: 'identity', ...identity },
    });
  });

  test('expire at the second that was told, whether seen before or not', () => {
    const { authority } = newAuthority();
    const { accessKeyId, sessionToken, expiresAt } = authority.issue(identity, now);
    expect(authority.find(accessKeyId, sessionToken, expiresAt - 1).kind).toBe('found');
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

  test('do not work without their token, or with one that was not sealed as such', () => {
    const { authority, sealer } = newAuthority();
    const { accessKeyId, sessionToken } = authority.issue(identity, now);
    const forged = sealer.seal('page', sealer.open('credentials', sessionToken) as object);
    for (const token of [undefined, '', 'rubbish', forged]) {
      expect(authority.find(accessKeyId, token, now)).toEqual({ kind: 'unknown' });
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
      caller: { kind: 'developer', accountId: '000000000000' },
    });
  });

  test('do not go with a session token', () => {
    const { authority } = newAuthority();
    expect(authority.find(root.accessKeyId, '', now)).toEqual({ kind: 'unknown' });
    expect(authority.find(root.accessKeyId, 'token', now)).toEqual({ kind: 'unknown' });
  });

  test('are found under their own access key only', () => {
    const { authority } = newAuthority();
    for (const key of ['', 'AKIA', root.accessKeyId.toLowerCase(), `${root.accessKeyId} `]) {
      expect(authority.find(key, undefined, now)).toEqual({ kind: 'unknown' });
    }
  });
});
