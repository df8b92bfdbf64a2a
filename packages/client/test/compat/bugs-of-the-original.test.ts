import { createSyncClient, guest } from '@holdall/client';
import { CognitoSyncManager } from '@holdall/client/compat';
import { memoryStore } from '@holdall/client/stores/memory';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Service, startService } from './devices.ts';
import { type Manager, promised, type Record, synchronized } from './legacy-api.ts';

// What amazon-cognito-js 1.1.0 gets wrong, and the facade does not.

let service: Service;
beforeAll(async () => {
  service = await startService();
});
afterAll(() => service.close());

const values = (device: Awaited<ReturnType<Service['open']>>) =>
  promised<{ [key: string]: string }>((done) => device.dataset.getAll(done));
const put = (device: Awaited<ReturnType<Service['open']>>, key: string, value: string) =>
  promised<Record>((done) => device.dataset.put(key, value, done));
const openPair = async () => {
  const user = await service.newUser();
  return { user, phone: await service.open('facade', user), tablet: await service.open('facade', user) };
};

test('onSuccess is told of records that were pulled', async () => {
  const { phone, tablet } = await openPair();
  await put(phone, 'theme', 'dark');
  await put(phone, 'font', 'serif');
  expect(await synchronized(phone.dataset)).toEqual([]);
  const pulled = await synchronized(tablet.dataset);
  expect(pulled.map((record) => [record.getKey(), record.getValue(), record.isModified()]).sort()).toEqual([
    ['font', 'serif', false],
    ['theme', 'dark', false],
  ]);
  expect(await synchronized(tablet.dataset)).toEqual([]);
});

test('a conflict that is resolved loses no other change of the same batch', async () => {
  const { phone, tablet } = await openPair();
  await put(phone, 'theme', 'light');
  await synchronized(phone.dataset);
  await synchronized(tablet.dataset);
  await put(phone, 'theme', 'dark');
  await put(phone, 'font', 'serif');
  await synchronized(phone.dataset);
  await put(tablet, 'theme', 'sepia');
  const pulled = await synchronized(tablet.dataset, {}, (conflict) => conflict.resolveWithLocalRecord());
  expect(pulled.map((record) => record.getKey())).toEqual(['font']);
  expect(await values(tablet)).toEqual({ theme: 'sepia', font: 'serif' });
});

test('a change between listing and pushing is not skipped', async () => {
  const user = await service.newUser();
  const other = service.client(user).dataset('settings');
  await other.set('theme', 'light');
  await other.sync();
  let pushes = 0;
  const interfere = async () => {
    const dataset = { ...user.ids, DatasetName: 'settings' };
    const { SyncSessionToken } = await service.sync.listRecords(dataset);
    const patch = { Op: 'replace', Key: 'lang', Value: 'de', SyncCount: 0 } as const;
    await service.sync.updateRecords({ ...dataset, SyncSessionToken, RecordPatches: [patch] });
  };
  const client = service.client(user, {
    // Another device pushes once this one has listed and is about to push.
    async fetch(input, init) {
      if (init?.method === 'POST') {
        pushes += 1;
        if (pushes === 1) await interfere();
      }
      return fetch(input, init);
    },
  });
  const dataset = await new CognitoSyncManager({ client }).openOrCreateDataset('settings');
  await dataset.put('size', '12');
  await dataset.synchronize();
  expect(pushes).toBeGreaterThan(0);
  expect(await dataset.getAll()).toEqual({ theme: 'light', size: '12', lang: 'de' });
});

test('what was deleted is gone, not an empty text', async () => {
  const { phone, tablet } = await openPair();
  await put(phone, 'theme', 'dark');
  await synchronized(phone.dataset);
  await synchronized(tablet.dataset);
  await promised((done) => phone.dataset.remove('theme', done));
  await synchronized(phone.dataset);
  const [pulled] = await synchronized(tablet.dataset);
  expect([pulled?.getKey(), pulled?.getValue(), pulled?.isDeleted()]).toEqual(['theme', null, true]);
  expect(await values(tablet)).toEqual({});
  expect(await promised((done) => tablet.dataset.get('theme', done))).toBeUndefined();
  const records = await promised<Record[]>((done) => tablet.dataset.getAllRecords(done));
  expect(records.map((record) => record.isDeleted())).toEqual([true]);
});

test('an empty text can be stored', async () => {
  const { user, phone, tablet } = await openPair();
  await put(phone, 'note', '');
  await synchronized(phone.dataset);
  await synchronized(tablet.dataset);
  expect([await values(tablet), await service.content(user)]).toEqual([{ note: '' }, { note: '' }]);
});

test('resolve calls back when there is nothing to resolve', async () => {
  const { phone } = await openPair();
  expect(await promised((done) => phone.dataset.resolve([], done))).toBe(true);
});

test('refreshDatasetMetadata leaves the bookmark alone, and tells what the service has', async () => {
  const { user, phone, tablet } = await openPair();
  await put(phone, 'theme', 'dark');
  await synchronized(phone.dataset);
  await put(tablet, 'font', 'serif');
  const [metadata] = await promised<Awaited<ReturnType<typeof refreshed>>>((done) =>
    tablet.manager.refreshDatasetMetadata(done),
  );
  expect([metadata?.getDatasetName(), metadata?.getRecordCount(), metadata?.getDataStorage()]).toEqual([
    'settings',
    1,
    'theme'.length + 'dark'.length,
  ]);
  await refreshed(phone.manager);
  const kept = await promised<NonNullable<typeof metadata>>((done) => phone.dataset.getDatasetMetadata(done));
  expect(kept.getLastSyncCount()).toBe(1);
  expect(await promised((done) => phone.dataset.getDataStorage(done))).toBe(9);
  expect(await service.content(user)).toEqual({ theme: 'dark' });
});

