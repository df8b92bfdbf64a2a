import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test, vi } from 'vitest';
import { SignedClient, WireClient } from '../../../../conformance/signed-client.ts';
import { type Credentials, percentEncode } from '../../../../conformance/signing.ts';
import { SqliteStore } from '../../src/stores/sqlite/sqlite-store.ts';
import { anUpdate, aPool, noQuotas, poolId, put } from '../../src/testing/store-contract/scene.ts';
import { Child } from './child.ts';

// A smaller run than the one that was made by hand:
// BULK_DATASETS=100000 npx vitest run packages/server/test/deliveries/bulk-kill.test.ts

const datasets = Number(process.env.BULK_DATASETS ?? 2_000);
const perIdentity = 10;
const secret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
const main = new URL('../../../cli/src/main.ts', import.meta.url);
const receiverProgram = new URL('./receiver-process.ts', import.meta.url);

let folder: string | undefined;
let server: Child | undefined;
let receiver: Child | undefined;

afterEach(async () => {
  await Promise.all([server?.kill(), receiver?.kill()]);
  if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
});

const limitMs = 60_000 + datasets * 10;

test(`a bulk publish of ${datasets} datasets that is killed half way completes after the restart`, {
  timeout: limitMs,
}, async () => {
  folder = mkdtempSync(join(tmpdir(), 'holdall-bulk-kill-'));
  const log = join(folder, 'received');
  receiver = await Child.start(receiverProgram, ['0', log]);
  const data = join(folder, 'data');
  mkdirSync(data);
  await fill(data);
  const streams = { changes: { type: 'webhook', url: receiver.url, secret } };
  writeFileSync(join(data, 'holdall.config.json'), JSON.stringify({ streams }));

  server = await startServer(data);
  await developer(server.url, data, 'bulkpublish');
  const lineBytes = 'eu-west-1:00000000-0000-4000-8000-000000000000 dataset-0 1\n'.length;
  await vi.waitFor(
    () => expect(existsSync(log) && statSync(log).size).toBeGreaterThan((datasets * lineBytes) / 2),
    { timeout: limitMs, interval: 1 },
  );
  await server.kill();
  expect(received(log).size).toBeLessThan(datasets);

  server = await startServer(data);
  const { url } = server;
  await vi.waitFor(
    async () => {
      const details = await developer(url, data, 'getBulkPublishDetails');
      expect(details).toMatchObject({ BulkPublishStatus: 'SUCCEEDED' });
    },
    { timeout: limitMs, interval: 50 },
  );
  expect(received(log).size).toBe(datasets);
});

function startServer(data: string): Promise<Child> {
  return Child.start(main, ['serve', '--port', '0', '--data', data, '--log-level', 'error']);
}

async function fill(data: string): Promise<void> {
  const store = await SqliteStore.open({ file: join(data, 'holdall.db') });
  const streams = { StreamName: 'changes', StreamingStatus: 'ENABLED' } as const;
  await store.createPool(aPool(1));
  for (let number = 0; number < datasets / perIdentity; number++) {
    const identityId = `eu-west-1:00000000-0000-4000-8000-${String(number).padStart(12, '0')}`;
    const identity = { id: identityId, poolId: poolId(1), createdAt: 1, lastModifiedAt: 1, logins: [] };
    const writes: Promise<unknown>[] = [store.createIdentity({ ...identity, disabled: false })];
    for (let dataset = 0; dataset < perIdentity; dataset++) {
      const update = { identityId, datasetName: `dataset-${dataset}`, quotas: noQuotas };
      writes.push(store.updateRecords(anUpdate([put('k', 'v')], update)));
    }
    await Promise.all(writes);
  }
  await store.changePool(poolId(1), { streams });
  await store.close();
}

async function developer(url: string, data: string, action: string) {
  using wire = new WireClient(url);
  const credentials = JSON.parse(readFileSync(join(data, 'credentials.json'), 'utf8')) as Credentials;
  const client = new SignedClient(wire, credentials, { service: 'cognito-sync', region: 'us-east-1' });
  return await client.json('POST', `/identitypools/${percentEncode(poolId(1))}/${action}`, {});
}

/** The datasets that came, once or more often. */
function received(log: string): ReadonlySet<string> {
  return new Set(readFileSync(log, 'utf8').split('\n').slice(0, -1));
}
