import { setImmediate as turn } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { EventReader } from '../../test/live/event-reader.ts';
import { RecordingSink } from '../../test/live/recording-sink.ts';
import type { ListenRequest, OpeningListener } from '../ports/change-feed.ts';
import type { EventStream } from '../ports/event-stream.ts';
import { MemoryStore } from '../stores/memory/memory-store.ts';
import { aDeletion, identityId, poolId, put, settle, update } from '../testing/store-contract/scene.ts';
import { ChangeHub, type ChangeHubOptions } from './change-hub.ts';

const heartbeatMs = 25_000;
const me = { identityPoolId: poolId(1), identityId: identityId(1), expiresAt: 1_000_000 };

let store: MemoryStore;
let hub: ChangeHub;
let now: number;
const errors: unknown[] = [];
const hubs: ChangeHub[] = [];

beforeEach(async () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  now = 0;
  errors.length = 0;
  store = new MemoryStore();
  await settle(store, 2);
  hub = newHub();
});

afterEach(() => {
  for (const each of hubs.splice(0)) each.close();
  vi.useRealTimers();
  expect(errors).toEqual([]);
});

function newHub(change: Partial<ChangeHubOptions> = {}): ChangeHub {
  const created = new ChangeHub({
    store,
    logger: { error: (fields) => errors.push(fields), info: () => {}, debug: () => {} },
    now: () => now,
    random: () => 0.5,
    mostOfIdentity: 3,
    mostOfServer: 4,
    heartbeatMs,
    isActive: () => true,
    ...change,
  });
  hubs.push(created);
  return created;
}

function listenerOf(request: Partial<ListenRequest> = {}, of = hub): OpeningListener {
  const outcome = of.listen({ ...me, ...request });
  if (outcome.kind !== 'listening') throw new Error(outcome.kind);
  return outcome.listener;
}

interface Open {
  readonly sink: RecordingSink;
  readonly stream: EventStream;
  /** What was written since it was last asked for. */
  news(): string[];
}

async function open(request: Partial<ListenRequest> = {}, lastEventId?: string, of = hub): Promise<Open> {
  const stream = await listenerOf(request, of).open(lastEventId);
  if (!stream) throw new Error('There is no stream.');
  return started(stream);
}

function started(stream: EventStream): Open {
  const sink = new RecordingSink();
  stream.start(sink);
  return { sink, stream, news: () => sink.writes.splice(0) };
}

const changed = (datasetName: string, syncCount: number, deviceId?: string, identity = 1) =>
  hub.changed(identityId(identity), { datasetName, syncCount, ...(deviceId !== undefined && { deviceId }) });

function readAll(text: string): EventReader {
  const reader = new EventReader();
  reader.read(text);
  return reader;
}

/** Dataset, count, device and id of each change. */
const told = (texts: readonly string[]) =>
  readAll(texts.join('')).events.map(({ type, data, lastEventId }) =>
    type === 'change' ? [data.datasetName, data.syncCount, data.deviceId, lastEventId] : type,
  );

