import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, expect, test, vi } from 'vitest';
import {
  callIdentity,
  datasetPath,
  type Identity,
  newIdentity,
  SignedClient,
  WireClient,
} from '../../../../conformance/signed-client.ts';
import { type Credentials, percentEncode } from '../../../../conformance/signing.ts';
import { SeededRandom } from '../seeded-random.ts';
import { Child } from './child.ts';

// A smaller run than the one that was made by hand:
// DELIVERY_CHANGES=100000 DELIVERY_KILLS=10 npx vitest run packages/server/test/deliveries/kill.test.ts

const changes = Number(process.env.DELIVERY_CHANGES ?? 3_000);
const kills = Number(process.env.DELIVERY_KILLS ?? 3);
const writerCount = 32;
const mostRssBytes = 400 * 1024 * 1024;

const region = 'us-east-1';
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

const limitMs = 60_000 + changes * 30;

test(`${changes} changes arrive, in order, though receiver and server are killed ${kills} times each`, {
  timeout: limitMs,
}, async () => {
  const seed = Number(process.env.KILL_SEED ?? Date.now() % 1_000_000);
  const random = new SeededRandom(seed);
  folder = mkdtempSync(join(tmpdir(), 'holdall-delivery-kill-'));
  const log = join(folder, 'received');
  receiver = await Child.start(receiverProgram, ['0', log]);
  const receiverPort = new URL(receiver.url).port;
  const data = join(folder, 'data');
  mkdirSync(data);
  const streams = { changes: { type: 'webhook', url: receiver.url, secret } };
  writeFileSync(join(data, 'holdall.config.json'), JSON.stringify({ streams }));
  server = await startServer(data);
  const { poolId, identities } = await settle(server.url, data);

  const progress: Progress = { accepted: 0, url: server.url };
  const writing = Promise.all(identities.map((identity) => write(poolId, identity, progress)));
  const rss: number[] = [];
  for (let kill = 1; kill <= 2 * kills; kill++) {
    const due = (changes * kill) / (2 * kills + 1);
    await vi.waitFor(() => expect(progress.accepted).toBeGreaterThan(due), { timeout: limitMs, interval: 5 });
    if (kill % 2 === 1) {
      await receiver.kill();
      await sleep(random.between(0, 2_000));
      receiver = await Child.start(receiverProgram, [receiverPort, log]);
    } else {
      rss.push(await figure(server.url, 'process_resident_memory_bytes'));
      await server.kill();
      server = await startServer(data);
      progress.url = server.url;
    }
  }
  await writing;
  const { url } = server;
  await vi.waitFor(
    async () => expect(await figure(url, 'holdall_deliveries_queued{kind="stream"}')).toBe(0),
    { timeout: limitMs, interval: 50 },
  );
  rss.push(await figure(url, 'process_resident_memory_bytes'));

  const received = readReceived(log);
  let total = 0;
  let duplicates = 0;
  for (const identity of identities) {
    const counts = received.get(identity.id) ?? [];
    const stored = await syncCount(url, poolId, identity);
    const first = [...new Set(counts)];
    const where = `KILL_SEED=${seed}, ${identity.id}`;
    expect(first, where).toEqual(Array.from({ length: stored }, (_, index) => index + 1));
    total += stored;
    duplicates += counts.length - stored;
  }
  expect(total).toBeGreaterThanOrEqual(changes);
  expect(Math.max(...rss)).toBeLessThan(mostRssBytes);
  expect(await figure(url, 'holdall_dead_letters{kind="stream"}')).toBe(0);
  if (process.env.DELIVERY_CHANGES) {
    process.stdout.write(
      `${total} changes, ${duplicates} duplicates; RSS in MB: ${rss.map((bytes) => Math.round(bytes / 1e6))}\n`,
    );
  }
});

interface Progress {
  accepted: number;
  /** Of the server that runs now. */
  url: string;
}

function startServer(data: string): Promise<Child> {
  return Child.start(main, ['serve', '--port', '0', '--data', data, '--log-level', 'error']);
}

async function settle(url: string, data: string) {
  using wire = new WireClient(url);
  const credentials = JSON.parse(readFileSync(join(data, 'credentials.json'), 'utf8')) as Credentials;
  const settings = { IdentityPoolName: 'kill', AllowUnauthenticatedIdentities: true };
  const pool = await callIdentity(wire, 'CreateIdentityPool', settings, { credentials, region });
  const poolId = String(pool.IdentityPoolId);
  const developer = new SignedClient(wire, credentials, { service: 'cognito-sync', region });
  await developer.json('POST', `/identitypools/${percentEncode(poolId)}/configuration`, {
    CognitoStreams: {
      StreamName: 'changes',
      StreamingStatus: 'ENABLED',
      RoleArn: 'arn:aws:iam::000000000000:role/x',
    },
  });
  const identities: Identity[] = [];
  for (let number = 0; number < writerCount; number++) identities.push(await newIdentity(wire, poolId));
  return { poolId, identities };
}

/** Writes until all together have written enough, whatever becomes of the server meanwhile. */
async function write(poolId: string, identity: Identity, progress: Progress): Promise<void> {
  const path = datasetPath(poolId, identity.id, 'diary');
  while (progress.accepted < changes) {
    using wire = new WireClient(progress.url, { connections: 1 });
    const client = clientOf(wire, identity);
    try {
      const { SyncSessionToken } = await client.json('GET', `${path}/records`);
      while (progress.accepted < changes) {
        const patch = { Op: 'replace', Key: 'k', Value: String(progress.accepted), SyncCount: 2 ** 40 };
        const answer = await client.send('POST', path, { RecordPatches: [patch], SyncSessionToken });
        expect(answer.status, answer.text).toBe(200);
        progress.accepted += 1;
      }
    } catch (error) {
      if (!isConnectionLost(error)) throw error;
      await sleep(20);
    }
  }
}

function clientOf(wire: WireClient, identity: Identity): SignedClient {
  return new SignedClient(wire, identity.credentials, { service: 'cognito-sync', region });
}

async function syncCount(url: string, poolId: string, identity: Identity): Promise<number> {
  using wire = new WireClient(url);
  const path = `${datasetPath(poolId, identity.id, 'diary')}/records`;
  return Number((await clientOf(wire, identity).json('GET', path)).DatasetSyncCount);
}

/** By identity, in the order of arrival. */
function readReceived(log: string): ReadonlyMap<string, readonly number[]> {
  const received = new Map<string, number[]>();
  const lines = existsSync(log) ? readFileSync(log, 'utf8').split('\n') : [];
  for (const line of lines) {
    const [id = '', , count] = line.split(' ');
    if (count === undefined) continue;
    const counts = received.get(id) ?? [];
    counts.push(Number(count));
    received.set(id, counts);
  }
  return received;
}

async function figure(url: string, name: string): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text();
  const line = text.split('\n').find((one) => one.startsWith(`${name} `));
  return Number(line?.slice(name.length + 1));
}

function isConnectionLost(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'ECONNRESET' || code === 'ECONNREFUSED' || code === 'EPIPE';
}
