import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { StreamRecord } from '../../src/domain/outbox.ts';
import { startTestServer, type TestServer } from '../../src/testing/index.ts';
import { recordsOf, StreamScene } from './stream-scene.ts';

let folder: string;
let file: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'holdall-streams-'));
  file = join(folder, 'changes.ndjson');
});

afterEach(() => rmSync(folder, { recursive: true }));

function fileServer(streamName = 'changes'): Promise<TestServer> {
  const streams = { [streamName]: { type: 'file' as const, path: file } };
  return startTestServer({ data: join(folder, 'data'), settings: { streams } });
}

const eventually = { timeout: 20_000, interval: 20 };

describe('a stream', () => {
  test('gets every change of a pool that has it on, in order, and none of a pool that has it off', async () => {
    await using server = await fileServer();
    using scene = await StreamScene.open(server);
    const ann = await scene.writer(server.region);
    await ann.write('settings', { before: 'x' });
    await scene.stream('changes');
    await ann.write('settings', { a: '1', b: '2' });
    await ann.write('settings', { a: null });
    await ann.delete('settings');
    await ann.write('settings', { a: '3' });
    await vi.waitFor(() => expect(recordsOf(file)).toHaveLength(4), eventually);
    await scene.stream('changes', 'DISABLED');
    await ann.write('settings', { after: 'x' });

    const records = recordsOf(file);
    expect(records.map(({ syncCount }) => syncCount)).toEqual([2, 3, 4, 5]);
    expect(records.map(({ operation }) => operation)).toEqual(['replace', 'replace', 'remove', 'replace']);
    expect(records[0]).toMatchObject({
      identityPoolId: scene.poolId,
      identityId: ann.id,
      datasetName: 'settings',
      payloadType: 'Inline',
      kinesisSyncRecords: [
        { key: 'a', value: '1', syncCount: 2, op: 'replace' },
        { key: 'b', value: '2', syncCount: 2, op: 'replace' },
      ],
    });
    expect(records[1]?.kinesisSyncRecords).toMatchObject([
      { key: 'a', value: null, syncCount: 3, op: 'remove' },
    ]);
    expect(records[2]).not.toHaveProperty('kinesisSyncRecords');
    expect(server.faults).toEqual([]);
  });

  test('that this server does not have is switched off, and what waited for it comes once it is there', async () => {
    let poolId: string;
    {
      await using server = await fileServer('another');
      using scene = await StreamScene.open(server);
      poolId = scene.poolId;
      const ann = await scene.writer(server.region);
      await scene.stream('changes');
      await ann.write('settings', { a: '1' });
      await vi.waitFor(
        async () =>
          expect(await scene.configuration()).toMatchObject({
            CognitoStreams: { StreamName: 'changes', StreamingStatus: 'DISABLED' },
          }),
        eventually,
      );
      await ann.write('settings', { a: '2' });
      expect(JSON.stringify(server.faults)).toContain("no stream target 'changes'");
      const metrics = await (await fetch(`${server.url}/metrics`)).text();
      expect(metrics).toMatch(/^holdall_streams_stopped_total 1$/m);
      expect(metrics).toMatch(/^holdall_deliveries_queued\{kind="stream"\} 1$/m);
    }
    await using server = await fileServer();
    using scene = StreamScene.reopen(server, poolId);
    await vi.waitFor(
      () => expect(recordsOf(file).map(({ syncCount }) => syncCount)).toEqual([1]),
      eventually,
    );
    expect(await scene.configuration()).toMatchObject({ CognitoStreams: { StreamingStatus: 'DISABLED' } });
  });
});

/** A receiver that is down, or answers what it is told to. */
class Hook implements AsyncDisposable {
  readonly received: StreamRecord[] = [];
  status = 200;
  readonly #server: Server;

  constructor() {
    this.#server = createServer(async (request, response) => {
      const body = await text(request);
      if (this.status === 200) this.received.push(...recordsIn(JSON.parse(body)));
      response.writeHead(this.status).end();
    });
  }

  async listen(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

function recordsIn(body: unknown): StreamRecord[] {
  const messages = Array.isArray(body) ? body : (body as { messages: unknown[] }).messages;
  return messages.map((message) => (message as { data: StreamRecord }).data);
}

describe('a receiver', () => {
  function hookServer(url: string): Promise<TestServer> {
    const secret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
    const streams = { changes: { type: 'webhook' as const, url, secret, mostBodyBytes: 16_384 } };
    return startTestServer({ data: join(folder, 'data'), settings: { streams } });
  }

  test('that is down gets everything, in order, when it is back', async () => {
    await using hook = new Hook();
    await using server = await hookServer(await hook.listen());
    using scene = await StreamScene.open(server);
    await scene.stream('changes');
    const writers = [await scene.writer(server.region), await scene.writer(server.region)];
    hook.status = 503;
    for (let number = 1; number <= 5; number++) {
      for (const writer of writers) await writer.write('settings', { number: String(number) });
    }
    hook.status = 200;
    await vi.waitFor(() => expect(hook.received).toHaveLength(10), eventually);
    for (const { id } of writers) {
      const counts = hook.received
        .filter(({ identityId }) => identityId === id)
        .map(({ syncCount }) => syncCount);
      expect(counts).toEqual([1, 2, 3, 4, 5]);
    }
    expect(server.faults).toEqual([]);
  });

  test('fetches what is too long for it from us', async () => {
    await using hook = new Hook();
    await using server = await hookServer(await hook.listen());
    using scene = await StreamScene.open(server);
    await scene.stream('changes');
    const ann = await scene.writer(server.region);
    await ann.write('settings', { small: 'x', long: 'y'.repeat(20_000) });
    await vi.waitFor(() => expect(hook.received).toHaveLength(1), eventually);
    const [record] = hook.received;
    expect(record).toMatchObject({ payloadType: 'S3Url', syncCount: 1, operation: 'replace' });
    expect(record).not.toHaveProperty('kinesisSyncRecords');
    const url = record?.kinesisSyncRecordsURL ?? '';
    expect(url.startsWith(`${server.url}/holdall/stream-records?token=`)).toBe(true);
    const answer = await fetch(url);
    expect(await answer.json()).toMatchObject([
      { key: 'small', value: 'x', syncCount: 1, op: 'replace' },
      { key: 'long', value: 'y'.repeat(20_000), syncCount: 1, op: 'replace' },
    ]);
    for (const forged of [url.slice(0, -2), `${server.url}/holdall/stream-records`, `${url}&token=x`]) {
      expect((await fetch(forged)).status).toBe(403);
    }
  });
});
