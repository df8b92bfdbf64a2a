import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, expect, test } from 'vitest';
import {
  callIdentity,
  datasetPath,
  type Identity,
  newIdentity,
  SignedClient,
  WireClient,
} from '../../../conformance/signed-client.ts';
import type { Credentials } from '../../../conformance/signing.ts';
import { SeededRandom } from './seeded-random.ts';

const rounds = 25;
const writers = 16;
/** Keys that every update writes with the same value: they must never differ. */
const together = ['a', 'b', 'c'];
/** How many of the latest updates leave a record of their own. Stays below the quota of 1,024 records. */
const remembered = 500;

const region = 'us-east-1';
const main = new URL('../../cli/src/main.ts', import.meta.url).pathname;

type Service = ChildProcessByStdio<null, Readable, Readable>;

let running: Service | undefined;
let data: string | undefined;

afterEach(async () => {
  if (running) await kill(running);
  if (data !== undefined) rmSync(data, { recursive: true, force: true });
});

test(`what was acknowledged survives kill -9, ${rounds} times`, { timeout: 120_000 }, async () => {
  const seed = Number(process.env.KILL_SEED ?? Date.now() % 1_000_000);
  const random = new SeededRandom(seed);
  data = mkdtempSync(join(tmpdir(), 'holdall-kill-'));
  const devices: Device[] = [];
  let acknowledged = 0;

  for (let round = 0; round < rounds; round++) {
    // Some are killed before they have started at all.
    if (round % 5 === 4) await killWhileStarting(data, random.between(20, 400));

    const { service, url } = await start(data);
    running = service;
    const where = `KILL_SEED=${seed}, round ${round}`;
    if (round === 0) devices.push(...(await makeDevices(url, data)));
    for (const device of devices) await device.verify(url, where);

    const stop = new AbortController();
    const working = Promise.all(devices.map((device) => device.work(url, stop.signal, where)));
    await sleep(random.between(20, 500));
    await kill(service);
    stop.abort();
    acknowledged = (await working).reduce((sum, writes) => sum + writes, acknowledged);
  }

  const { service, url } = await start(data);
  running = service;
  for (const device of devices) await device.verify(url, `KILL_SEED=${seed}, at the end`);
  // A run that hardly wrote proves nothing.
  expect(acknowledged).toBeGreaterThan(rounds * writers);
});

test.each([
  ['says nothing', ''],
  ['stops in its headers', 'GET / HTTP/1.1\r\nHost: x\r\n'],
  ['stops in its body', 'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n{'],
])('SIGTERM ends the service though a client %s', { timeout: 60_000 }, async (_, bytes) => {
  data = mkdtempSync(join(tmpdir(), 'holdall-term-'));
  const { service, url } = await start(data);
  running = service;
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  socket.on('error', () => {});
  await once(socket, 'connect');
  socket.write(bytes);
  await sleep(100);
  const exited = once(service, 'exit');
  const began = performance.now();
  service.kill('SIGTERM');
  expect(await exited).toEqual([0, null]);
  expect(performance.now() - began).toBeLessThan(20_000);
  socket.destroy();
});

interface Listing {
  readonly Records: readonly { readonly Key: string; readonly Value?: string; readonly SyncCount: number }[];
  readonly DatasetSyncCount: number;
  readonly SyncSessionToken: string;
}

/** Writes number after number and knows which must be there. Has one request on its way at most. */
class Device {
  readonly #identity: Identity;
  readonly #path: string;
  /** The last number that is known to be stored, and its sync count. */
  #stored = 0;
  #syncCount = 0;
  /** Sync counts of numbers, by number. */
  readonly #counts = new Map<number, number>();
  #inFlight: number | undefined;

  constructor(poolId: string, identity: Identity) {
    this.#identity = identity;
    this.#path = datasetPath(poolId, identity.id, 'diary');
  }

