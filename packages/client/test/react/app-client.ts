import { createSyncClient, type Dataset, guest, resolvers, type SyncClient } from '@holdall/client';
import { memoryStore } from '@holdall/client/stores/memory';
import { createTestServer, type TestServer } from '@holdall/client/testing';

export interface App {
  readonly server: TestServer;
  readonly client: SyncClient;
  readonly notes: Dataset<Readonly<Record<string, string>>>;
}

/** An app's client, and the service it speaks to, in one program. It synchronises only when it is asked. */
export function openApp(): App {
  const server = createTestServer();
  const client = createSyncClient({
    endpoint: server.url,
    identity: guest({ identityPoolId: server.identityPoolId }),
    store: memoryStore(),
    fetch: server.fetch,
    autoSync: false,
  });
  return { server, client, notes: client.dataset('notes', { resolve: resolvers.defer }) };
}

/** Another device of the same user has been at it. */
export function writeElsewhere(
  { server, client }: App,
  values: Readonly<Record<string, string | null>>,
): void {
  const { identity } = client.status.get();
  if (!identity) throw new Error('The user is not known before the first sync.');
  server.write(identity.identityId, 'notes', values);
}
