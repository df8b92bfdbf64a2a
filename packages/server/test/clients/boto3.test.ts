import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { endScenario, startScenario } from './scenario.ts';

const scenario = await startScenario();
afterAll(() => endScenario(scenario));

interface Page {
  readonly Records: readonly { readonly Key: string }[];
}

/** What the script saw: boto3's own answers. */
interface Seen extends Record<string, unknown> {
  readonly identityId: string;
  readonly pages: readonly Page[];
}
let seen: Seen;

beforeAll(async () => {
  const script = fileURLToPath(new URL('boto3-sync-loop.py', import.meta.url));
  const { server, poolId } = scenario;
  const { stdout } = await promisify(execFile)(
    '/usr/bin/python3',
    [script, server.url, server.region, poolId],
    {
      env: { PATH: '/usr/bin:/bin', LANG: 'C.UTF-8', AWS_EC2_METADATA_DISABLED: 'true' },
    },
  );
  seen = JSON.parse(stdout) as Seen;
});

test('a dataset that is not there yet is listed as empty', () => {
  expect(seen.opened).toMatchObject({
    Records: [],
    Count: 0,
    DatasetSyncCount: 0,
    DatasetExists: false,
    DatasetDeletedAfterRequestedSyncCount: false,
  });
});

test('keys and values that are not ASCII are written under a client context that is not either', () => {
  expect(seen.written).toMatchObject([
    { Key: 'clé/été 1', Value: 'CLÉ/ÉTÉ 1', SyncCount: 1, LastModifiedBy: seen.identityId },
    { Key: '日本語', Value: '日本語', SyncCount: 1 },
    { Key: 'plain', Value: 'PLAIN', SyncCount: 1 },
  ]);
});

test('pages are read with a query whose parameters are not sorted', () => {
  expect(seen.pages).toHaveLength(3);
  const keys = seen.pages.flatMap(({ Records }) => Records.map(({ Key }) => Key));
  expect(keys.toSorted()).toEqual(['clé/été 1', 'plain', '日本語'].toSorted());
  expect(seen.pages).toMatchObject(Array(3).fill({ Count: 1, DatasetSyncCount: 1, DatasetExists: true }));
});

test('a stale write raises ResourceConflictException, and the session survives it', () => {
  expect(seen.conflict).toEqual({
    code: 'ResourceConflictException',
    message: 'Current SyncCount for: clé/été 1 is: 2 not: 1',
    status: 409,
    operation: 'UpdateRecords',
  });
  expect(seen.resolved).toMatchObject([
    { Key: 'clé/été 1', Value: "A's", SyncCount: 3 },
    { Key: 'plain', SyncCount: 3 },
  ]);
});

test('a session that an update has closed does not list', () => {
  expect(seen.spent).toMatchObject({
    code: 'InvalidParameterException',
    message: 'SyncSessionToken not valid for these inputs',
    status: 400,
  });
});

test('a dataset is deleted once, and its reader learns of it', () => {
  expect(seen.deleted).toMatchObject({ DatasetName: 'My.data:set-1_x', NumRecords: 2 });
  expect(seen.gone).toMatchObject({ code: 'ResourceNotFoundException', status: 404 });
  expect(seen.afterwards).toMatchObject({
    Records: [],
    DatasetExists: false,
    DatasetDeletedAfterRequestedSyncCount: true,
  });
});
