import {
  createSyncClient,
  type Dataset,
  type Live,
  type SyncClient,
  staticCredentials,
} from '@holdall/client';
import type { LocalStore } from '../../packages/client/src/local-store.ts';
import type { Device, User } from './device.ts';

/** A device with `@holdall/client`, and what only it has. */
export interface HoldallDevice extends Device {
  readonly client: SyncClient;
  readonly dataset: Dataset<Readonly<Record<string, string>>>;
}

export interface HoldallSettings {
  readonly live?: Live;
  /** Absent: only when told to, as the old library. */
  readonly autoSync?: boolean;
}

export async function openHoldall(
  user: User,
  name: string,
  store: LocalStore,
  { live, autoSync = false }: HoldallSettings = {},
): Promise<HoldallDevice> {
  let requests = 0;
  const client = createSyncClient({
    endpoint: user.endpoint,
    region: user.region,
    identity: staticCredentials(user),
    store,
    autoSync,
    ...(live && { live }),
    fetch(input, init) {
      requests += 1;
      return globalThis.fetch(input, init);
    },
  });
  const dataset = client.dataset(name);
  await dataset.ready;
  return {
    client,
    dataset,
    put: (key, value) => dataset.set(key, value),
    synchronize: async () => void (await dataset.sync()),
    get: (key) => dataset.get(key),
    count: async () => (await dataset.keys()).length,
    requests: () => requests,
    close: () => client[Symbol.asyncDispose](),
  };
}
