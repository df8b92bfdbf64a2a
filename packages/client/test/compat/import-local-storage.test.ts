import { createSyncClient, guest } from '@holdall/client';
import { importLegacyLocalStorage } from '@holdall/client/compat';
import { emptyMemory, memoryStore } from '@holdall/client/stores/memory';
import AWS from 'aws-sdk';
import { afterAll, beforeAll, beforeEach, expect, onTestFinished, test } from 'vitest';
import { page, type Service, startService, type User } from './devices.ts';
import { type Dataset, type Manager, promised, synchronized } from './legacy-api.ts';

// Data that amazon-cognito-js itself has written, into what looks like the `localStorage` of a browser.

class LocalStorage {
  readonly items = new Map<string, string>();
  get length() {
    return this.items.size;
  }
  key(index: number) {
    return [...this.items.keys()][index] ?? null;
  }
  getItem(key: string) {
    return this.items.get(key) ?? null;
  }
  setItem(key: string, text: string) {
    this.items.set(key, text);
  }
  removeItem(key: string) {
    this.items.delete(key);
  }
}

let service: Service;
let storage: LocalStorage;
beforeAll(async () => {
  service = await startService();
});
afterAll(() => service.close());

beforeEach(() => {
  storage = new LocalStorage();
  Object.assign(globalThis, { window: { localStorage: storage } });
  return () => {
    Reflect.deleteProperty(globalThis, 'window');
  };
});

/** The original, on `storage`. */
async function original(user: User, name = 'settings'): Promise<{ manager: Manager; dataset: Dataset }> {
  if (!page.original) throw new Error('It is not loaded.');
  AWS.config.credentials = user.credentials;
  const manager = new page.original();
  return { manager, dataset: await promised<Dataset>((done) => manager.openOrCreateDataset(name, done)) };
}

const put = (dataset: Dataset, key: string, value: string) =>
  promised((done) => dataset.put(key, value, done));
const remove = (dataset: Dataset, key: string) => promised((done) => dataset.remove(key, done));

/** One dataset with a record of every kind, as the original leaves it. */
async function writtenByTheOriginal(user: User) {
  const { dataset } = await original(user);
  for (const key of ['clean', 'edited', 'removed', 'gone']) await put(dataset, key, `${key} 1 👋`);
  await synchronized(dataset);
  await remove(dataset, 'gone');
  await synchronized(dataset);
  await put(dataset, 'edited', 'edited 2');
  await remove(dataset, 'removed');
  await put(dataset, 'new', 'new 1');
  await put(dataset, 'blank', '');
  return dataset;
}