const refreshed = (manager: Manager) =>
  promised<
    {
      getDatasetName(): string;
      getRecordCount(): number;
      getDataStorage(): number;
      getLastSyncCount(): number;
    }[]
  >((done) => manager.refreshDatasetMetadata(done));

test('refreshDatasetMetadata calls back when the service cannot be asked', async () => {
  const user = await service.newUser();
  const client = service.client({ ...user, ids: { ...user.ids, IdentityId: `${user.ids.IdentityId}0` } });
  const manager = new CognitoSyncManager({ client }) as unknown as Manager;
  await expect(refreshed(manager)).rejects.toThrow();
});

test('putAll refuses what is no string, and then stores nothing', async () => {
  const { phone } = await openPair();
  const given = { theme: 'dark', size: 12 as unknown as string };
  await expect(promised((done) => phone.dataset.putAll(given, done))).rejects.toThrow(/'size'.*string/);
  await expect(promised((done) => phone.dataset.putAll({ 'no key': 'x' }, done))).rejects.toThrow(/no key/);
  expect(await values(phone)).toEqual({});
});

test('wipeData erases what the user has here, and nothing else', async () => {
  const { user, phone } = await openPair();
  await put(phone, 'theme', 'dark');
  await synchronized(phone.dataset);
  await put(phone, 'font', 'serif');
  const cleared: string[] = [];
  const { credentials } = user;
  const clear = credentials.clearCachedId.bind(credentials);
  credentials.clearCachedId = () => {
    cleared.push('id');
    clear();
  };
  expect(await promised((done) => phone.manager.wipeData(done))).toBe(true);
  expect(cleared).toEqual(['id']);
  expect(await values(phone)).toEqual({});
  expect(phone.manager.getIdentityId()).not.toBe(user.ids.IdentityId);
  // What the service has, it still has.
  expect(await service.content(user)).toEqual({ theme: 'dark' });
});

test('synchronizations at the same time all end, and each once', async () => {
  const { user, phone, tablet } = await openPair();
  await put(phone, 'theme', 'dark');
  await synchronized(phone.dataset);
  await put(tablet, 'font', 'serif');
  const runs = await Promise.all([1, 2, 3].map(() => synchronized(tablet.dataset)));
  expect(runs).toHaveLength(3);
  expect(await service.content(user)).toEqual({ theme: 'dark', font: 'serif' });
});

test("a dataset whose name begins like another's is not taken for merged", async () => {
  const user = await service.newUser();
  const [notes, drafts] = [
    await service.open('facade', user, 'notes'),
    await service.open('facade', user, 'notes.drafts'),
  ];
  await put(drafts, 'a', '1');
  await synchronized(drafts.dataset);
  await promised((done) => notes.manager.openOrCreateDataset('notes.drafts', done));
  await put(notes, 'b', '2');
  await synchronized(notes.dataset);
  expect(await service.content(user, 'notes')).toEqual({ b: '2' });
});

test('an edit during a push is not lost', async () => {
  const { user, phone } = await openPair();
  await put(phone, 'theme', 'dark');
  const ended = synchronized(phone.dataset);
  const edited = put(phone, 'theme', 'light');
  await Promise.all([ended, edited]);
  expect(await values(phone)).toEqual({ theme: 'light' });
  await synchronized(phone.dataset);
  expect(await service.content(user)).toEqual({ theme: 'light' });
});

test('the next user does not see the datasets of the one before', async () => {
  const [first, second] = [await service.newUser(), await service.newUser()];
  const device = await service.open('facade', first);
  await put(device, 'secret', 'x');
  // The page signs another user in, with the same credentials object.
  Object.assign(first.credentials.params, { IdentityId: second.ids.IdentityId });
  await promised((done) => first.credentials.refresh((error) => done(error ?? null)));
  expect(device.manager.getIdentityId()).toBe(second.ids.IdentityId);
  expect(await values(device)).toEqual({});
  const names = (
    await promised<{ getDatasetName(): string }[]>((done) => device.manager.listDatasets(done))
  ).map((metadata) => metadata.getDatasetName());
  expect(names).toEqual(['settings']);
  await synchronized(device.dataset);
  expect(await service.content(second)).toEqual({});
});

test('wipeData works before the service was ever asked who the user is', async () => {
  const client = createSyncClient({
    endpoint: 'http://127.0.0.1:1',
    identity: guest({ identityPoolId: service.poolId }),
    store: memoryStore(),
    autoSync: false,
  });
  const manager = new CognitoSyncManager({ client });
  const dataset = await manager.openOrCreateDataset('settings');
  await dataset.put('theme', 'dark');
  await manager.wipeData();
  expect([await dataset.getAll(), await manager.listDatasets()]).toEqual([{}, []]);
  await dataset.put('theme', 'light');
  expect(await dataset.getAll()).toEqual({ theme: 'light' });
  await client[Symbol.asyncDispose]();
});
