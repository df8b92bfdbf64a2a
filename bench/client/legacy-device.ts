import {
  type Dataset,
  type ManagerClass,
  promised,
  synchronized,
} from '../../packages/client/test/compat/legacy-api.ts';
import type { Device, User } from './device.ts';

/** What is used of version 2 of the AWS SDK, with amazon-cognito-js loaded into it. */
export interface LegacySdk {
  readonly config: { update(settings: object): void };
  readonly Credentials: new (accessKeyId: string, secretAccessKey: string, sessionToken: string) => object;
  readonly CognitoSyncManager: ManagerClass;
  readonly events: { on(event: 'send', listener: () => void): void };
}

let requests = 0;
const counted = new WeakSet<LegacySdk>();

/** A device with amazon-cognito-js. In memory where `store` says so, else in `localStorage`. */
export async function openLegacy(
  AWS: LegacySdk,
  user: User,
  name: string,
  store: 'memory' | 'localStorage',
): Promise<Device> {
  countRequests(AWS);
  const { endpoint, region, identityPoolId, identityId } = user;
  const credentials = new AWS.Credentials(user.accessKeyId, user.secretAccessKey, user.sessionToken);
  Object.assign(credentials, { identityId, params: { IdentityPoolId: identityPoolId } });
  AWS.config.update({ region, credentials, cognitosync: { endpoint } });
  const Manager = AWS.CognitoSyncManager;
  const manager = new Manager(store === 'memory' ? { DataStore: Manager.StoreInMemory } : {});
  const dataset = await promised<Dataset>((done) => manager.openOrCreateDataset(name, done));
  const before = requests;
  return {
    put: async (key, value) => void (await promised((done) => dataset.put(key, value, done))),
    synchronize: async () => void (await synchronized(dataset)),
    get: (key) => promised<string>((done) => dataset.get(key, done)),
    count: async () => Object.keys(await promised<object>((done) => dataset.getAll(done))).length,
    requests: () => requests - before,
    async close() {
      if (store === 'localStorage') localStorage.clear();
    },
  };
}

function countRequests(AWS: LegacySdk): void {
  if (counted.has(AWS)) return;
  counted.add(AWS);
  AWS.events.on('send', () => {
    requests += 1;
  });
}