test('values, removals, unsent changes and bookmarks come along, and what is unsent is sent', async () => {
  const user = await service.newUser();
  await writtenByTheOriginal(user);
  const memory = emptyMemory();
  const before = new Map(storage.items);
  const result = await importLegacyLocalStorage(memoryStore(memory), storage);
  expect(result).toEqual({ datasets: 1, records: 6, dirty: 4, skipped: [], problems: [] });
  expect(storage.items).toEqual(before);

  const requests: string[] = [];
  const client = service.client(user, { memory });
  client.onEvent((event) => {
    if (event.type === 'request') requests.push(event.path.replace(/.*\/datasets\//, ''));
  });
  // The client has to hear who the user is before it shows anything.
  const settings = client.dataset('settings');
  const { pulled, pushed } = await settings.sync();
  expect(pulled).toEqual({ added: [], updated: [], removed: [] });
  expect([...pushed.added, ...pushed.updated, ...pushed.removed].sort()).toEqual([
    'blank',
    'edited',
    'new',
    'removed',
  ]);
  expect(requests[0]).toContain('lastSyncCount=2');
  expect({ ...(await settings.all()) }).toEqual({ clean: 'clean 1 👋', edited: 'edited 2', new: 'new 1' });
  expect(await service.content(user)).toMatchObject({
    clean: 'clean 1 👋',
    edited: 'edited 2',
    new: 'new 1',
    removed: null,
    gone: null,
  });
});

test('a change that others made meanwhile is a conflict', async () => {
  const user = await service.newUser();
  await writtenByTheOriginal(user);
  const other = service.client(user).dataset('settings');
  await other.sync();
  await other.remove('edited');
  await other.set('removed', 'changed elsewhere');
  await other.sync();
  const memory = emptyMemory();
  await importLegacyLocalStorage(memoryStore(memory), storage);
  const settings = service
    .client(user, { memory })
    .dataset('settings', { resolve: () => ({ use: 'defer' }) });
  await settings.sync();
  const conflicts = await settings.conflicts();
  expect(conflicts.map(({ key, local, remote }) => [key, local.value, remote.value]).sort()).toEqual([
    ['edited', 'edited 2', undefined],
    ['removed', undefined, 'changed elsewhere'],
  ]);
});

test('a deletion that was not sent yet is sent', async () => {
  const user = await service.newUser();
  const { manager, dataset } = await original(user);
  await put(dataset, 'a', '1');
  await synchronized(dataset);
  const { local } = manager as unknown as {
    local: { deleteDataset(id: string, name: string, done: (error: Error | null) => void): void };
  };
  await promised((done) => local.deleteDataset(user.ids.IdentityId, 'settings', done));
  const memory = emptyMemory();
  expect(await importLegacyLocalStorage(memoryStore(memory), storage)).toMatchObject({
    datasets: 1,
    records: 0,
  });
  await service.client(user, { memory }).dataset('settings').sync();
  await expect(service.sync.describeDataset({ ...user.ids, DatasetName: 'settings' })).rejects.toThrow();
});

test('importing twice does no harm, also when the user has erased everything since', async () => {
  const user = await service.newUser();
  await writtenByTheOriginal(user);
  const memory = emptyMemory();
  await importLegacyLocalStorage(memoryStore(memory), storage);
  const client = service.client(user, { memory });
  const settings = client.dataset('settings');
  await settings.sync();
  await settings.set('edited', 'edited 3');
  const storageKey = `${user.ids.IdentityId}.settings`;
  const again = await importLegacyLocalStorage(memoryStore(memory), storage);
  expect(again).toEqual({ datasets: 0, records: 0, dirty: 0, skipped: [storageKey], problems: [] });
  expect(await settings.get('edited')).toBe('edited 3');
  await client.signOut({ localData: 'erase', discardUnsynced: true });
  await importLegacyLocalStorage(memoryStore(memory), storage);
  expect([...memory.datasets.keys()]).not.toContain(user.ids.IdentityId);
});

test('originals are removed only when asked, each once the store has it', async () => {
  const user = await service.newUser();
  await writtenByTheOriginal(user);
  const storageKey = `${user.ids.IdentityId}.settings`;
  const full = memoryStore();
  full.commit = async () => {
    expect(storage.getItem(storageKey)).not.toBeNull();
    throw new Error('no space');
  };
  await expect(importLegacyLocalStorage(full, storage, { removesOriginals: true })).rejects.toThrow(
    'no space',
  );
  expect(storage.getItem(storageKey)).not.toBeNull();
  await importLegacyLocalStorage(memoryStore(), storage, { removesOriginals: true });
  expect(storage.getItem(storageKey)).toBeNull();
});

test('the guest of this device stays the same guest', async () => {
  const user = await service.newUser();
  await writtenByTheOriginal(user);
  storage.setItem(`aws.cognito.identity-id.${service.poolId}`, user.ids.IdentityId);
  const memory = emptyMemory();
  await importLegacyLocalStorage(memoryStore(memory), storage, { identityPoolId: service.poolId });
  const client = createSyncClient({
    endpoint: service.url,
    identity: guest({ identityPoolId: service.poolId }),
    store: memoryStore(memory),
    autoSync: false,
  });
  onTestFinished(() => client[Symbol.asyncDispose]());
  // Before anything is asked of the service.
  expect(await client.dataset('settings').get('clean')).toBe('clean 1 👋');
  await client.dataset('settings').sync();
  expect(client.status.get().identity?.identityId).toBe(user.ids.IdentityId);
});

test('bad data is reported, and the rest is taken over', async () => {
  const user = await service.newUser();
  const { dataset } = await original(user);
  await put(dataset, 'good', '1');
  // putAll does not look at values.
  await promised((done) => dataset.putAll({ size: 12 as unknown as string }, done));
  const { IdentityId } = user.ids;
  const settings = JSON.parse(storage.getItem(`${IdentityId}.settings`) ?? '{}');
  storage.setItem(
    `${IdentityId}.settings`,
    JSON.stringify({ ...settings, broken: 'no record', odd: { Value: 'x', SyncCount: -3 } }),
  );
  storage.setItem(`${IdentityId}.torn`, '{"a":');
  storage.setItem(`${IdentityId}.list`, '[]');
  storage.setItem(
    `${IdentityId}.orphan`,
    JSON.stringify({ a: { Key: 'a', Value: '1', SyncCount: 4, Modified: false } }),
  );
  storage.setItem("the app's own", 'whatever');
  const memory = emptyMemory();
  const result = await importLegacyLocalStorage(memoryStore(memory), storage);
  expect(result).toMatchObject({ datasets: 2, records: 4, skipped: [] });
  expect(
    result.problems.map(({ storageKey, key }) => [storageKey.slice(IdentityId.length + 1), key]),
  ).toEqual([
    ['settings', 'size'],
    ['settings', 'broken'],
    ['torn', undefined],
    ['list', undefined],
  ]);
  const kept = await memoryStore(memory).load(IdentityId, 'settings');
  expect(kept?.records.map(({ key, value, syncCount }) => [key, value, syncCount])).toEqual([
    ['good', '1', 0],
    ['size', '12', 0],
    ['odd', 'x', 0],
  ]);
  const orphan = await memoryStore(memory).load(IdentityId, 'orphan');
  expect(orphan?.head.syncCount).toBe(0);
});

test.each(['not JSON', '[]', 'null', '{"us-east-1:x":7}', '{"a":{"b":{"LastSyncCount":"many"}}}'])(
  'metadata that is %s does no harm',
  async (text) => {
    const user = await service.newUser();
    await writtenByTheOriginal(user);
    storage.setItem('_internal._metadata', text);
    const memory = emptyMemory();
    expect(await importLegacyLocalStorage(memoryStore(memory), storage)).toMatchObject({
      datasets: 1,
      records: 6,
    });
    expect((await memoryStore(memory).load(user.ids.IdentityId, 'settings'))?.head.syncCount).toBe(0);
  },
);

test("metadata that was saved under another user's id does not mix users up", async () => {
  const [first, second] = [await service.newUser(), await service.newUser()];
  await writtenByTheOriginal(first);
  const { dataset } = await original(second);
  await put(dataset, 'theirs', '1');
  await synchronized(dataset);
  const metadata = JSON.parse(storage.getItem('_internal._metadata') ?? '{}');
  Object.assign(metadata[second.ids.IdentityId], metadata[first.ids.IdentityId]);
  storage.setItem('_internal._metadata', JSON.stringify(metadata));
  const memory = emptyMemory();
  expect(await importLegacyLocalStorage(memoryStore(memory), storage)).toMatchObject({
    datasets: 2,
    problems: [],
  });
  const keys = async (user: User) =>
    (await memoryStore(memory).load(user.ids.IdentityId, 'settings'))?.records.map(({ key }) => key);
  expect(await keys(second)).toEqual(['theirs']);
  expect(await keys(first)).toHaveLength(6);
});
