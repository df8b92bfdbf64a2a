import {
  createSyncClient,
  type DatasetOptions,
  type LocalStore,
  openIdToken,
  type SyncClient,
} from '@holdall/client';
import { encryptionKey } from '@holdall/client/encryption';
import { memoryStore } from '@holdall/client/stores/memory';
import { onTestFinished } from 'vitest';
import { loginProvider, openWorld, type World } from '../convergence/world.ts';

export type Values = Record<string, unknown>;

export const newKey = () => encryptionKey(crypto.getRandomValues(new Uint8Array(32)));

/** A real server, for one test. */
export async function openTestWorld(): Promise<World> {
  const world = await openWorld();
  onTestFinished(() => world[Symbol.asyncDispose]());
  return world;
}

export const signedInAs = (world: World, user: string) =>
  openIdToken({
    identityPoolId: world.identityPoolId,
    provider: loginProvider,
    token: async () => user,
    user,
  });

/** One device of a user, with the dataset `notes`. */
export function openDevice(
  world: World,
  options: DatasetOptions,
  {
    user = 'ann',
    store = memoryStore(),
    identity = signedInAs(world, user),
  }: {
    user?: string;
    store?: LocalStore;
    identity?: Parameters<typeof createSyncClient>[0]['identity'];
  } = {},
) {
  const client: SyncClient = createSyncClient({
    endpoint: world.url,
    identity,
    store,
    autoSync: false,
  });
  onTestFinished(() => client[Symbol.asyncDispose]());
  return { client, notes: client.dataset<Values>('notes', options) };
}

/** What the server has of a device's dataset. */
export async function remoteTexts(world: World, { client }: { client: SyncClient }, dataset = 'notes') {
  const { values } = await world.remote(client.status.get().identity?.identityId ?? '', dataset);
  return values;
}