describe('what a listener is told', () => {
  test('is everything at first, then what changes, in events of this very form', async () => {
    await update(store, [put('k', 'v')]);
    const { news } = await open();
    const ids = `"identityPoolId":"${poolId(1)}","identityId":"${identityId(1)}"`;
    expect(news()).toEqual([
      `retry: 3000\nevent: ready\ndata: {${ids}}\n\n` +
        `event: change\ndata: {"source":"cognito-sync",${ids},"datasetName":"settings","syncCount":1}\nid: 1\n\n`,
    ]);
    hub.changed(identityId(1), { datasetName: 'settings', syncCount: 2, deviceId: 'phone\n\nid: 9' });
    hub.changed(identityId(1), { datasetName: 'other', syncCount: 1 });
    hub.changed(identityId(1), { datasetName: 'other', syncCount: 2, deleted: true });
    await turn();
    expect(news()).toEqual([
      `event: change\ndata: {"source":"cognito-sync",${ids},"datasetName":"settings","syncCount":2,` +
        `"deviceId":"phone\\n\\nid: 9"}\n\n` +
        `event: change\ndata: {"source":"cognito-sync",${ids},"datasetName":"other","syncCount":2,"deleted":true}\nid: 4\n\n`,
    ]);
  });

  test('is nothing of other identities', async () => {
    const [mine, theirs] = [await open(), await open({ identityId: identityId(2) })];
    mine.news();
    theirs.news();
    changed('settings', 1, undefined, 2);
    await turn();
    expect(mine.news()).toEqual([]);
    expect(told(theirs.news())).toEqual([['settings', 1, undefined, '1']]);
  });

  test('names a device only if all that is told together was its own', async () => {
    const { news } = await open();
    news();
    changed('a', 1, 'phone');
    changed('a', 2, 'phone');
    changed('b', 1, 'phone');
    changed('b', 2, 'tablet');
    changed('c', 1);
    changed('c', 2, 'phone');
    changed('d', 1, 'phone');
    changed('d', 2, 'tablet');
    changed('d', 3, 'tablet');
    await turn();
    expect(told(news())).toEqual([
      ['a', 2, 'phone', ''],
      ['b', 2, undefined, ''],
      ['c', 2, undefined, ''],
      ['d', 3, undefined, '9'],
    ]);
  });

  test('never goes back, in whatever order commits are announced', async () => {
    const { news } = await open();
    news();
    changed('a', 2);
    changed('a', 1);
    await turn();
    changed('a', 2);
    await turn();
    expect(told(news())).toEqual([['a', 2, undefined, '2']]);
  });

  test('is the same text for everybody who keeps up', async () => {
    const all = [await open(), await open(), await open()];
    for (const { news } of all) news();
    changed('a', 1);
    await turn();
    const [first, ...others] = all.map(({ news }) => news());
    expect(first).toHaveLength(1);
    for (const other of others) expect(other).toEqual(first);
  });

  test('comes from a merge too, looked up', async () => {
    const { news } = await open();
    news();
    await update(store, [put('k', 'v')], { datasetName: 'settings.of-another' });
    hub.datasetsCame(identityId(1));
    hub.datasetsCame(identityId(2));
    // One for the look-up, one for the telling.
    await turn();
    await turn();
    expect(told(news())).toEqual([['settings.of-another', 1, undefined, '1']]);
  });
});

describe('nothing is missed', () => {
  test('that is committed while the datasets are looked up', async () => {
    await update(store, [put('k', 'v')]);
    const listener = listenerOf();
    const opening = listener.open(undefined);
    await update(store, [put('k', 'w')]);
    changed('settings', 2);
    const stream = await opening;
    changed('late', 1);
    const { news } = started(stream as EventStream);
    await turn();
    expect(readAll(news().join('')).counts).toEqual(
      new Map([
        ['settings', 2],
        ['late', 1],
      ]),
    );
  });

  test('and what was looked up is not told again when it is announced late', async () => {
    await update(store, [put('k', 'v')]);
    const { news } = await open();
    news();
    changed('settings', 1);
    await turn();
    expect(news()).toEqual([]);
  });

  test('by somebody else when a second listener finds what was not announced yet', async () => {
    const first = await open();
    first.news();
    await update(store, [put('k', 'v')]);
    const second = await open();
    expect(told(first.news())).toEqual([['settings', 1, undefined, '1']]);
    expect(told(second.news())).toEqual(['ready', ['settings', 1, undefined, '1']]);
  });

  test('and nothing is told twice to who knows the number of the last change', async () => {
    await update(store, [put('k', 'v')]);
    await update(store, [put('k', 'v')], { datasetName: 'b' });
    await store.deleteDataset(aDeletion({ datasetName: 'b' }));
    expect(told((await open({}, '3')).news())).toEqual(['ready']);
    for (const other of ['2', '4', '', '03', 'x']) {
      const { news, stream } = await open({}, other);
      expect(told(news())).toEqual(['ready', ['b', 2, undefined, ''], ['settings', 1, undefined, '3']]);
      stream.closed();
    }
  });
});

