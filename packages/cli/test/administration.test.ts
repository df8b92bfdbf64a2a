import { once } from 'node:events';
import { appendFileSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { CognitoIdentity } from '@aws-sdk/client-cognito-identity';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { confirm } from '../src/confirm.ts';
import { ended, readyUrl, runHoldall, spawnHoldall } from './run-holdall.ts';

// The command works on a data directory that a server runs on, as a person would have it.

let data: string;
let url: string;
let stop: () => Promise<void>;

beforeAll(async () => {
  data = mkdtempSync(join(tmpdir(), 'holdall-admin-'));
  const child = spawnHoldall(['serve', '--port', '0', '--data', data, '--log-level', 'silent']);
  const end = ended(child);
  url = await readyUrl(child);
  stop = async () => {
    child.kill('SIGTERM');
    await end;
  };
});
afterAll(async () => {
  await stop();
  rmSync(data, { recursive: true });
});

/** What the command printed; its failure fails the test. */
async function holdall(...args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await runHoldall([...args, '--data', data]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return stdout;
}

async function refused(...args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await runHoldall([...args, '--data', data]);
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  return stderr;
}

function clientWith(accessKeyId: string, secretAccessKey: string): CognitoIdentity {
  return new CognitoIdentity({
    endpoint: url,
    region: 'us-east-1',
    maxAttempts: 1,
    credentials: { accessKeyId, secretAccessKey },
  });
}

function auditLines(): Record<string, unknown>[] {
  const lines = readFileSync(join(data, 'audit.log'), 'utf8').trim().split('\n');
  return lines.map((line) => JSON.parse(line));
}

async function newPool(name = 'demo'): Promise<string> {
  return (await holdall('pools', 'create', name, '--guests')).trim();
}

describe('holdall keys', () => {
  test('a key is made, works at once, is listed without its secret, and is refused once it is revoked', async () => {
    const made = await holdall('keys', 'create', '--description', 'billing backend', '--expires', '30d');
    const id = /^Access key id +(\S+)$/m.exec(made)?.[1] ?? '';
    const secret = /^Secret +(\S+)$/m.exec(made)?.[1] ?? '';
    expect(id).toMatch(/^AKIA[A-Z2-7]{16}$/);
    const client = clientWith(id, secret);
    await client.listIdentityPools({ MaxResults: 1 });

    const listed = await holdall('keys', 'list');
    expect(listed).toMatch(new RegExp(`^${id} +active +all pools +.*billing backend$`, 'm'));
    expect(await holdall('keys', 'revoke', id)).toContain(`${id} is revoked`);
    await expect(client.listIdentityPools({ MaxResults: 1 })).rejects.toMatchObject({
      name: 'UnrecognizedClientException',
    });
    expect(await holdall('keys', 'list')).toMatch(new RegExp(`^${id} +revoked`, 'm'));
    const files = ['holdall.db', 'holdall.db-wal', 'audit.log', 'secrets.json'];
    for (const file of files) expect(readFileSync(join(data, file), 'latin1')).not.toContain(secret);
    expect(listed).not.toContain(secret);
    client.destroy();
  });

  test('in JSON, with all limits', async () => {
    const pools = [await newPool(), await newPool()];
    const flags = pools.flatMap((pool) => ['--pool', pool]);
    const made = JSON.parse(
      await holdall('keys', 'create', ...flags, '--read-only', '--expires', '2126-01-01', '--json'),
    );
    const { secretAccessKey, ...rest } = made;
    expect(secretAccessKey).toMatch(/^\S{40}$/);
    expect(rest).toEqual({
      accessKeyId: expect.any(String),
      description: '',
      state: 'active',
      pools,
      readOnly: true,
      createdAt: expect.any(String),
      expiresAt: '2126-01-01T00:00:00.000Z',
    });
    const listed = JSON.parse(await holdall('keys', 'list', '--json'));
    expect(listed.at(-1)).toEqual(rest);
    const revoked = JSON.parse(await holdall('keys', 'revoke', rest.accessKeyId, '--json'));
    expect(revoked).toMatchObject({ state: 'revoked', revokedAt: expect.any(String) });
    const again = JSON.parse(await holdall('keys', 'revoke', rest.accessKeyId, '--json'));
    expect(again).toEqual(revoked);
  });

  test.each([
    [['keys', 'create', '--expires', 'soon'], 'Give days (30d), hours (12h) or a time'],
    [['keys', 'create', '--expires', '2020-01-01'], 'That is over already.'],
    [['keys', 'create', '--expires', '0d'], 'That is over already.'],
    [['keys', 'create', '--pool', 'us-east-1:0'], "holdall: IdentityPool 'us-east-1:0' not found."],
    [['keys', 'create', '--description', 'a\u001b[2Jb'], 'A description has at most 256 characters'],
    [['keys', 'revoke', 'AKIANOBODY'], 'holdall: There is no developer key AKIANOBODY.'],
    [['keys', 'revoke'], "missing required argument 'ID'"],
    [['keys', 'forget'], "unknown command 'forget'"],
  ])('%j is refused and says why', async (args, message) => {
    expect(await refused(...args)).toContain(message);
  });
});

describe('holdall pools', () => {
  test('a pool is created, shown, listed and deleted, and the server knows', async () => {
    const settings = join(data, 'settings.json');
    writeFileSync(settings, '{"DeveloperProviderName": "login.shop.example"}');
    const id = (await holdall('pools', 'create', 'shop', '--settings', settings)).trim();
    expect(id).toMatch(/^us-east-1:[0-9a-f-]{36}$/);
    const { accessKeyId, secretAccessKey } = JSON.parse(readFileSync(join(data, 'credentials.json'), 'utf8'));
    const root = clientWith(accessKeyId, secretAccessKey);
    expect(await root.describeIdentityPool({ IdentityPoolId: id })).toMatchObject({
      IdentityPoolName: 'shop',
      AllowUnauthenticatedIdentities: false,
      DeveloperProviderName: 'login.shop.example',
    });
    expect(await holdall('pools', 'show', id)).toMatch(/^DeveloperProviderName +login\.shop\.example$/m);
    expect(await holdall('pools', 'list')).toMatch(new RegExp(`^${id} +no +0 +\\S+ +shop$`, 'm'));
    const listed = JSON.parse(await holdall('pools', 'list', '--json'));
    const shown = JSON.parse(await holdall('pools', 'show', id, '--json'));
    expect(listed).toContainEqual(shown);
    expect(shown).toMatchObject({ IdentityPoolId: id, IdentityPoolName: 'shop', DataStorage: 0 });

    expect(await refused('pools', 'delete', id)).toContain('Nobody can be asked here: say so with --yes.');
    expect(await holdall('pools', 'delete', id, '--yes')).toBe(`${id} is deleted.\n`);
    await expect(root.describeIdentityPool({ IdentityPoolId: id })).rejects.toMatchObject({
      name: 'ResourceNotFoundException',
    });
    root.destroy();
  });

  test('another region is in the id', async () => {
    const made = JSON.parse(await holdall('pools', 'create', 'demo', '--region', 'eu-central-1', '--json'));
    expect(made).toEqual({
      IdentityPoolId: expect.stringMatching(/^eu-central-1:/),
      IdentityPoolName: 'demo',
      AllowUnauthenticatedIdentities: false,
    });
  });

  test.each([
    [['pools', 'create', 'bad!name'], "Value 'bad!name' at 'identityPoolName' failed to satisfy constraint"],
    [['pools', 'create'], "missing required argument 'NAME'"],
    [['pools', 'create', 'demo', '--region', 'Mars'], '--region must be an AWS region'],
    [['pools', 'create', 'demo', '--settings', '/nowhere'], 'ENOENT'],
    [['pools', 'show', 'us-east-1:0'], "holdall: IdentityPool 'us-east-1:0' not found."],
    [['pools', 'delete', 'us-east-1:0', '--yes'], "holdall: IdentityPool 'us-east-1:0' not found."],
  ])('%j is refused and says why', async (args, message) => {
    expect(await refused(...args)).toContain(message);
  });

  test('a directory without a database is left as it is', async () => {
    const elsewhere = join(data, 'mistyped');
    const { code, stderr } = await runHoldall(['pools', 'list', '--data', elsewhere]);
    expect(code).toBe(1);
    expect(stderr).toContain(`There is no database at ${join(elsewhere, 'holdall.db')}`);
    expect(() => statSync(elsewhere)).toThrow('ENOENT');
  });
});

describe('holdall identities', () => {
  let pool: string;
  let ids: readonly string[];

  beforeAll(async () => {
    pool = await newPool();
    const guest = new CognitoIdentity({ endpoint: url, region: 'us-east-1' });
    const made = await Promise.all([1, 2, 3].map(() => guest.getId({ IdentityPoolId: pool })));
    ids = made.map(({ IdentityId = '' }) => IdentityId).sort();
    guest.destroy();
  });

  test('are listed page by page, and shown', async () => {
    const listed = await holdall('identities', 'list', pool, '--limit', '2');
    expect(listed).toMatch(new RegExp(`^${ids[0]} +enabled`, 'm'));
    expect(listed).toContain(`There may be more: --after ${ids[1]}`);
    const rest = JSON.parse(await holdall('identities', 'list', pool, '--after', ids[1] ?? '', '--json'));
    expect(rest).toEqual([
      {
        IdentityId: ids[2],
        Logins: [],
        Enabled: true,
        CreationDate: expect.any(String),
        LastModifiedDate: expect.any(String),
      },
    ]);
    const shown = JSON.parse(await holdall('identities', 'show', ids[2] ?? '', '--json'));
    expect(shown).toEqual({ ...rest[0], IdentityPoolId: pool, DatasetCount: 0, DataStorage: 0 });
    expect(await holdall('identities', 'show', ids[2] ?? '')).toMatch(/^State +enabled$/m);
  });

  test('are deleted when it is meant, all or none', async () => {
    const [first = '', second = '', third = ''] = ids;
    expect(await refused('identities', 'delete', first)).toContain('say so with --yes');
    expect(await refused('identities', 'delete', first, 'us-east-1:0', '--yes')).toContain(
      "holdall: Identity 'us-east-1:0' not found.",
    );
    const before = auditLines().length;
    expect(await holdall('identities', 'delete', first, second, '--yes')).toBe(
      `${first} is deleted.\n${second} is deleted.\n`,
    );
    expect(auditLines().slice(before)).toMatchObject([
      { action: 'DeleteIdentities', target: { identityIds: [first, second] }, outcome: 'done' },
    ]);
    const left = JSON.parse(await holdall('identities', 'list', pool, '--json'));
    expect(left.map((identity: { IdentityId: string }) => identity.IdentityId)).toEqual([third]);
    const guest = new CognitoIdentity({ endpoint: url, region: 'us-east-1' });
    await expect(guest.getCredentialsForIdentity({ IdentityId: first })).rejects.toMatchObject({
      name: 'ResourceNotFoundException',
    });
    guest.destroy();
  });

  test.each([
    [['list', 'us-east-1:0'], "holdall: IdentityPool 'us-east-1:0' not found."],
    [['list', 'us-east-1:0', '--limit', '0'], 'Give a whole number from 1 to 100000.'],
    [['show', 'us-east-1:0'], "holdall: Identity 'us-east-1:0' not found."],
    [['delete'], "missing required argument 'ID'"],
  ])('%j is refused and says why', async (args, message) => {
    expect(await refused('identities', ...args)).toContain(message);
  });
});

describe('the audit log', () => {
  test('has what was done with the command, by whom, in the form of the API', async () => {
    const before = auditLines().length;
    const pool = await newPool();
    const key = JSON.parse(await holdall('keys', 'create', '--json'));
    await refused('keys', 'revoke', 'AKIANOBODY');
    await holdall('pools', 'list');
    await holdall('pools', 'delete', pool, '--yes');
    const operator = {
      audit: 1,
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      source: 'cli',
      actor: { kind: 'operator', user: userInfo().username },
    };
    expect(auditLines().slice(before)).toEqual([
      { ...operator, action: 'CreateIdentityPool', target: { identityPoolId: pool }, outcome: 'done' },
      {
        ...operator,
        action: 'CreateDeveloperKey',
        target: { accessKeyId: key.accessKeyId },
        outcome: 'done',
      },
      {
        ...operator,
        action: 'RevokeDeveloperKey',
        target: { accessKeyId: 'AKIANOBODY' },
        outcome: 'refused',
        error: 'ResourceNotFoundException',
      },
      { ...operator, action: 'DeleteIdentityPool', target: { identityPoolId: pool }, outcome: 'done' },
    ]);
    expect(statSync(join(data, 'audit.log')).mode & 0o777).toBe(0o600);
  });

  test('can be elsewhere', async () => {
    const log = join(data, 'elsewhere.log');
    appendFileSync(log, 'before\n');
    await holdall('pools', 'create', 'demo', '--audit-log', log);
    expect(readFileSync(log, 'utf8')).toMatch(/^before\n\{"audit":1,.*"CreateIdentityPool".*\}\n$/);
  });
});

describe('every command of administration', () => {
  test.each([
    ['keys', ['create', 'list', 'revoke']],
    ['pools', ['create', 'list', 'show', 'delete']],
    ['identities', ['list', 'show', 'delete']],
  ])('%s has help that says what there is', async (group, commands) => {
    const { code, stdout } = await runHoldall([group, '--help']);
    expect(code).toBe(0);
    for (const command of commands) expect(stdout).toMatch(new RegExp(`^  ${command}\\b`, 'm'));
  });
});

describe('a deletion on a terminal', () => {
  const ask = async (answer: string) => {
    const input = Object.assign(new PassThrough(), { isTTY: true });
    const output = new PassThrough();
    const asked = once(output, 'data');
    const confirmed = confirm('This deletes all.', { input, output });
    expect(String(await asked)).toContain('This deletes all. Type yes to go on: ');
    input.write(`${answer}\n`);
    return confirmed;
  };

  test('goes on after yes', async () => {
    await ask('yes');
  });

  test.each(['', 'y', 'no', 'YES please'])('does not after %j', async (answer) => {
    await expect(ask(answer)).rejects.toThrow('Nothing was deleted.');
  });
});
