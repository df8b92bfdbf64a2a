import { createSyncClient, SyncError, staticCredentials } from '@holdall/client';
import { CognitoSyncManager, installCompat, LegacyConflict, LegacyRecord } from '@holdall/client/compat';
import { memoryStore } from '@holdall/client/stores/memory';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { type Service, startService } from './devices.ts';
import { type Callbacks, type Dataset, promised, synchronized } from './legacy-api.ts';

let service: Service;
beforeAll(async () => {
  service = await startService();
});
afterAll(() => service.close());

async function openFacade() {
  const user = await service.newUser();
  const client = service.client(user);
  const manager = new CognitoSyncManager({ client });
  return { user, client, manager, dataset: await manager.openOrCreateDataset('settings') };
}

test('every method calls back once, after it has returned, and returns a promise too', async () => {
  const { manager, dataset } = await openFacade();
  const calls: ((callback: (error: Error | null, value?: unknown) => void) => Promise<unknown>)[] = [
    (callback) => manager.openOrCreateDataset('other', callback),
    (callback) => manager.openOrCreateDataset('no name', callback),
    (callback) => dataset.put('a', '1', callback),
    (callback) => dataset.put('no key', '1', callback),
    (callback) => dataset.put('a', 1 as unknown as string, callback),
    (callback) => dataset.get('a', callback),
    (callback) => dataset.get('no key', callback),
    (callback) => dataset.remove('a', callback),
    (callback) => dataset.putAll({ b: '2' }, callback),
    (callback) => dataset.getAll(callback),
    (callback) => dataset.getAllRecords(callback),
    (callback) => dataset.getModifiedRecords(callback),
    (callback) => dataset.getDataStorage(callback),
    (callback) => dataset.isChanged('b', callback),
    (callback) => dataset.getDatasetMetadata(callback),
    (callback) => dataset.getLocalMergedDatasets(callback),
    (callback) => dataset.resolve([], callback),
    (callback) => manager.listDatasets(callback),
    (callback) => manager.refreshDatasetMetadata(callback),
    (callback) => manager.wipeData(callback),
  ];
  for (const call of calls) {
    const callback = vi.fn();
    const promise = call(callback);
    expect(callback).not.toHaveBeenCalled();
    const outcome = await promise.then(
      (value) => [null, value],
      (error) => [error],
    );
    await vi.waitFor(() => expect(callback).toHaveBeenCalled());
    expect(callback.mock.calls).toEqual([outcome]);
  }
});

test('a callback that throws is not called again, and what it throws is not swallowed', async () => {
  const { dataset } = await openFacade();
  const thrown = new Promise((resolve) => {
    const listeners = process.listeners('uncaughtException');
    process.removeAllListeners('uncaughtException');
    process.once('uncaughtException', (error) => {
      for (const listener of listeners) process.on('uncaughtException', listener);
      resolve(error);
    });
  });
  const callback = vi.fn(() => {
    throw new Error('of the page');
  });
  await dataset.put('a', '1', callback);
  expect(await thrown).toMatchObject({ message: 'of the page' });
  expect(callback).toHaveBeenCalledTimes(1);
});

test('calls keep their order without waiting for each other', async () => {
  const { dataset } = await openFacade();
  void dataset.put('a', '1');
  void dataset.put('a', '2');
  const read = dataset.get('a');
  void dataset.remove('a');
  expect([await read, await dataset.getAll()]).toEqual(['2', {}]);
});

test('answers twice count once, and callbacks are called as methods of their object', async () => {
  const { user, dataset } = await openFacade();
  const other = service.client(user).dataset('settings');
  await other.set('a', 'theirs');
  await other.sync();
  await dataset.put('a', 'ours');
  const callbacks = {
    seen: [] as string[],
    ended: undefined as (() => void) | undefined,
    onConflict(...[given, conflicts, go]: Parameters<NonNullable<Callbacks['onConflict']>>) {
      this.seen.push(`conflict ${conflicts.map((conflict) => conflict.getKey())}`);
      given.resolve([conflicts[0]?.resolveWithLocalRecord() as never], () => {
        go(true);
        go(false);
      });
    },
    onSuccess() {
      this.seen.push('success');
      this.ended?.();
    },
    onFailure(error: Error) {
      this.seen.push(`failure ${error.message}`);
      this.ended?.();
    },
  };
  const ended = new Promise<void>((resolve) => {
    callbacks.ended = resolve;
  });
  (dataset as unknown as Dataset).synchronize(callbacks);
  await ended;
  expect(callbacks.seen).toEqual(['conflict a', 'success']);
  expect(await service.content(user)).toEqual({ a: 'ours' });
});

test.each(['throws', 'rejects'])('a handler that %s ends the synchronization with that', async (how) => {
  const { user, dataset } = await openFacade();
  const other = service.client(user).dataset('settings');
  await other.set('a', 'theirs');
  await other.sync();
  await dataset.put('a', 'ours');
  const failing = {
    onConflict() {
      const error = new Error('of the page');
      if (how === 'rejects') return Promise.reject(error);
      throw error;
    },
  };
  await expect(dataset.synchronize(failing)).rejects.toThrow('of the page');
});

