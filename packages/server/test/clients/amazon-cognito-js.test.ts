import { createRequire } from 'node:module';
import AWS from 'aws-sdk';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { endScenario, openDataset, present, startScenario, syncClient } from './scenario.ts';

// The library has no types: these are the parts of it that are used here.

type Callback<T> = (error: Error | null, value: T) => void;

interface Conflict {
  getKey(): string;
  getLocalRecord(): { getValue(): string };
  getRemoteRecord(): { getValue(): string };
  resolveWithLocalRecord(): unknown;
  resolveWithRemoteRecord(): unknown;
  resolveWithValue(value: string): unknown;
}

interface LibraryDataset {
  put(key: string, value: string, callback: Callback<unknown>): void;
  putAll(values: Readonly<Record<string, string>>, callback: Callback<unknown>): void;
  remove(key: string, callback: Callback<unknown>): void;
  get(key: string, callback: Callback<string | undefined>): void;
  getAll(callback: Callback<Record<string, string>>): void;
  getDatasetMetadata(callback: Callback<{ getLastSyncCount(): number }>): void;
  resolve(records: readonly unknown[], callback: Callback<unknown>): void;
  synchronize(callbacks: {
    onSuccess: () => void;
    onFailure: (error: Error) => void;
    onConflict?: (dataset: unknown, conflicts: Conflict[], go: (on: boolean) => void) => void;
    onDatasetDeleted?: (dataset: unknown, name: string, go: (on: boolean) => void) => void;
  }): void;
}

interface Manager {
  readonly local: {
    deleteDataset(identityId: string, name: string, callback: Callback<unknown>): void;
  };
  openOrCreateDataset(name: string, callback: Callback<LibraryDataset>): void;
  refreshDatasetMetadata(
    callback: Callback<{ getDatasetName(): string; getRecordCount(): number; getDataStorage(): number }[]>,
  ): void;
}

type StoreClass = new () => {
  set(identityId: string, dataset: string, key: string, value: unknown, callback: Callback<unknown>): void;
};

interface ManagerClass {
  readonly StoreInMemory: StoreClass;
  new (options: { DataStore: StoreClass }): Manager;
}

const scenario = await startScenario();
let CognitoSyncManager: ManagerClass;
let credentials: AWS.CognitoIdentityCredentials;
afterAll(() => endScenario(scenario));

beforeAll(async () => {
  // The library builds its clients from the global configuration.
  const { endpoint, region } = scenario.endpoint;
  AWS.config.update({ region, cognitosync: { endpoint }, cognitoidentity: { endpoint } });
  createRequire(import.meta.url)('amazon-cognito-js');
  ({ CognitoSyncManager } = AWS as unknown as { CognitoSyncManager: ManagerClass });
});

/** A new user; every device opened from now on is theirs. */
async function signIn() {
  credentials = new AWS.CognitoIdentityCredentials({ IdentityPoolId: scenario.poolId });
  AWS.config.credentials = credentials;
  await credentials.getPromise();
  return {
    ids: { IdentityPoolId: scenario.poolId, IdentityId: credentials.identityId },
    credentials: {
      accessKeyId: credentials.accessKeyId,
      secretAccessKey: credentials.secretAccessKey,
      sessionToken: credentials.sessionToken,
    },
  };
}

function promised<T>(start: (callback: Callback<T>) => void): Promise<T> {
  return new Promise((resolve, reject) => {
    start((error, value) => (error ? reject(error) : resolve(value)));
  });
}

/** One more device of the user, with memory of its own. */
async function openDevice(name = 'settings', DataStore = CognitoSyncManager.StoreInMemory) {
  const manager = new CognitoSyncManager({ DataStore });
  const dataset = await promised<LibraryDataset>((done) => manager.openOrCreateDataset(name, done));
  return {
    manager,
    put: (key: string, value: string) => promised((done) => dataset.put(key, value, done)),
    putAll: (values: Readonly<Record<string, string>>) => promised((done) => dataset.putAll(values, done)),
    remove: (key: string) => promised((done) => dataset.remove(key, done)),
    get: (key: string) => promised<string | undefined>((done) => dataset.get(key, done)),
    getAll: () => promised<Record<string, string>>((done) => dataset.getAll(done)),
    lastSyncCount: async () =>
      (
        await promised<{ getLastSyncCount(): number }>((done) => dataset.getDatasetMetadata(done))
      ).getLastSyncCount(),
    deleteLocally: () => promised((done) => manager.local.deleteDataset(credentials.identityId, name, done)),
    /** Without `resolve`, a conflict ends the synchronization. */
    synchronize: (
      handlers: {
        resolve?: (conflict: Conflict) => unknown;
        onDatasetDeleted?: (dataset: unknown, name: string, go: (on: boolean) => void) => void;
      } = {},
    ) =>
      new Promise<void>((onSuccess, onFailure) => {
        const { resolve, onDatasetDeleted } = handlers;
        dataset.synchronize({
          onSuccess,
          onFailure,
          ...(resolve && {
            onConflict: (_dataset, conflicts, go) =>
              dataset.resolve(conflicts.map(resolve), (error) => (error ? onFailure(error) : go(true))),
          }),
          ...(onDatasetDeleted && { onDatasetDeleted }),
        });
      }),
  };
}

