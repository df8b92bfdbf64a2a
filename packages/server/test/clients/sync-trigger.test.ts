import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import AWS from 'aws-sdk';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  endScenario,
  newGuest,
  openDataset,
  refusalOf,
  replace,
  startScenario,
  syncClient,
} from './scenario.ts';

// What a function adds, changes, drops and removes, as clients see it.

const functionArn = 'arn:aws:lambda:us-east-1:000000000000:function:game';
const brokenArn = 'arn:aws:lambda:us-east-1:000000000000:function:broken';
const path = fileURLToPath(new URL('../functions/modules/game.ts', import.meta.url));

const scenario = await startScenario({ functions: { [functionArn]: { type: 'module', path } } });
afterAll(() => endScenario(scenario));

const setFunction = (SyncTrigger: string) =>
  scenario.developer.sync.setCognitoEvents({ IdentityPoolId: scenario.poolId, Events: { SyncTrigger } });
beforeAll(() => setFunction(functionArn));

describe('the AWS SDK v3', () => {
  test('is answered what was written: changed, added and removed, and what was dropped as it is', async () => {
    const guest = await newGuest(scenario);
    const sync = syncClient(scenario, guest);
    const dataset = openDataset(sync, guest, 'game');
    await dataset.update([replace('trial', 'on'), replace('name', 'Ada')]);
    const { Records } = await dataset.update([replace('score', '12'), replace('coins', '1000000')]);
    expect(Records?.map(({ Key, Value, SyncCount }) => [Key, Value, SyncCount])).toEqual([
      ['score', '12', 2],
      ['coins', undefined, 1],
      ['trial', undefined, 2],
      ['badge', 'gold', 2],
    ]);
    const listing = await dataset.list();
    expect(listing.Records?.map(({ Key, Value }) => [Key, Value])).toEqual([
      ['name', 'ADA'],
      ['badge', 'gold'],
      ['score', '12'],
      ['trial', undefined],
    ]);
    expect(await dataset.describe()).toMatchObject({ Dataset: { NumRecords: 3 } });
    sync.destroy();
  });

  test('is told with the modelled error when the function is not there', async () => {
    const guest = await newGuest(scenario);
    const sync = syncClient(scenario, guest);
    await setFunction(brokenArn);
    const refusal = await refusalOf(openDataset(sync, guest, 'game').update([replace('score', '1')]));
    expect(refusal).toMatchObject({
      name: 'InvalidLambdaFunctionOutputException',
      $metadata: { httpStatusCode: 400 },
    });
    await setFunction(functionArn);
    sync.destroy();
  });
});

// The library has no types: these are the parts of it that are used here.

type Callback<T> = (error: Error | null, value: T) => void;

interface LibraryDataset {
  putAll(values: Readonly<Record<string, string>>, callback: Callback<unknown>): void;
  getAll(callback: Callback<Record<string, string>>): void;
  synchronize(callbacks: { onSuccess: () => void; onFailure: (error: Error) => void }): void;
}

interface ManagerClass {
  readonly StoreInMemory: new () => unknown;
  new (options: {
    DataStore: new () => unknown;
  }): { openOrCreateDataset(name: string, callback: Callback<LibraryDataset>): void };
}

function promised<T>(start: (callback: Callback<T>) => void): Promise<T> {
  return new Promise((resolve, reject) => {
    start((error, value) => (error ? reject(error) : resolve(value)));
  });
}

describe('amazon-cognito-js', () => {
  let CognitoSyncManager: ManagerClass;

  beforeAll(async () => {
    // The library builds its clients from the global configuration.
    const { endpoint, region } = scenario.endpoint;
    AWS.config.update({ region, cognitosync: { endpoint }, cognitoidentity: { endpoint } });
    const credentials = new AWS.CognitoIdentityCredentials({ IdentityPoolId: scenario.poolId });
    AWS.config.credentials = credentials;
    await credentials.getPromise();
    createRequire(import.meta.url)('amazon-cognito-js');
    ({ CognitoSyncManager } = AWS as unknown as { CognitoSyncManager: ManagerClass });
  });

  /** One more device of the user, with memory of its own. */
  async function openDevice(name: string) {
    const manager = new CognitoSyncManager({ DataStore: CognitoSyncManager.StoreInMemory });
    const dataset = await promised<LibraryDataset>((done) => manager.openOrCreateDataset(name, done));
    return {
      putAll: (values: Readonly<Record<string, string>>) => promised((done) => dataset.putAll(values, done)),
      getAll: () => promised<Record<string, string>>((done) => dataset.getAll(done)),
      synchronize: () =>
        new Promise<void>((onSuccess, onFailure) => dataset.synchronize({ onSuccess, onFailure })),
    };
  }

  test('takes over what the function added, changed, dropped and removed, on every device', async () => {
    const [phone, tablet] = [await openDevice('game'), await openDevice('game')];
    await phone.putAll({ trial: 'on', name: 'Ada' });
    await phone.synchronize();
    expect(await phone.getAll()).toEqual({ trial: 'on', name: 'ADA' });

    await phone.putAll({ score: '12', coins: '1000000' });
    await phone.synchronize();
    // The library makes the empty text of a record that is not there.
    const all = { name: 'ADA', score: '12', badge: 'gold', trial: '' };
    expect(await phone.getAll()).toEqual({ ...all, coins: '' });
    await tablet.synchronize();
    expect(await tablet.getAll()).toEqual(all);
  });

  test('is called back even when everything that it sent was dropped', async () => {
    const [phone, tablet] = [await openDevice('bank'), await openDevice('bank')];
    await phone.putAll({ coins: '5' });
    await phone.synchronize();
    expect(await phone.getAll()).toEqual({ coins: '' });
    await phone.putAll({ score: '1', coins: '6' });
    await phone.synchronize();
    await tablet.synchronize();
    expect(await tablet.getAll()).toEqual({ score: '1' });
    await tablet.putAll({ score: '2' });
    await tablet.synchronize();
    await phone.synchronize();
    expect(await phone.getAll()).toEqual({ score: '2', coins: '' });
  });
});