test('after the last retry it gives up', async () => {
  const { user, dataset } = await openFacade();
  const other = service.client(user).dataset('settings');
  await other.set('a', 'theirs');
  await other.sync();
  await dataset.put('a', 'ours');
  const asked = vi.fn();
  const log: string[] = [];
  const ended = dataset.synchronize({
    onConflict(_dataset, _conflicts, go) {
      asked();
      go(true);
    },
  });
  await expect(ended).rejects.toMatchObject({ code: 'CONFLICT' });
  expect([asked.mock.calls.length, log]).toEqual([4, []]);
});

test('an edit that is made while somebody decides is not overwritten by the decision', async () => {
  const { user, dataset } = await openFacade();
  const other = service.client(user).dataset('settings');
  await other.set('a', 'theirs');
  await other.sync();
  await dataset.put('a', 'ours');
  const seen: (string | null)[] = [];
  await dataset.synchronize({
    async onConflict(given, [conflict], go) {
      if (!conflict) return;
      seen.push(conflict.getLocalRecord().getValue());
      if (seen.length === 1) await given.put('a', 'newer');
      await given.resolve([conflict.resolveWithLocalRecord()]);
      go(true);
    },
  });
  expect([seen, await service.content(user)]).toEqual([['ours', 'newer'], { a: 'newer' }]);
});

test('records that the app makes itself resolve a conflict when they have its sync count', async () => {
  const { user, dataset } = await openFacade();
  const other = service.client(user).dataset('settings');
  await other.set('a', 'theirs');
  await other.sync();
  await dataset.put('a', 'ours');
  await dataset.synchronize({
    async onConflict(given, [conflict], go) {
      const SyncCount = conflict?.getRemoteRecord().getSyncCount() ?? -1;
      await given.resolve([
        new LegacyRecord({ Key: 'a', Value: 'made', SyncCount, Modified: true }),
        new LegacyRecord({ Key: 'b', Value: 'besides', Modified: true }),
        new LegacyRecord({ Key: 'c', Value: 'not modified' }),
      ]);
      go(true);
    },
  });
  expect(await service.content(user)).toEqual({ a: 'made', b: 'besides' });
});

test.each([true, false])('a dataset that was deleted elsewhere, when the answer is %s', async (answer) => {
  const { user, dataset } = await openFacade();
  await dataset.put('a', '1');
  await dataset.synchronize();
  await service.sync.deleteDataset({ ...user.ids, DatasetName: 'settings' });
  await dataset.put('b', '2');
  const onDatasetDeleted = vi.fn((_dataset, _name, go: (goesOn: boolean) => void) => go(answer));
  const ended = dataset.synchronize({ onDatasetDeleted });
  if (answer) await ended;
  else await expect(ended).rejects.toMatchObject({ code: 'ABORTED' });
  expect(onDatasetDeleted.mock.calls).toEqual([[dataset, 'settings', expect.any(Function)]]);
  expect(await dataset.getAll()).toEqual(answer ? {} : { a: '1', b: '2' });
  await expect(dataset.synchronize())[answer ? 'resolves' : 'rejects'].toBeDefined();
});

test.each(['onDatasetsMerged', 'onDatasetMerged'] as const)(
  '%s is asked, and true folds the dataset in',
  async (name) => {
    const suffix = name;
    const login = async (id: string) => {
      const { IdentityId, Token } = await service.identity.getOpenIdTokenForDeveloperIdentity({
        IdentityPoolId: service.poolId,
        Logins: { 'login.app': `${id}-${suffix}` },
      });
      const { Credentials } = await service.identity.getCredentialsForIdentity({
        IdentityId,
        Logins: { 'cognito-identity.amazonaws.com': Token ?? '' },
      });
      return {
        identityId: IdentityId ?? '',
        identityPoolId: service.poolId,
        accessKeyId: Credentials?.AccessKeyId ?? '',
        secretAccessKey: Credentials?.SecretKey ?? '',
        sessionToken: Credentials?.SessionToken ?? '',
      };
    };
    const open = async (identity: Awaited<ReturnType<typeof login>>) => {
      const client = createSyncClient({
        endpoint: service.url,
        identity: staticCredentials(identity),
        store: memoryStore(),
        autoSync: false,
      });
      return { client, dataset: await new CognitoSyncManager({ client }).openOrCreateDataset('settings') };
    };
    const [oldUser, newUser] = [await login('old'), await login('new')];
    const old = await open(oldUser);
    await old.dataset.putAll({ theme: 'old', font: 'serif' });
    await old.dataset.synchronize();
    const present = await open(newUser);
    await present.dataset.put('theme', 'new');
    await present.dataset.synchronize();
    await service.identity.mergeDeveloperIdentities({
      IdentityPoolId: service.poolId,
      DeveloperProviderName: 'login.app',
      SourceUserIdentifier: `old-${suffix}`,
      DestinationUserIdentifier: `new-${suffix}`,
    });

    await expect(present.dataset.synchronize()).rejects.toMatchObject({ code: 'ABORTED' });
    expect(await present.dataset.getAll()).toEqual({ theme: 'new' });
    const asked = vi.fn((_dataset, _names, go: (goesOn: boolean) => void) => go(true));
    await present.dataset.synchronize({
      [name]: asked,
      onConflict(dataset, conflicts, go) {
        void dataset.resolve(
          conflicts.map((conflict) => conflict.resolveWithLocalRecord()),
          () => go(true),
        );
      },
    });
    expect(asked.mock.calls).toEqual([
      [present.dataset, [`settings.${oldUser.identityId}`], expect.any(Function)],
    ]);
    expect(await present.dataset.getAll()).toEqual({ theme: 'new', font: 'serif' });
    const { Datasets = [] } = await service.sync.listDatasets({
      IdentityPoolId: service.poolId,
      IdentityId: newUser.identityId,
    });
    expect(Datasets.map(({ DatasetName }) => DatasetName)).toEqual(['settings']);
    for (const { client } of [old, present]) await client[Symbol.asyncDispose]();
  },
);