/** Two devices that both know `theme: light`, and of which each has changed it since; the first has pushed. */
async function twoDevicesInConflict() {
  await signIn();
  const [phone, tablet] = [await openDevice(), await openDevice()];
  await phone.put('theme', 'light');
  await phone.synchronize();
  await tablet.synchronize();
  await phone.put('theme', 'dark');
  await phone.synchronize();
  await tablet.put('theme', 'sepia');
  return { phone, tablet };
}

test('what one device writes, the other reads', async () => {
  await signIn();
  const [phone, tablet] = [await openDevice(), await openDevice()];
  await phone.putAll({ theme: 'dark', greeting: 'Grüß Gott 👋', 'a.b:c-d_e': 'odd key' });
  await phone.synchronize();
  await tablet.synchronize();
  expect(await tablet.getAll()).toEqual({ theme: 'dark', greeting: 'Grüß Gott 👋', 'a.b:c-d_e': 'odd key' });

  await tablet.put('theme', 'light');
  await tablet.synchronize();
  await phone.synchronize();
  expect(await phone.get('theme')).toBe('light');
  expect([await phone.lastSyncCount(), await tablet.lastSyncCount()]).toEqual([2, 2]);
});

describe('a conflict', () => {
  test('ends the synchronization when nobody resolves it', async () => {
    const { tablet } = await twoDevicesInConflict();
    await expect(tablet.synchronize()).rejects.toThrow('Conflict callback returned false');
    expect(await tablet.get('theme')).toBe('sepia');
  });

  test('can be resolved with the local record', async () => {
    const { phone, tablet } = await twoDevicesInConflict();
    await tablet.synchronize({ resolve: (conflict) => conflict.resolveWithLocalRecord() });
    await phone.synchronize();
    expect([await phone.get('theme'), await tablet.get('theme')]).toEqual(['sepia', 'sepia']);
  });

  test('can be resolved with the remote record', async () => {
    const { phone, tablet } = await twoDevicesInConflict();
    await tablet.synchronize({ resolve: (conflict) => conflict.resolveWithRemoteRecord() });
    await phone.synchronize();
    expect([await phone.get('theme'), await tablet.get('theme')]).toEqual(['dark', 'dark']);
  });

  test('can be resolved with a third value', async () => {
    const { phone, tablet } = await twoDevicesInConflict();
    await tablet.synchronize({
      resolve: (conflict) =>
        conflict.resolveWithValue(
          `${conflict.getRemoteRecord().getValue()}+${conflict.getLocalRecord().getValue()}`,
        ),
    });
    await phone.synchronize();
    expect([await phone.get('theme'), await tablet.get('theme')]).toEqual(['dark+sepia', 'dark+sepia']);
  });
});

