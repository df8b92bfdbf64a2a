import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { CognitoSync } from '@aws-sdk/client-cognito-sync';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { ended, readyUrl, runHoldall, spawnHoldall } from './run-holdall.ts';

let data: string;
let config: string;

beforeEach(() => {
  data = mkdtempSync(join(tmpdir(), 'holdall-deliveries-'));
  config = join(data, 'holdall.config.json');
});

afterEach(() => rmSync(data, { recursive: true }));

const secret = { env: 'HOOK_SECRET' };
const variables = { HOOK_SECRET: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw' };

function configure(settings: object): void {
  writeFileSync(config, JSON.stringify(settings));
}

/** A webhook with a mind of its own. */
class Hook implements AsyncDisposable {
  status = 204;
  messages = 0;
  readonly #server: Server = createServer(async (request, response) => {
    const body = JSON.parse(await text(request)) as { messages: unknown[] };
    if (this.status === 204) this.messages += body.messages.length;
    response.writeHead(body.messages.length === 0 ? 204 : this.status).end();
  });

  async listen(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

describe('holdall config check', () => {
  const check = (...args: readonly string[]) =>
    runHoldall(['config', 'check', '--data', data, ...args], variables);

  test('tells everything that is wrong, at once', async () => {
    configure({ streams: { a: { type: 'kafka' }, b: { type: 'file', pth: 'x' } }, functoins: {} });
    const { code, stderr } = await check();
    expect(code).toBe(1);
    expect(stderr).toContain(`${config} cannot be used:`);
    expect(stderr).toContain('streams.a.type must be one of kinesis, nats, redis, webhook, file');
    expect(stderr).toContain('streams.b.path is missing.');
    expect(stderr).toContain("unknown member 'pth'");
    expect(stderr).toContain("unknown member 'functoins'");
  });

  test('names the variables that are missing and the places where they are wanted', async () => {
    const hook = { type: 'webhook', url: 'https://hook.example.com/', secret: { env: 'NOT_THERE' } };
    configure({ streams: { a: hook, b: { ...hook, url: 'http://elsewhere.example.com/', secret } } });
    const { code, stderr } = await check();
    expect(code).toBe(1);
    expect(stderr).toMatch(/streams\['a'\]: .*NOT_THERE/);
    expect(stderr).toMatch(/streams\['b'\]: /);
    const started = await runHoldall(['serve', '--port', '0', '--data', data], variables);
    expect(started.code).toBe(1);
    expect(started.stderr).toContain('NOT_THERE');
  });

  test('probes each receiver, and fails if one cannot be reached', async () => {
    await using hook = new Hook();
    const url = await hook.listen();
    const path = join(data, 'changes.ndjson');
    configure({ streams: { hook: { type: 'webhook', url, secret }, file: { type: 'file', path } } });
    const good = await check('--probe');
    expect(good).toMatchObject({ code: 0, stderr: '' });
    expect(good.stdout).toMatch(/2 receivers/);
    expect(good.stdout).toMatch(/\[1\/2\] streams\['hook'\] \(webhook\) … reached in \d+ ms/);
    await hook[Symbol.asyncDispose]();
    const bad = await check('--probe', '--json');
    expect(bad.code).toBe(1);
    expect(JSON.parse(bad.stdout)).toMatchObject({
      file: config,
      probes: [{ place: "streams['hook']", problem: expect.any(String) }, { place: "streams['file']" }],
    });
  });

  test('warns of links that would lead nowhere', async () => {
    const streams = { a: { type: 'file', path: 'changes.ndjson' } };
    configure({ streams });
    const { code, stdout } = await check('--host', '0.0.0.0');
    expect(code).toBe(0);
    expect(stdout).toMatch(/^Warning: The server listens on 0\.0\.0\.0, .* set publicUrl/m);
    expect(JSON.parse((await check('--host', '::', '--json')).stdout).warning).toContain('publicUrl');
    expect((await check()).stdout).not.toContain('Warning');
    configure({ streams, publicUrl: 'https://sync.example.com' });
    expect((await check('--host', '0.0.0.0')).stdout).not.toContain('Warning');
  });

  test('finds a file that was named, and says when there is none', async () => {
    expect((await check()).stdout).toContain('it names no receiver');
    const { code, stderr } = await check('--config', join(data, 'missing.json'));
    expect(code).toBe(1);
    expect(stderr).toContain('missing.json cannot be read');
  });
});

test('what was given up is listed, retried and dropped, and a bulk publish is watched', async () => {
  await using hook = new Hook();
  configure({ streams: { changes: { type: 'webhook', url: await hook.listen(), secret } } });
  const holdall = async (...args: readonly string[]) => {
    const { code, stdout, stderr } = await runHoldall([...args, '--data', data]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    return stdout;
  };
  const listed = async () => JSON.parse(await holdall('deliveries', 'list', '--json'));

  let poolId = '';
  hook.status = 400;
  await serving(async (url) => {
    poolId = (await holdall('pools', 'create', 'demo', '--guests')).trim();
    const { IdentityPoolId, IdentityId, sync } = await newcomer(url, poolId);
    expect(await holdall('deliveries', 'list')).toContain('Nothing is queued');
    await sync.setIdentityPoolConfiguration({
      IdentityPoolId,
      CognitoStreams: {
        StreamName: 'changes',
        StreamingStatus: 'ENABLED',
        RoleArn: 'arn:aws:iam::000000000000:role/x',
      },
    });
    for (const DatasetName of ['one', 'two', 'three']) {
      const { SyncSessionToken } = await sync.listRecords({ IdentityPoolId, IdentityId, DatasetName });
      const RecordPatches = [{ Op: 'replace' as const, Key: 'k', Value: 'v', SyncCount: 0 }];
      await sync.updateRecords({ IdentityPoolId, IdentityId, DatasetName, SyncSessionToken, RecordPatches });
    }
    await vi.waitFor(async () => expect((await listed()).deadLetters).toHaveLength(3), {
      timeout: 20_000,
      interval: 200,
    });
  });

  const { deadLetters } = await listed();
  expect(deadLetters[0]).toMatchObject({
    kind: 'stream',
    destination: 'changes',
    reason: expect.stringContaining('refused'),
    message: { datasetName: 'one', syncCount: 1 },
  });
  expect(await holdall('deliveries', 'list')).toMatch(/^stream +changes +0 +3$/m);
  expect(await holdall('deliveries', 'retry', String(deadLetters[0].id))).toContain('1 of the dead letters');
  expect(await holdall('deliveries', 'drop', String(deadLetters[1].id), '--yes')).toContain('1 delivery is');
  expect((await runHoldall(['deliveries', 'drop', '--data', data, '--yes'])).stderr).toContain('--all');
  expect((await runHoldall(['deliveries', 'drop', '--all', '--data', data])).stderr).toContain('--yes');
  expect((await listed()).destinations).toMatchObject([{ queued: 1, dead: 1 }]);

  hook.status = 204;
  await serving(async (url) => {
    await vi.waitFor(() => expect(hook.messages).toBe(1), { timeout: 20_000 });
    expect(await holdall('bulk-publish', 'status', poolId)).toContain('NOT_STARTED');
    await syncOf(url).bulkPublish({ IdentityPoolId: poolId });
    expect(await holdall('bulk-publish', 'status', poolId, '--watch')).toMatch(
      /SUCCEEDED\nStream +changes\nDatasets +3\n/,
    );
    expect(hook.messages).toBe(4);
  });
  expect(await holdall('deliveries', 'retry', '--all', '--json')).toContain('"retried": 1');
  expect(await holdall('deliveries', 'drop', '--queued', 'changes', '--yes')).toContain('1 delivery is');
  expect(await listed()).toEqual({ destinations: [], deadLetters: [] });
  const audit = readFileSync(join(data, 'audit.log'), 'utf8');
  for (const action of ['RetryDeadLetters', 'DropDeadLetters', 'DropDeliveries'])
    expect(audit).toContain(action);
});

async function serving(work: (url: string) => Promise<void>): Promise<void> {
  const args = ['serve', '--port', '0', '--data', data, '--log-level', 'silent'];
  const child = spawnHoldall(args, variables);
  const end = ended(child);
  try {
    await work(await readyUrl(child));
  } finally {
    child.kill('SIGTERM');
    await end;
  }
}

function syncOf(url: string): CognitoSync {
  const root = JSON.parse(readFileSync(join(data, 'credentials.json'), 'utf8'));
  return new CognitoSync({ endpoint: url, region: 'us-east-1', credentials: root, maxAttempts: 1 });
}

async function newcomer(url: string, IdentityPoolId: string) {
  const answer = await fetch(url, {
    method: 'POST',
    headers: {
      'Content-Type': 'application/x-amz-json-1.1',
      'X-Amz-Target': 'AWSCognitoIdentityService.GetId',
    },
    body: JSON.stringify({ IdentityPoolId }),
  });
  const { IdentityId } = (await answer.json()) as { IdentityId: string };
  return { IdentityPoolId, IdentityId, sync: syncOf(url) };
}
