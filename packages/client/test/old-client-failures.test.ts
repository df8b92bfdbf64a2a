import { existsSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Service, startService, type User } from './compat/devices.ts';
import { type Dataset, type Manager, promised, synchronized } from './compat/legacy-api.ts';

// That amazon-cognito-js does have the bugs whose scenarios the new client passes; and where those bugs are tested that
// do not concern the core.

let service: Service;
beforeAll(async () => {
  service = await startService();
});
afterAll(() => service.close());

const put = (dataset: Dataset, key: string, value: string) =>
  promised((done) => dataset.put(key, value, done));
const values = (dataset: Dataset) => promised<Record<string, string>>((done) => dataset.getAll(done));
const other = (user: User) => service.client(user).dataset('settings');

interface RemoteStorage {
  putRecords(dataset: string, records: unknown, token: string, done: (...answer: unknown[]) => void): void;
}

/** Puts something before the push of the old library, or between its answer and what the library makes of it. */
function aroundPush(manager: Manager, work: { before?: () => Promise<void>; after?: () => Promise<void> }) {
  const { remote } = manager as unknown as { remote: RemoteStorage };
  const original = remote.putRecords.bind(remote);
  remote.putRecords = async (dataset, records, token, done) => {
    await work.before?.();
    original(dataset, records, token, async (...answer) => {
      await work.after?.();
      done(...answer);
    });
  };
}

test('a conflict resolved with the local record loses the other changes of the batch', async () => {
  const user = await service.newUser();
  const { dataset } = await service.open('amazon-cognito-js', user);
  await put(dataset, 'theme', 'light');
  await synchronized(dataset);
  const phone = other(user);
  await phone.sync();
  await phone.set('theme', 'dark');
  await phone.set('font', 'serif');
  await phone.sync();
  await put(dataset, 'theme', 'sepia');
  await synchronized(dataset, {}, (conflict) => conflict.resolveWithLocalRecord());
  await synchronized(dataset);
  expect(await values(dataset)).toEqual({ theme: 'sepia' });
});

test('a change between list and push is skipped for ever', async () => {
  const user = await service.newUser();
  const { manager, dataset } = await service.open('amazon-cognito-js', user);
  const phone = other(user);
  aroundPush(manager, {
    async before() {
      await phone.set('font', 'serif');
      await phone.sync();
    },
  });
  await put(dataset, 'size', '12');
  await synchronized(dataset);
  await synchronized(dataset);
  expect(await values(dataset)).toEqual({ size: '12' });
});

test('an edit during the push is overwritten by its echo', async () => {
  const user = await service.newUser();
  const { manager, dataset } = await service.open('amazon-cognito-js', user);
  let edit = async () => {
    await put(dataset, 'theme', 'edited meanwhile');
  };
  aroundPush(manager, {
    after: () => {
      const work = edit;
      edit = async () => {};
      return work();
    },
  });
  await put(dataset, 'theme', 'dark');
  await synchronized(dataset);
  expect(await values(dataset)).toEqual({ theme: 'dark' });
});

test('a removed record comes back as an empty text', async () => {
  const user = await service.newUser();
  const { dataset } = await service.open('amazon-cognito-js', user);
  await put(dataset, 'theme', 'dark');
  await synchronized(dataset);
  const phone = other(user);
  await phone.sync();
  await phone.remove('theme');
  await phone.sync();
  await synchronized(dataset);
  expect(await values(dataset)).toEqual({ theme: '' });
});

test("a dataset 'a.b' makes every sync of 'a' stop as merged", async () => {
  const user = await service.newUser();
  const { manager } = await service.open('amazon-cognito-js', user, 'a');
  const dataset = await promised<Dataset>((done) => manager.openOrCreateDataset('a', done));
  await promised<Dataset>((done) => manager.openOrCreateDataset('a.b', done));
  await expect(synchronized(dataset)).rejects.toThrow('cancelled');
});

const elsewhere: readonly (readonly [bug: string, file: string, test: string])[] = [
  [
    'refreshDatasetMetadata resets the bookmark',
    'compat/bugs-of-the-original.test.ts',
    'refreshDatasetMetadata leaves the bookmark alone',
  ],
  [
    'refreshDatasetMetadata throws on an error of the service',
    'compat/bugs-of-the-original.test.ts',
    'refreshDatasetMetadata calls back when',
  ],
  [
    'putAll skips the check that put makes (cognito-js#6, #8)',
    'compat/bugs-of-the-original.test.ts',
    'putAll refuses what is no string',
  ],
  [
    'wipeData deletes every key of the origin (cognito-js#35)',
    'compat/bugs-of-the-original.test.ts',
    'wipeData erases what the user has here',
  ],
  [
    'resolve([]) never calls back (cognito-js#49)',
    'compat/bugs-of-the-original.test.ts',
    'resolve calls back when there is nothing',
  ],
  [
    'onSuccess is told of no records (cognito-js#60)',
    'compat/bugs-of-the-original.test.ts',
    'onSuccess is told of records',
  ],
  ['onDatasetMerged has two spellings (cognito-js#33)', 'compat/callbacks.test.ts', 'onDatasetMerged'],
  [
    'StoreInMemory.remove throws',
    '../src/testing/local-store-contract.ts',
    'changes only those that are named',
  ],
  ['a DataStore of the app (cognito-js#24)', '../src/testing/local-store-contract.ts', 'localStoreContract'],
  [
    'React Native has no localStorage (cognito-js#52, react-native-aws-cognito-js#2)',
    'stores/react-native-stores.test.ts',
    'MMKV',
  ],
  [
    'a new schema drops all data (Android)',
    'stores/key-value-crash.test.ts',
    'a store of a newer version is left alone',
  ],
  [
    'a large dataset exhausts the memory (aws-sdk-android#675)',
    '../src/testing/local-store-contract.ts',
    '1,024 records',
  ],
  [
    'no live changes (cognito-js#54, aws-sdk-net#841, amazon-cognito-dotnet#1)',
    'live.test.ts',
    'is there on the other',
  ],
  [
    'a device is told of its own change (aws-sdk-ios#1022)',
    'scenarios/auto-sync.ts',
    'what we wrote ourselves is not asked for',
  ],
  ['push cannot be registered (aws-sdk-ios#1011)', 'live.test.ts', 'registers for push'],
  [
    'nothing is sent when the app is suspended (aws-sdk-unity#97, amazon-cognito-unity#4)',
    'scenarios/auto-sync.ts',
    'leaving the page sends what waits',
  ],
  ['a wrong clock looks like a refused login (aws-sdk-xamarin#32)', 'network.test.ts', 'clock is wrong'],
];

test.each(elsewhere)('%s is tested in %s', (_, file, name) => {
  const url = new URL(file, import.meta.url);
  expect(existsSync(url) && readFileSync(url, 'utf8').includes(name)).toBe(true);
});