describe('removal', () => {
  test('reaches the other device, as the empty string that the library makes of it', async () => {
    const guest = await signIn();
    const [phone, tablet] = [await openDevice(), await openDevice()];
    await phone.putAll({ theme: 'dark', font: 'serif' });
    await phone.synchronize();
    await tablet.synchronize();
    await phone.remove('theme');
    await phone.synchronize();
    await tablet.synchronize();
    expect(await tablet.getAll()).toEqual({ theme: '', font: 'serif' });

    const sync = syncClient(scenario, guest);
    expect(await openDataset(sync, guest, 'settings').describe()).toMatchObject({
      Dataset: { NumRecords: 1 },
    });
    sync.destroy();
  });

  test('is what the library makes of an empty string: `remove` with Value "", which is a tombstone here', async () => {
    const guest = await signIn();
    const phone = await openDevice();
    await phone.put('note', 'something');
    await phone.synchronize();
    await phone.put('note', '');
    await phone.synchronize();

    const sync = syncClient(scenario, guest);
    const { Records } = await openDataset(sync, guest, 'settings').list();
    expect(Records).toMatchObject([{ Key: 'note', SyncCount: 2 }]);
    expect(Records?.[0]?.Value).toBeUndefined();
    sync.destroy();
  });

  test('can be taken back', async () => {
    await signIn();
    const [phone, tablet] = [await openDevice(), await openDevice()];
    await phone.put('theme', 'dark');
    await phone.synchronize();
    await phone.remove('theme');
    await phone.synchronize();
    await phone.put('theme', 'light');
    await phone.synchronize();
    await tablet.synchronize();
    expect(await tablet.get('theme')).toBe('light');
  });
});

describe('a dataset deleted on another device', () => {
  test('calls onDatasetDeleted', async () => {
    await signIn();
    const [phone, tablet] = [await openDevice(), await openDevice()];
    await phone.put('theme', 'dark');
    await phone.synchronize();
    await tablet.synchronize();
    await phone.deleteLocally();
    await phone.synchronize();

    // To go on would end in a method that the library lacks; a device declines, and keeps its copy.
    const deleted: string[] = [];
    const synchronized = tablet.synchronize({
      onDatasetDeleted: (_dataset, name, go) => {
        deleted.push(name);
        go(false);
      },
    });
    await expect(synchronized).rejects.toThrow('Cancelled due to .onDatasetDeleted result');
    expect(deleted).toEqual(['settings']);
    expect(await tablet.get('theme')).toBe('dark');
  });

  test('begins again on a device that was not there before', async () => {
    await signIn();
    const phone = await openDevice();
    await phone.put('theme', 'dark');
    await phone.synchronize();
    await phone.deleteLocally();
    await phone.synchronize();

    const laptop = await openDevice();
    await laptop.synchronize();
    expect(await laptop.getAll()).toEqual({});
    await laptop.put('font', 'serif');
    await laptop.synchronize();
    const tablet = await openDevice();
    await tablet.synchronize();
    expect(await tablet.getAll()).toEqual({ font: 'serif' });
  });
});

/** The library calls itself for each record: with a store that calls back at once, a thousand overflow the stack. */
function patientStore(): StoreClass {
  return class extends CognitoSyncManager.StoreInMemory {
    override set(
      ...[identityId, dataset, key, value, callback]: Parameters<InstanceType<StoreClass>['set']>
    ) {
      super.set(identityId, dataset, key, value, (...result) => queueMicrotask(() => callback(...result)));
    }
  };
}

function inventoryOf(size: number): Record<string, string> {
  return Object.fromEntries(Array.from({ length: size }, (_, index) => [`item-${index}`, `${index}`]));
}

test('1,024 records travel in one push and one pull', async () => {
  await signIn();
  const [phone, tablet] = [
    await openDevice('inventory', patientStore()),
    await openDevice('inventory', patientStore()),
  ];
  const inventory = inventoryOf(1024);
  await phone.putAll(inventory);
  await phone.synchronize();
  await tablet.synchronize();
  expect(await tablet.getAll()).toEqual(inventory);
  expect(await tablet.lastSyncCount()).toBe(1);
});

test('one record too many fails the synchronization after its retries, and nothing is written', async () => {
  const guest = await signIn();
  const phone = await openDevice('inventory', patientStore());
  await phone.putAll(inventoryOf(1025));
  await expect(phone.synchronize()).rejects.toThrow('exceeded maximum retry count');
  const sync = syncClient(scenario, guest);
  expect(await openDataset(sync, guest, 'inventory').list()).toMatchObject({ DatasetExists: false });
  sync.destroy();
});

test('refreshDatasetMetadata shows what the server stores', async () => {
  await signIn();
  const phone = await openDevice();
  await phone.put('theme', 'dark');
  await phone.synchronize();
  const [settings] = await promised<Parameters<Parameters<Manager['refreshDatasetMetadata']>[0]>[1]>((done) =>
    phone.manager.refreshDatasetMetadata(done),
  );
  expect(present(settings).getDatasetName()).toBe('settings');
  expect([present(settings).getRecordCount(), present(settings).getDataStorage()]).toEqual([1, 9]);
});
