import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { CreateStreamCommand, KinesisClient } from '@aws-sdk/client-kinesis';
import { jetstreamManager } from '@nats-io/jetstream';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import Value from 'typebox/value';
import { describe, expect, test } from 'vitest';
import type { StreamMessage } from '../../src/ports/stream-target.ts';
import { openStreamTarget, StreamTargetSettings } from '../../src/stream-targets/index.ts';
import { startKinesalite } from './kinesis-receiver.ts';
import { startNats } from './nats-receiver.ts';
import { freePort, ReceiverProcess } from './receiver-process.ts';
import { startRedis } from './redis-receiver.ts';
import { message, openTarget, silent } from './test-receiver.ts';

const root = fileURLToPath(new URL('../../../../', import.meta.url));
const guide = readFileSync(join(root, 'docs/guides/streams.md'), 'utf8');
const never = new AbortController().signal;
const secret = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
const environment = { KINESIS_SECRET: 'k', NATS_PASSWORD: 'n', REDIS_PASSWORD: 'r', WEBHOOK_SECRET: secret };

/** What stands between ```info and ``` in the guide. */
function blocks(info: string): readonly string[] {
  return [...guide.matchAll(/^```(.*)\n([\s\S]*?)\n```$/gm)]
    .filter(([, found]) => found === info)
    .map(([, , text = '']) => text);
}

function block(info: string): string {
  const found = blocks(info);
  expect(found, info).toHaveLength(1);
  return found[0] ?? '';
}

/** Changes of one identity, as a pool's stream has them. */
const changes: readonly StreamMessage[] = [1, 2, 3].map((syncCount) => {
  const record = {
    identityPoolId: 'us-east-1:0f0e0d0c-0000-4000-8000-000000000001',
    identityId: 'us-east-1:0f0e0d0c-0000-4000-8000-000000000002',
    datasetName: 'scores',
    operation: 'replace',
    kinesisSyncRecords: [
      {
        key: 'level',
        value: `${syncCount}`,
        syncCount,
        lastModifiedDate: 1,
        deviceLastModifiedDate: 1,
        op: 'replace',
      },
    ],
    lastModifiedDate: 1,
    kinesisSyncRecordsURL: null,
    payloadType: 'Inline',
    syncCount,
  };
  return message(record.identityId, `${syncCount}`, JSON.stringify(record));
});
const lines = [1, 2, 3].map(
  (syncCount) => `us-east-1:0f0e0d0c-0000-4000-8000-000000000002 scores ${syncCount}`,
);

function shell(script: string, variables: Record<string, string>, cwd: string): string {
  const env = { ...process.env, ...variables };
  return execFileSync('/bin/sh', ['-ec', script], { encoding: 'utf8', cwd, env });
}

/** A consumer of the guide, with the lines that it prints. */
function consumer(program: string, variables: Record<string, string>) {
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
    cwd: root,
    env: { ...process.env, ...variables },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const printed = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    child,
    async take(count: number): Promise<readonly string[]> {
      const taken: string[] = [];
      while (taken.length < count) {
        const { value, done } = await printed.next();
        if (done) break;
        taken.push(value);
      }
      return taken;
    },
    async [Symbol.asyncDispose]() {
      if (child.exitCode !== null) return;
      const ended = once(child, 'exit');
      child.kill('SIGKILL');
      await ended;
    },
  };
}

