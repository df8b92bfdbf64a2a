import { describe, expect, test } from 'vitest';
import { changedPool, type IdentityPool, type TagChange } from './identity-pool.ts';

const pool: IdentityPool = {
  id: 'r:0',
  createdAt: 1000,
  settings: { IdentityPoolName: 'demo', AllowUnauthenticatedIdentities: true },
  pushSync: { RoleArn: 'arn:push' },
  streams: { StreamName: 'stream' },
  events: { SyncTrigger: 'arn:one' },
  bulkPublish: { startedAt: 1, status: 'IN_PROGRESS' },
};

describe('a change to a pool', () => {
  test('leaves what it does not name', () => {
    expect(changedPool(pool, {})).toEqual(pool);
  });

  test('replaces push sync or streams as a whole', () => {
    expect(changedPool(pool, { pushSync: { ApplicationArns: [] } })).toEqual({
      ...pool,
      pushSync: { ApplicationArns: [] },
    });
    expect(changedPool(pool, { streams: { StreamingStatus: 'DISABLED' } })).toEqual({
      ...pool,
      streams: { StreamingStatus: 'DISABLED' },
    });
  });

  test('clears push sync or streams with an empty object', () => {
    const { pushSync: _pushSync, ...withoutPush } = pool;
    const { streams: _streams, ...withoutStreams } = pool;
    expect(changedPool(pool, { pushSync: {} })).toEqual(withoutPush);
    expect(changedPool(pool, { streams: {} })).toEqual(withoutStreams);
  });

  test('replaces all settings, but neither the developer provider nor tags that it does not mention', () => {
    const before = {
      ...pool,
      settings: { ...pool.settings, DeveloperProviderName: 'backend', IdentityPoolTags: { team: 'sync' } },
    };
    const settings = { IdentityPoolName: 'renamed', AllowUnauthenticatedIdentities: false };
    const kept = { DeveloperProviderName: 'backend', IdentityPoolTags: { team: 'sync' } };
    expect(changedPool(before, { settings }).settings).toEqual({ ...settings, ...kept });
    const IdentityPoolTags = { team: 'other' };
    expect(
      changedPool(before, { settings: { ...settings, DeveloperProviderName: 'other', IdentityPoolTags } })
        .settings,
    ).toEqual({ ...settings, ...kept, IdentityPoolTags });
    const first = { ...settings, DeveloperProviderName: 'first' };
    expect(changedPool(pool, { settings: first }).settings).toEqual(first);
  });

  test('sets and removes tags by name', () => {
    const tags = (change: TagChange, before = pool) =>
      changedPool(before, { tags: change }).settings.IdentityPoolTags;
    expect(tags({ set: { a: '1' } })).toEqual({ a: '1' });
    const tagged = { ...pool, settings: { ...pool.settings, IdentityPoolTags: { a: '1', b: '2' } } };
    expect(tags({ set: { b: '3' }, remove: ['a', 'z'] }, tagged)).toEqual({ b: '3' });
    expect(changedPool(tagged, {})).toEqual(tagged);
  });

  test('replaces roles as a whole, and principal tags by provider', () => {
    const roles = { Roles: { authenticated: 'arn' }, RoleMappings: { p: { Type: 'Token' } } } as const;
    const principalTags = { p: { UseDefaults: true }, q: {} };
    const first = changedPool(pool, { roles, principalTags });
    expect(first).toEqual({ ...pool, roles, principalTags });
    const second = changedPool(first, { roles: { Roles: {} }, principalTags: { q: { UseDefaults: false } } });
    expect(second).toEqual({
      ...pool,
      roles: { Roles: {} },
      principalTags: { p: { UseDefaults: true }, q: { UseDefaults: false } },
    });
  });

  test('sets only the events it names, and an empty ARN removes one', () => {
    const events = (change: Record<string, string>) => changedPool(pool, { events: change }).events;
    expect(events({ SyncTrigger: 'arn:two' })).toEqual({ SyncTrigger: 'arn:two' });
    expect(events({ Other: 'arn:two' })).toEqual({ SyncTrigger: 'arn:one', Other: 'arn:two' });
    expect(events({ SyncTrigger: '' })).toEqual({});
    expect(events({ Other: '' })).toEqual({ SyncTrigger: 'arn:one' });
    expect(events({})).toEqual({ SyncTrigger: 'arn:one' });
  });

  test('takes an event named __proto__ for an event', () => {
    const changed = changedPool(pool, { events: JSON.parse('{"__proto__": "arn:two"}') });
    expect(Object.keys(changed.events)).toEqual(['SyncTrigger', '__proto__']);
    expect(Object.getPrototypeOf(changed.events)).toBe(Object.prototype);
  });

  test('replaces the state of the bulk publish', () => {
    const bulkPublish = { startedAt: 2, completedAt: 3, status: 'SUCCEEDED' } as const;
    expect(changedPool(pool, { bulkPublish })).toEqual({ ...pool, bulkPublish });
  });

  test('leaves the pool that it was given as it is', () => {
    const before = structuredClone(pool);
    changedPool(pool, { pushSync: {}, streams: {}, events: { SyncTrigger: '' } });
    expect(pool).toEqual(before);
  });
});

describe('a stream that takes nothing any more', () => {
  const streams = { StreamName: 'changes', RoleArn: 'arn:role', StreamingStatus: 'ENABLED' } as const;

  test('is switched off', () => {
    const stopped = changedPool({ ...pool, streams }, { stoppedStream: 'changes' });
    expect(stopped).toEqual({ ...pool, streams: { ...streams, StreamingStatus: 'DISABLED' } });
  });

  test('is none of a pool that has another by now, or none', () => {
    expect(changedPool({ ...pool, streams }, { stoppedStream: 'others' }).streams).toEqual(streams);
    const { streams: _, ...without } = pool;
    expect(changedPool(without, { stoppedStream: 'changes' })).toEqual(without);
  });
});
