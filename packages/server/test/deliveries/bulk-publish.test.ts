import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { startTestServer, type TestServer } from '../../src/testing/index.ts';
import { recordsOf, StreamScene } from './stream-scene.ts';

let folder: string;
let file: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'holdall-bulk-'));
  file = join(folder, 'changes.ndjson');
});

afterEach(() => rmSync(folder, { recursive: true }));

const eventually = { timeout: 20_000, interval: 20 };

function start(streams: readonly string[]): Promise<TestServer> {
  const target = { type: 'file' as const, path: file };
  return startTestServer({
    data: join(folder, 'data'),
    settings: { streams: Object.fromEntries(streams.map((name) => [name, target])) },
  });
}

async function status(scene: StreamScene): Promise<unknown> {
  return (await scene.bulkPublishDetails()).BulkPublishStatus;
}

test('all datasets that exist go to the stream, with their live records, once a day', async () => {
  await using server = await start(['changes']);
  using scene = await StreamScene.open(server);
  const writers = [await scene.writer(server.region), await scene.writer(server.region)];
  for (const writer of writers) {
    await writer.write('settings', { a: '1', b: '2' });
    await writer.write('settings', { a: null, c: '3' });
    await writer.write('scores', { best: '9' });
    await writer.write('gone', { x: 'y' });
    await writer.delete('gone');
  }
  expect(await status(scene)).toBe('NOT_STARTED');
  expect((await scene.bulkPublish()).text).toContain('has no stream');
  await scene.stream('changes');
  expect((await scene.bulkPublish()).status).toBe(200);
  await vi.waitFor(async () => expect(await status(scene)).toBe('SUCCEEDED'), eventually);
  expect(await scene.bulkPublishDetails()).toMatchObject({
    BulkPublishStartTime: expect.any(Number),
    BulkPublishCompleteTime: expect.any(Number),
  });

  const records = recordsOf(file);
  const inOrder = writers.map(({ id }) => id).sort();
  expect(records.map(({ identityId, datasetName }) => [identityId, datasetName])).toEqual(
    inOrder.flatMap((id) => [
      [id, 'scores'],
      [id, 'settings'],
    ]),
  );
  expect(records[1]).toMatchObject({
    operation: 'replace',
    syncCount: 2,
    kinesisSyncRecords: [
      { key: 'b', value: '2', syncCount: 1, op: 'replace' },
      { key: 'c', value: '3', syncCount: 2, op: 'replace' },
    ],
  });

  const again = await scene.bulkPublish();
  expect([again.status, again.headers.get('x-amzn-ErrorType')]).toEqual([400, 'AlreadyStreamedException:']);
  expect(server.faults).toEqual([]);
});

test('one that fails says why, and may be repeated at once', async () => {
  {
    await using server = await start([]);
    using scene = await StreamScene.open(server);
    await (await scene.writer(server.region)).write('settings', { a: '1' });
    await scene.stream('changes');
    await scene.bulkPublish();
    await vi.waitFor(async () => expect(await status(scene)).toBe('FAILED'), eventually);
    expect((await scene.bulkPublishDetails()).FailureMessage).toContain("no stream target 'changes'");
    expect((await scene.bulkPublish()).status).toBe(200);
  }
});