describe('the guide to streams', () => {
  const snippets = blocks('json').map((text) => JSON.parse(text) as { streams: Record<string, unknown> });

  test('has an example of each target', () => {
    const types = snippets.flatMap(({ streams }) =>
      Object.values(streams).map((one) => (one as { type: string }).type),
    );
    expect(new Set(types)).toEqual(
      new Set(StreamTargetSettings.anyOf.map((one) => one.properties.type.const)),
    );
  });

  test.each(snippets.map((snippet) => [JSON.stringify(snippet), snippet] as const))(
    'has settings that are valid: %s',
    async (_text, { streams }) => {
      for (const settings of Object.values(streams)) {
        expect([...Value.Errors(StreamTargetSettings, settings)]).toEqual([]);
        const options = { environment, directory: '/nowhere', logger: silent };
        await (await openStreamTarget(settings as StreamTargetSettings, options)).close();
      }
    },
  );

  test('reads Kinesis as it says', async () => {
    await using host = await startKinesalite();
    const credentials = { accessKeyId: 'holdall', secretAccessKey: 'k' };
    const requestHandler = new NodeHttpHandler();
    const client = new KinesisClient({
      endpoint: host.endpoint,
      region: 'us-east-1',
      credentials,
      requestHandler,
    });
    await client.send(new CreateStreamCommand({ StreamName: 'changes', ShardCount: 1 }));
    client.destroy();
    const { streams } = snippets[1] as { streams: { changes: StreamTargetSettings & { type: 'kinesis' } } };
    const target = await openStreamTarget(
      { ...streams.changes, endpoint: host.endpoint },
      { environment, directory: root, logger: silent },
    );
    await target.send(changes, never);
    await target.close();
    const printed = shell(
      `aws() { command aws --endpoint-url "$ENDPOINT" "$@"; }\n${block('sh kinesis')}`,
      {
        ENDPOINT: host.endpoint,
        AWS_DEFAULT_REGION: 'us-east-1',
        AWS_ACCESS_KEY_ID: 'holdall',
        AWS_SECRET_ACCESS_KEY: 'k',
      },
      root,
    );
    expect(printed.trim().split('\n')).toEqual(lines);
  });

  test('reads NATS as it says', async () => {
    await using host = await startNats();
    await host.administer(async (connection) => {
      const manager = await jetstreamManager(connection);
      await manager.streams.add({ name: 'HOLDALL', subjects: ['holdall.changes'] });
    });
    const program = block('js nats').replace("user: 'holdall'", "user: 'admin'");
    const target = await openTarget({
      type: 'nats',
      servers: [host.server],
      subject: 'holdall.changes',
      stream: 'HOLDALL',
      user: 'admin',
      password: 'admin',
    });
    await target.send(changes, never);
    await target.close();
    await using reader = consumer(program, { NATS_URL: host.server, NATS_PASSWORD: 'admin' });
    expect(await reader.take(3)).toEqual(lines);
  });

  test('reads Redis as it says, with the rights that it says', async () => {
    await using host = await startRedis();
    const rights = blocks('').find((text) => text.startsWith('ACL SETUSER')) ?? '';
    await host.command(...rights.replace('PASSWORD', 'writer').split(' '));
    const target = await openTarget({
      type: 'redis',
      url: host.url,
      stream: 'holdall:changes',
      user: 'holdall',
      password: 'writer',
      maxLength: 1_000_000,
    });
    await target.probe(never);
    await target.send(changes, never);
    await target.close();
    const { port } = new URL(host.url);
    const printed = shell(
      block('sh redis').replaceAll('redis-cli', `redis-cli -p ${port}`),
      { REDISCLI_AUTH: 'open-sesame' },
      root,
    );
    // Once by XRANGE, once by XREADGROUP.
    expect(printed.match(/"syncCount":3/g)).toHaveLength(4);
  });

  test('takes webhooks as it says, and only genuine ones', async () => {
    const port = await freePort();
    const variables = { PORT: `${port}`, WEBHOOK_SECRET: secret };
    await using receiver = consumer(block('js webhook'), variables);
    await ReceiverProcess.listening(port);
    const settings = { type: 'webhook', url: `http://127.0.0.1:${port}/`, secret } as const;
    const forged = await openTarget({ ...settings, secret: `whsec_${Buffer.alloc(32).toString('base64')}` });
    await expect(forged.send(changes, never)).rejects.toMatchObject({ failure: 'gone' });
    await forged.close();
    const target = await openTarget(settings);
    await target.probe(never);
    await target.send(changes, never);
    await target.close();
    expect(await receiver.take(3)).toEqual(lines);
  });

  test('reads the file as it says', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'holdall-guide-'));
    const target = await openTarget({ type: 'file', path: 'changes.ndjson' }, directory);
    await target.send(changes, never);
    await target.close();
    expect(shell(block('sh file'), {}, directory).trim().split('\n')).toEqual(lines);
    rmSync(directory, { recursive: true });
  });
});