  /** Writes until the service is gone. Returns how many writes were acknowledged. */
  async work(url: string, stop: AbortSignal, where: string): Promise<number> {
    using wire = new WireClient(url, { connections: 1 });
    const client = this.#client(wire);
    let writes = 0;
    try {
      const { SyncSessionToken } = await this.#list(client);
      while (!stop.aborted) {
        const number = this.#stored + 1;
        const Value = String(number);
        this.#inFlight = number;
        const answer = await client.send('POST', this.#path, {
          RecordPatches: [...together, `log-${number % remembered}`].map((Key) => ({
            Op: 'replace',
            Key,
            Value,
            // At least what is stored: only this device writes here.
            SyncCount: this.#syncCount,
          })),
          SyncSessionToken,
        });
        expect(answer.status, `${where}: ${answer.text}`).toBe(200);
        const { Records } = JSON.parse(answer.text) as Listing;
        this.#remember(number, Records[0]?.SyncCount ?? 0, where);
        writes += 1;
      }
    } catch (error) {
      if (!isConnectionLost(error)) throw error;
    }
    return writes;
  }

  /** Compares what is stored with what was acknowledged. */
  async verify(url: string, where: string): Promise<void> {
    using wire = new WireClient(url, { connections: 1 });
    const { Records, DatasetSyncCount } = await this.#list(this.#client(wire));
    const records = new Map(Records.map((record) => [record.Key, record]));
    const seen = together.map((key) => Number(records.get(key)?.Value ?? 0));
    expect(new Set(seen).size, `${where}: ${together} were written together and are ${seen}`).toBe(1);

    const found = seen[0] ?? 0;
    // What was on its way may have arrived or not.
    const possible = [this.#stored, ...(this.#inFlight === undefined ? [] : [this.#inFlight])];
    expect(possible, `${where}: the last acknowledged number`).toContain(found);
    if (found > this.#stored) this.#remember(found, DatasetSyncCount, where);
    this.#inFlight = undefined;

    expect(DatasetSyncCount, `${where}: the count of the last acknowledged number`).toBe(this.#syncCount);
    for (let number = Math.max(1, found - remembered + 1); number <= found; number++) {
      const record = records.get(`log-${number % remembered}`);
      const stored = { Value: record?.Value, SyncCount: record?.SyncCount };
      expect(stored, where).toEqual({ Value: String(number), SyncCount: this.#counts.get(number) });
    }
  }

  #remember(number: number, syncCount: number, where: string): void {
    expect(syncCount, `${where}: counts go up`).toBeGreaterThan(this.#syncCount);
    this.#stored = number;
    this.#syncCount = syncCount;
    this.#counts.set(number, syncCount);
    this.#inFlight = undefined;
  }

  #client(wire: WireClient): SignedClient {
    return new SignedClient(wire, this.#identity.credentials, { service: 'cognito-sync', region });
  }

  async #list(client: SignedClient): Promise<Listing> {
    return (await client.json('GET', `${this.#path}/records`)) as unknown as Listing;
  }
}

async function makeDevices(url: string, directory: string): Promise<Device[]> {
  using wire = new WireClient(url);
  const credentials = JSON.parse(readFileSync(join(directory, 'credentials.json'), 'utf8')) as Credentials;
  const settings = { IdentityPoolName: 'kill', AllowUnauthenticatedIdentities: true };
  const pool = await callIdentity(wire, 'CreateIdentityPool', settings, { credentials, region });
  const poolId = String(pool.IdentityPoolId);
  return await Promise.all(
    Array.from({ length: writers }, async () => new Device(poolId, await newIdentity(wire, poolId))),
  );
}

function launch(directory: string): Service {
  const environment = Object.entries(process.env).filter(([name]) => !name.startsWith('HOLDALL_'));
  return spawn(
    process.execPath,
    [main, 'serve', '--port', '0', '--data', directory, '--log-level', 'error'],
    {
      env: Object.fromEntries(environment),
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
}

async function start(directory: string): Promise<{ service: Service; url: string }> {
  const service = launch(directory);
  const complaints: string[] = [];
  service.stderr.on('data', (chunk: Buffer) => complaints.push(chunk.toString()));
  for await (const line of createInterface({ input: service.stdout })) {
    const url = /^holdall listening on (http:\/\/\S+)$/.exec(line)?.[1];
    if (url !== undefined) {
      service.stdout.resume();
      return { service, url };
    }
  }
  throw new Error(`The service did not start: ${complaints.join('')}`);
}

async function kill(service: Service): Promise<void> {
  if (service.exitCode !== null || service.signalCode !== null) return;
  const exited = once(service, 'exit');
  service.kill('SIGKILL');
  await exited;
}

async function killWhileStarting(directory: string, afterMs: number): Promise<void> {
  const service = launch(directory);
  service.stdout.resume();
  service.stderr.resume();
  await sleep(afterMs);
  await kill(service);
}

function isConnectionLost(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'ECONNRESET' || code === 'ECONNREFUSED' || code === 'EPIPE';
}
