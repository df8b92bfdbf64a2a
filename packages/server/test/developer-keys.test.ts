import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type CallerKind,
  identityService,
  isRead,
  type Operation,
  type Service,
  syncService,
} from '@holdall/protocol';
import { Administration, type CreatedKey, type KeyRequest } from '@holdall/server';
import { startTestServer, type TestServer } from '@holdall/server/testing';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { independentSigner } from './fixtures/signed-requests.ts';

// Every operation of a running server, called with keys that a person has made, limited and taken back.

const hour = 3_600_000;
const refused = 'NotAuthorizedException';

interface Row {
  readonly service: Service;
  readonly name: string;
  readonly operation: Operation;
}

const rows: readonly Row[] = [syncService, identityService].flatMap((service: Service) =>
  Object.entries(service.operations).map(([name, operation]) => ({ service, name, operation })),
);
const forDevelopers = rows.filter(({ operation }) => mayBeCalledBy(operation, 'developer'));
const namesPool = ({ operation }: Row) => Object.hasOwn(operation.input, 'IdentityPoolId');
const label = (row: Row) => [row.name, row] as const;

function rowOf(name: string): Row {
  const found = rows.find((row) => row.name === name);
  if (!found) throw new Error(`There is no operation ${name}.`);
  return found;
}

function mayBeCalledBy({ callers }: Operation, kind: CallerKind): boolean {
  return callers.includes(kind);
}

let data: string;
let server: TestServer;
let administration: Administration;
let clock = Date.now();
let pools: readonly [own: string, other: string];

beforeAll(async () => {
  data = mkdtempSync(join(tmpdir(), 'holdall-keys-'));
  server = await startTestServer({ data, now: () => clock });
  const options = { data, auditLog: 'audit.log', operator: 'tester', now: () => clock };
  administration = await Administration.open(options);
  pools = [await newPool(), await newPool()];
});
afterAll(async () => {
  await administration.close();
  await server.close();
  rmSync(data, { recursive: true });
});

async function newPool(): Promise<string> {
  const settings = {
    IdentityPoolName: 'demo',
    AllowUnauthenticatedIdentities: true,
    DeveloperProviderName: 'login.example',
  };
  return (await administration.createPool(settings, server.region)).id;
}

async function newGuest(IdentityPoolId: string): Promise<string> {
  const headers = { 'x-amz-target': 'AWSCognitoIdentityService.GetId' };
  const answer = await fetch(server.url, {
    method: 'POST',
    headers,
    body: JSON.stringify({ IdentityPoolId }),
  });
  return ((await answer.json()) as { IdentityId: string }).IdentityId;
}

function newKey(change: Partial<KeyRequest> = {}): Promise<CreatedKey> {
  return administration.createKey({ description: '', scope: { readOnly: false }, ...change });
}

type Credentials = Pick<CreatedKey, 'accessKeyId' | 'secretAccessKey'>;