describe('a reader who does not keep up', () => {
  test('is written nothing until it has caught up, then the newest of each dataset', async () => {
    const slow = await open();
    const quick = await open();
    slow.news();
    slow.sink.isFull = true;
    for (let count = 1; count <= 1_000; count++) {
      changed('a', count);
      changed(`b${count % 3}`, count);
      if (count % 10 === 0) await turn();
    }
    await turn();
    expect(slow.news()).toHaveLength(1);
    expect(quick.news().length).toBeGreaterThan(100);
    slow.sink.isFull = false;
    changed('c', 1);
    slow.stream.drained();
    expect(told(slow.news())).toEqual([
      ['a', 1_000, undefined, ''],
      ['b2', 998, undefined, ''],
      ['b0', 999, undefined, ''],
      ['b1', 1_000, undefined, ''],
      ['c', 1, undefined, String(1_000 + 998 + 999 + 1_000 + 1)],
    ]);
    await turn();
    expect(slow.news()).toEqual([]);
    changed('a', 1_001);
    await turn();
    expect(slow.news()).toHaveLength(1);
  });

  test('is cut off after two heartbeats', async () => {
    const { sink } = await open();
    sink.isFull = true;
    changed('a', 1);
    await turn();
    now = 2 * heartbeatMs - 1;
    vi.advanceTimersByTime(heartbeatMs);
    expect(sink.state).toBe('open');
    now = 2 * heartbeatMs;
    vi.advanceTimersByTime(heartbeatMs);
    expect(sink.state).toBe('cut');
    expect(hub.size).toBe(0);
  });

  test('is cut off, not asked to read one thing more, when the stream ends', async () => {
    const { sink } = await open();
    sink.isFull = true;
    changed('a', 1);
    await turn();
    hub.close();
    expect(sink.state).toBe('cut');
  });
});

describe('a stream ends', () => {
  const lastOf = ({ sink }: Open) => readAll(sink.text).events.at(-1);

  test('when its credentials do, and tells nothing from then on', async () => {
    const beaten = await open();
    const told = await open();
    now = me.expiresAt - 1;
    changed('a', 1);
    await turn();
    now = me.expiresAt;
    changed('a', 2);
    await turn();
    for (const ended of [beaten, told]) {
      expect(ended.sink.state).toBe('ended');
      expect(lastOf(ended)).toMatchObject({ type: 'end', data: { reason: 'expired' } });
      expect(readAll(ended.sink.text).counts).toEqual(new Map([['a', 1]]));
    }
  });

  test('at the next heartbeat after its credentials if nothing changes', async () => {
    const idle = await open();
    vi.advanceTimersByTime(heartbeatMs);
    expect(idle.news()).toHaveLength(2);
    now = me.expiresAt;
    vi.advanceTimersByTime(heartbeatMs);
    expect(lastOf(idle)).toMatchObject({ type: 'end', data: { reason: 'expired' } });
    expect(hub.size).toBe(0);
  });

  test('at the next heartbeat after its key was revoked', async () => {
    const revoked = new Set(['AKIAREVOKED']);
    const keys = newHub({ isActive: async (accessKeyId) => !revoked.has(accessKeyId) });
    const forever = { expiresAt: Number.POSITIVE_INFINITY };
    const good = await open({ ...forever, accessKeyId: 'AKIAGOOD' }, undefined, keys);
    const bad = await open({ ...forever, accessKeyId: 'AKIAREVOKED' }, undefined, keys);
    vi.advanceTimersByTime(heartbeatMs);
    await turn();
    expect(good.sink.state).toBe('open');
    expect(lastOf(bad)).toMatchObject({ type: 'end', data: { reason: 'expired' } });
  });

  test('when its identity or pool is deleted, and no other does', async () => {
    const [mine, theirs] = [await open(), await open({ identityId: identityId(2) })];
    const elsewhere = await open({ identityPoolId: poolId(2), identityId: identityId(3) });
    hub.identityEnded(identityId(1), 'disabled');
    expect(lastOf(mine)).toMatchObject({ type: 'end', data: { reason: 'disabled' } });
    expect(theirs.sink.state).toBe('open');
    hub.poolDeleted(poolId(1));
    expect(lastOf(theirs)).toMatchObject({ type: 'end', data: { reason: 'deleted' } });
    expect(elsewhere.sink.state).toBe('open');
    expect(hub.size).toBe(1);
  });

  test('at its start if the identity ended meanwhile, or the server closes', async () => {
    const stream = await listenerOf().open(undefined);
    hub.identityEnded(identityId(1), 'deleted');
    expect(lastOf(started(stream as EventStream))).toMatchObject({ data: { reason: 'deleted' } });
    hub.close();
    const late = await open();
    expect(lastOf(late)).toMatchObject({ data: { reason: 'closing' } });
    expect(late.sink.state).toBe('ended');
  });
});

