import { createSyncClient, guest, type LocalStore, type SyncClient } from '@holdall/client';
import { CognitoSyncManager, importLegacyLocalStorage, type LegacyStorage } from '@holdall/client/compat';

export async function openClient(
  endpoint: string,
  identityPoolId: string,
  store: LocalStore,
  storage: LegacyStorage,
): Promise<SyncClient> {
  await importLegacyLocalStorage(store, storage, { identityPoolId });
  return createSyncClient({ endpoint, identity: guest({ identityPoolId }), store });
}

/** Old screens and new ones, on one client. */
export async function openBoth(client: SyncClient) {
  const manager = new CognitoSyncManager({ client });
  const settings = await manager.openOrCreateDataset('settings');
  const notes = client.dataset<Record<string, string>>('notes');
  return { settings, notes };
}

/** Reads everything once more, whatever the bookmarks say. */
export async function readAgain(client: SyncClient): Promise<void> {
  for (const name of await client.listDatasets()) await client.dataset(name).sync({ full: true });
}
