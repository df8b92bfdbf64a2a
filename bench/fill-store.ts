import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { SqliteStore } from '../packages/server/src/stores/sqlite/sqlite-store.ts';
import { datasetName, identityId, type Population, poolId } from './population.ts';

/** Identities whose writes are under way at once: enough to fill the store's groups. */
const chunk = 512;

const quotas = { datasetsPerIdentity: 20, recordsPerDataset: 1024, bytesPerDataset: 1_048_576 };

const recordsOf = {
  ordinary: { count: 10, value: 'a value of a length that settings often have' },
  large: { count: 1000, value: 'x'.repeat(1000) },
} as const;

/** Makes a data directory whose store holds the population; through the store's own rules, without HTTP. */
export async function fillStore(directory: string, population: Population): Promise<void> {
  mkdirSync(directory, { recursive: true });
  const store = await SqliteStore.open({ file: join(directory, 'holdall.db') });
  const settings = { IdentityPoolName: 'bench', AllowUnauthenticatedIdentities: true };
  await store.createPool({ id: poolId, createdAt: Date.now(), settings, events: {} });
  for (const kind of ['ordinary', 'large'] as const) {
    for (let start = 0; start < population[kind]; start += chunk) {
      const end = Math.min(start + chunk, population[kind]);
      const writes: Promise<unknown>[] = [];
      for (let index = start; index < end; index++) writes.push(...addIdentity(store, kind, index));
      await Promise.all(writes);
    }
  }
  await store.close();
}

/** Gives the pool a stream whose receiver refuses every connection: nothing listens on the port of `discard`. */
export async function streamToNobody(directory: string): Promise<void> {
  const secret = `whsec_${Buffer.alloc(24).toString('base64')}`;
  const streams = { changes: { type: 'webhook', url: 'http://127.0.0.1:9/', secret } };
  writeFileSync(join(directory, 'holdall.config.json'), JSON.stringify({ streams }));
  const store = await SqliteStore.open({ file: join(directory, 'holdall.db') });
  await store.changePool(poolId, { streams: { StreamName: 'changes', StreamingStatus: 'ENABLED' } });
  await store.close();
}

function addIdentity(store: SqliteStore, kind: keyof Population, index: number): readonly Promise<unknown>[] {
  const id = identityId(kind, index);
  const at = Date.now();
  const { count, value } = recordsOf[kind];
  // Writes are carried out in the order they are asked for, so the second need not wait for the first.
  const identity = store.createIdentity({
    id,
    poolId,
    createdAt: at,
    lastModifiedAt: at,
    logins: [],
    disabled: false,
  });
  const update = store.updateRecords({
    poolId,
    identityId: id,
    datasetName,
    patches: Array.from({ length: count }, (_, key) => ({ key: `setting-${key}`, value, syncCount: 0 })),
    session: { sessionId: 'filled', expiresAt: at },
    modifiedBy: id,
    quotas,
    at,
  });
  return [identity, update];
}
