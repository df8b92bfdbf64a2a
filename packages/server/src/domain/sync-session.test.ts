import { describe, expect, test } from 'vitest';
import { isSessionSpent, isSessionValid, sessionLifetimeMs, spendSession } from './sync-session.ts';

const session = { sessionId: 's', identityId: 'r:1', datasetName: 'prefs', expiresAt: 1000 };

describe('a sync session', () => {
  test('lives five minutes', () => {
    expect(sessionLifetimeMs).toBe(300_000);
  });

  test('is valid for its identity and dataset until it expires', () => {
    expect(isSessionValid(session, 'r:1', 'prefs', 999)).toBe(true);
    expect(isSessionValid(session, 'r:1', 'prefs', 1000)).toBe(false);
    expect(isSessionValid(session, 'r:2', 'prefs', 999)).toBe(false);
    expect(isSessionValid(session, 'r:1', 'Prefs', 999)).toBe(false);
  });

  test('is spent once it was closed', () => {
    const spent = spendSession([], session, 0);
    expect(spent).toEqual([{ sessionId: 's', expiresAt: 1000 }]);
    expect(isSessionSpent(spent, 's')).toBe(true);
    expect(isSessionSpent(spent, 'other')).toBe(false);
  });

  test('that is closed twice is remembered once', () => {
    expect(spendSession(spendSession([], session, 0), session, 0)).toHaveLength(1);
  });

  test('is forgotten when it expires, as it opens nothing any more', () => {
    const spent = spendSession([{ sessionId: 'old', expiresAt: 500 }], session, 500);
    expect(isSessionSpent(spent, 'old')).toBe(false);
  });

  test('pushes out the oldest when 32 are remembered', () => {
    let spent = spendSession([], { sessionId: '0', expiresAt: 1000 }, 0);
    for (let index = 1; index <= 32; index++) {
      spent = spendSession(spent, { sessionId: String(index), expiresAt: 1000 }, 0);
    }
    expect(spent).toHaveLength(32);
    expect(isSessionSpent(spent, '0')).toBe(false);
    expect(isSessionSpent(spent, '1') && isSessionSpent(spent, '32')).toBe(true);
  });
});