describe('the number of listeners', () => {
  test('is limited by identity and in all, and a place is free again when one is closed', async () => {
    const mine = [listenerOf(), listenerOf(), listenerOf()];
    expect(hub.listen(me)).toEqual({ kind: 'tooManyOfIdentity', limit: 3 });
    const theirs = listenerOf({ identityId: identityId(2) });
    expect(hub.listen({ ...me, identityId: identityId(2) })).toEqual({ kind: 'tooManyOfServer', limit: 4 });
    theirs.closed();
    theirs.closed();
    expect(hub.size).toBe(3);
    expect(hub.listen({ ...me, identityId: identityId(2) }).kind).toBe('listening');
    for (const listener of mine) listener.closed();
    expect(hub.size).toBe(1);
    expect(hub.listen(me).kind).toBe('listening');
  });

  test('of datasets is limited too', async () => {
    for (let count = 0; count < 4_096; count++) {
      await update(store, [put('k', 'v')], { datasetName: `d${count}` });
    }
    expect(told((await open()).news())).toHaveLength(4_097);
    await update(store, [put('k', 'v')], { datasetName: 'one-more' });
    const listener = listenerOf();
    expect(await listener.open(undefined)).toBeUndefined();
    listener.closed();
  });
});

test('heartbeats come once in an interval, spread over it', async () => {
  const busy = newHub({ mostOfIdentity: 100, mostOfServer: 100 });
  const all = await Promise.all(Array.from({ length: 100 }, () => open({}, undefined, busy)));
  for (const { news } of all) news();
  const beats: number[] = [];
  for (let turns = 0; turns < 25; turns++) {
    vi.advanceTimersByTime(heartbeatMs / 25);
    beats.push(all.flatMap(({ news }) => news()).length);
  }
  expect(beats).toEqual(Array(25).fill(4));
});

test('a merge that brings more datasets than can be told ends the streams', async () => {
  const opened = await open();
  for (let count = 0; count <= 4_096; count++) {
    await update(store, [put('k', 'v')], { datasetName: `d${count}` });
  }
  hub.datasetsCame(identityId(1));
  await turn();
  expect(readAll(opened.sink.text).events.at(-1)).toMatchObject({ data: { reason: 'closing' } });
});

test('a look-up that fails ends the streams that it was for', async () => {
  const failing = newHub({
    store: {
      syncCounts: (identity, limit) =>
        now === 0 ? store.syncCounts(identity, limit) : Promise.reject(new Error('The disk is gone.')),
    },
  });
  const opened = await open({}, undefined, failing);
  now = 1;
  failing.datasetsCame(identityId(1));
  await turn();
  expect(readAll(opened.sink.text).events.at(-1)).toMatchObject({ data: { reason: 'closing' } });
  expect(errors.splice(0)).toHaveLength(1);
});