test('a dataset that the app has opened with a resolver of its own keeps it', async () => {
  const { user, client } = await openFacade();
  client.dataset('mixed', {
    resolve: ({ local, remote }) => ({ use: 'value', value: `${local.value}${remote.value}` }),
  });
  const mixed = await new CognitoSyncManager({ client }).openOrCreateDataset('mixed');
  const other = service.client(user).dataset('mixed');
  await other.set('a', 'R');
  await other.sync();
  await mixed.put('a', 'L');
  const onConflict = vi.fn();
  await mixed.synchronize({ onConflict });
  expect([onConflict.mock.calls.length, await mixed.get('a')]).toEqual([0, 'LR']);
});

test('log is told of progress', async () => {
  const user = await service.newUser();
  const log = vi.fn();
  const manager = new CognitoSyncManager({ client: service.client(user), log });
  await (await manager.openOrCreateDataset('settings')).synchronize();
  expect(log).toHaveBeenCalled();
});

test('without credentials for an identity, and with a DataStore of its own, a manager is not made', () => {
  const AWS: { config: { credentials?: unknown }; CognitoSyncManager?: unknown } = { config: {} };
  installCompat(AWS, { store: () => memoryStore() });
  const Manager = AWS.CognitoSyncManager as new (options?: object) => unknown;
  expect(() => new Manager()).toThrow(/AWS\.config\.credentials/);
  AWS.config.credentials = { params: { IdentityPoolId: service.poolId } };
  expect(() => new Manager({ DataStore: class {} })).toThrow(/store/);
  // Nothing is kept where the app did not want it to be.
  expect(() => new Manager({ DataStore: CognitoSyncManager.StoreInMemory })).toThrow(/memory/);
});

test('records, conflicts and metadata have the accessors of the original', () => {
  const [theirs, ours] = [
    { Key: 'a', Value: 'x', SyncCount: 3 },
    { Key: 'a', Value: 'y' },
  ];
  const conflict = new LegacyConflict(new LegacyRecord(theirs), new LegacyRecord(ours));
  expect(conflict.resolveWithLocalRecord().toJSON()).toMatchObject({
    Value: 'y',
    SyncCount: 3,
    Modified: true,
  });
  expect(conflict.resolveWithValue('z').toJSON()).toMatchObject({ Key: 'a', Value: 'z', SyncCount: 3 });
  expect(() => new LegacyConflict(new LegacyRecord({ Key: 'a' }), new LegacyRecord({ Key: 'b' }))).toThrow(
    TypeError,
  );
  const record = new LegacyRecord().setKey('k').setValue('v').setSyncCount(2).setLastModifiedDate(5_000);
  const date = record.getLastModifiedDate();
  date.setTime(0);
  expect([record.getKey(), record.getValue(), record.getLastModifiedDate().getTime()]).toEqual([
    'k',
    'v',
    5_000,
  ]);
  expect(JSON.parse(record.toString())).toMatchObject({
    Key: 'k',
    LastModifiedDate: new Date(5_000).toISOString(),
  });
  const metadata = new CognitoSyncManager.DatasetMetadata({ DatasetName: 'd', NumRecords: 4 });
  expect([metadata.getDatasetName(), metadata.setRecordCount(7).getRecordCount()]).toEqual(['d', 7]);
});

test('what goes wrong is a SyncError', async () => {
  const { dataset } = await openFacade();
  const error = await dataset.put('no key', '1').catch((error: unknown) => error);
  expect(error).toBeInstanceOf(SyncError);
  expect(error).toMatchObject({ code: 'INVALID', key: 'no key', dataset: 'settings' });
});

test('a page that awaits nothing is not told of rejections that it did not ask for', async () => {
  const { dataset, client } = await openFacade();
  await client[Symbol.asyncDispose]();
  const failed = new Promise((onFailure) => {
    void dataset.synchronize({ onFailure });
  });
  expect(await failed).toMatchObject({ code: 'ABORTED' });
  await expect(synchronized(dataset as unknown as Dataset)).rejects.toThrow();
  await expect(promised((done) => (dataset as unknown as Dataset).put('a', '1', done))).rejects.toThrow();
});