interface Asked {
  readonly service: Service;
  readonly method: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

async function ask(key: Credentials, { service, method, path, headers = {}, body }: Asked) {
  const { host, hostname, port } = new URL(server.url);
  const signer = independentSigner({ secret: key.secretAccessKey, accessKeyId: key.accessKeyId });
  const signed = await signer.sign(
    {
      method,
      protocol: 'http:',
      hostname,
      port: Number(port),
      path,
      headers: { host, ...headers },
      ...(body !== undefined && { body }),
    },
    { signingDate: new Date(clock), signingService: service.signingName },
  );
  const { host: _host, ...sent } = signed.headers;
  const answer = await fetch(server.url + path, {
    method,
    headers: sent,
    ...(body !== undefined && { body }),
  });
  const error = answer.headers.get('x-amzn-errortype')?.replace(/:$/, '');
  return { error, answer: (await answer.json().catch(() => ({}))) as Record<string, unknown> };
}

/** What is wrong with it otherwise is found after it is permitted; nothing that is asked for exists. */
const nothing = {
  IdentityId: 'us-east-1:00000000-0000-4000-8000-000000000000',
  IdentityIdsToDelete: ['us-east-1:00000000-0000-4000-8000-000000000000'],
  DatasetName: 'notes',
  DeviceId: 'phone',
  SyncSessionToken: 'none',
};

function byTarget(key: Credentials, { service, name }: Row, input: object) {
  const headers = {
    'x-amz-target': `${service.target}.${name}`,
    'content-type': 'application/x-amz-json-1.1',
  };
  const body = JSON.stringify({ ...nothing, ...input });
  return ask(key, { service, method: 'POST', path: '/', headers, body });
}

/** The same by its path, where it has one. */
function byPath(key: Credentials, { service, operation }: Row, input: object) {
  const members: Readonly<Record<string, unknown>> = { ...nothing, ...input };
  const path = operation.path.replaceAll(/\{(\w+)\}/g, (_, name) =>
    encodeURIComponent(String(members[name])),
  );
  const body = operation.method === 'POST' ? JSON.stringify(members) : undefined;
  return ask(key, { service, method: operation.method, path, ...(body !== undefined && { body }) });
}

/** How each way of calling it ends. */
async function errors(key: Credentials, row: Row, input: object): Promise<readonly (string | undefined)[]> {
  const answers = [await byTarget(key, row, input)];
  if (row.service.rest) answers.push(await byPath(key, row, input));
  return answers.map(({ error }) => error);
}

async function expectRefused(key: Credentials, row: Row, input: object, name = refused): Promise<void> {
  const ended = await errors(key, row, input);
  expect(ended).toEqual(ended.map(() => name));
}

async function expectPermitted(key: Credentials, row: Row, input: object): Promise<void> {
  for (const error of await errors(key, row, input)) {
    expect(error).not.toBe(refused);
    expect(error).not.toBe('UnrecognizedClientException');
  }
}

test('there are as many operations to look at as were meant', () => {
  expect(forDevelopers).toHaveLength(33);
  expect(forDevelopers.filter(({ operation }) => isRead(operation)).map(({ name }) => name)).toEqual([
    'DescribeDataset',
    'DescribeIdentityPoolUsage',
    'DescribeIdentityUsage',
    'GetBulkPublishDetails',
    'GetCognitoEvents',
    'GetIdentityPoolConfiguration',
    'ListDatasets',
    'ListIdentityPoolUsage',
    'ListRecords',
    'DescribeIdentity',
    'DescribeIdentityPool',
    'GetIdentityPoolRoles',
    'GetPrincipalTagAttributeMap',
    'ListIdentities',
    'ListIdentityPools',
    'ListTagsForResource',
    'LookupDeveloperIdentity',
  ]);
});

describe('a key that may only read', () => {
  let key: CreatedKey;
  beforeAll(async () => {
    key = await newKey({ scope: { readOnly: true } });
  });

  test.each(forDevelopers.map(label))('in %s: if and only if that changes nothing', async (_name, row) => {
    const expectation = isRead(row.operation) ? expectPermitted : expectRefused;
    await expectation(key, row, { IdentityPoolId: pools[0] });
  });
});

describe('a key that is limited to one pool', () => {
  let key: CreatedKey;
  let reader: CreatedKey;
  beforeAll(async () => {
    key = await newKey({ scope: { poolIds: [pools[0]], readOnly: false } });
    reader = await newKey({ scope: { poolIds: [pools[0]], readOnly: true } });
  });

  const withPool = forDevelopers.filter(namesPool);
  const withoutPool = forDevelopers.filter((row) => !namesPool(row));

  test.each(withPool.map(label))('does not reach another in %s', async (_name, row) => {
    const unknown = 'us-east-1:99999999-0000-4000-8000-000000000000';
    for (const IdentityPoolId of [pools[1], unknown, 'nonsense', `${pools[0]} `]) {
      await expectRefused(key, row, { IdentityPoolId });
      await expectRefused(reader, row, { IdentityPoolId });
    }
    expect((await byTarget(key, row, { IdentityPoolId: [pools[0]] })).error).toBe(refused);
    expect((await byTarget(key, row, {})).error).toBe(refused);
  });

  test.each(withoutPool.filter(({ operation }) => !operation.limitsItself).map(label))(
    'does not reach %s, which names no pool, whatever else is said',
    async (_name, row) => {
      const ResourceArn = `arn:aws:cognito-identity:us-east-1:000000000000:identitypool/${pools[0]}`;
      for (const input of [{}, { IdentityPoolId: pools[0] }, { IdentityPoolId: pools[0], ResourceArn }]) {
        await expectRefused(key, row, input);
      }
    },
  );

  test('is shown that pool alone in lists', async () => {
    for (const limited of [key, reader]) {
      const listed = await byTarget(limited, rowOf('ListIdentityPools'), { MaxResults: 60 });
      expect(listed.answer).toEqual({
        IdentityPools: [{ IdentityPoolId: pools[0], IdentityPoolName: 'demo' }],
      });
      const usage = await byPath(limited, rowOf('ListIdentityPoolUsage'), {});
      expect(usage.answer).toMatchObject({ IdentityPoolUsages: [{ IdentityPoolId: pools[0] }], Count: 1 });
    }
  });

  test('is shown its pools page by page', async () => {
    const more = await Promise.all([newPool(), newPool(), newPool()]);
    const several = await newKey({ scope: { poolIds: more, readOnly: true } });
    await administration.deletePool(more[1] ?? '');
    const row = rowOf('ListIdentityPools');
    const seen: unknown[] = [];
    let token: unknown;
    do {
      const page = await byTarget(several, row, {
        MaxResults: 1,
        ...(token !== undefined && { NextToken: token }),
      });
      const { IdentityPools, NextToken } = page.answer as { IdentityPools: object[]; NextToken?: string };
      expect(IdentityPools.length).toBeLessThanOrEqual(1);
      seen.push(...IdentityPools.map((pool) => Reflect.get(pool, 'IdentityPoolId')));
      token = NextToken;
    } while (token !== undefined);
    expect(seen).toEqual([more[0], more[2]].sort());
  });

  test('does not reach an identity of another pool under the name of its own', async () => {
    const root = await newKey();
    const own = { IdentityPoolId: pools[0] };
    const identity = {
      IdentityPoolId: pools[1],
      IdentityId: await newGuest(pools[1]),
      SyncSessionToken: undefined,
    };
    const patch = (Value: string) => [{ Op: 'replace', Key: 'title', Value, SyncCount: 0 }];
    const update = async (by: Credentials, input: object, value: string) => {
      const { answer } = await byTarget(by, rowOf('ListRecords'), input);
      const token = { SyncSessionToken: answer.SyncSessionToken, RecordPatches: patch(value) };
      return byTarget(by, rowOf('UpdateRecords'), { ...input, ...token });
    };
    expect((await update(root, identity, 'theirs')).error).toBeUndefined();
    const all = async () => [
      (await byTarget(root, rowOf('DescribeIdentity'), identity)).answer,
      (await byTarget(root, rowOf('ListRecords'), identity)).answer.Records,
    ];
    const before = await all();
    expect(JSON.stringify(before)).toContain('theirs');

    const disguised = { ...identity, ...own };
    const about = withPool.filter(({ operation }) => Object.hasOwn(operation.input, 'IdentityId'));
    expect(about.length).toBeGreaterThanOrEqual(8);
    for (const row of about) {
      const { answer } = await byTarget(key, row, {
        ...disguised,
        DeveloperProviderName: 'login.example',
        DeveloperUserIdentifier: 'user',
        Logins: { 'login.example': 'user' },
      });
      expect(JSON.stringify(answer)).not.toContain('theirs');
    }
    expect((await update(key, disguised, 'mine')).error).toBe('ResourceNotFoundException');
    expect(await all()).toEqual(before);
  });

  // Last, as it may delete the pool.
  test.each(withPool.map(label))('reaches it in %s', async (_name, row) => {
    await expectPermitted(key, row, { IdentityPoolId: pools[0] });
  });
});

describe.each(['revoked', 'expired', 'never made', 'given a wrong secret'] as const)(
  'a key that was %s',
  (how) => {
    let key: Credentials;
    beforeAll(async () => {
      const made = await newKey({ expiresAt: clock + hour });
      key = made;
      await expectPermitted(key, rowOf('ListIdentityPools'), {});
      if (how === 'revoked') await administration.revokeKey(made.accessKeyId);
      if (how === 'expired') clock += hour;
      if (how === 'never made') key = { ...made, accessKeyId: made.accessKeyId.replace('AKIA', 'AKIB') };
      if (how === 'given a wrong secret')
        key = { ...made, secretAccessKey: made.secretAccessKey.toLowerCase() };
    });

    test.each(forDevelopers.map(label))('is refused in %s', async (_name, row) => {
      const name =
        how === 'given a wrong secret' ? 'InvalidSignatureException' : 'UnrecognizedClientException';
      await expectRefused(key, row, { IdentityPoolId: pools[1] }, name);
    });
  },
);

test('no key reaches what only identities may call', async () => {
  const key = await newKey();
  const forIdentities = rows.filter(({ operation }) => !mayBeCalledBy(operation, 'developer'));
  const closed = forIdentities.filter(({ operation }) => !mayBeCalledBy(operation, 'anyone'));
  expect(closed).toHaveLength(3);
  for (const row of closed) await expectRefused(key, row, { IdentityPoolId: pools[1] });
});

test('none of this was a fault of the server', () => {
  expect(server.faults).toEqual([]);
});
