import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { constants, DatabaseSync } from 'node:sqlite';
import type { Worker } from 'node:worker_threads';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { GroupCommit } from '../src/stores/sqlite/group-commit.ts';
import { migrate, readMigrations, SchemaTooNewError } from '../src/stores/sqlite/migrate.ts';
import { SqliteStore } from '../src/stores/sqlite/sqlite-store.ts';
import { WriteFailedError, WriterStoppedError } from '../src/stores/sqlite/writer.ts';
import {
  anIdentity,
  anUpdate,
  aPool,
  aSignIn,
  asIdentity,
  contents,
  google,
  identityId,
  list,
  poolId,
  put,
  settle,
  update,
} from '../src/testing/store-contract/scene.ts';

let folder: string;
let file: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'holdall-sqlite-'));
  file = join(folder, 'data.db');
});

afterEach(() => rmSync(folder, { recursive: true }));

function schema(db: DatabaseSync): unknown {
  return [
    db.prepare('PRAGMA user_version').get(),
    db.prepare('SELECT type, name, sql FROM sqlite_schema ORDER BY name').all(),
  ];
}

describe('migrations', () => {
  const migrations = readMigrations();
  const latest = new DatabaseSync(':memory:');
  migrate(latest);

  it.each(migrations.map(({ version }) => version - 1))('from version %i to the latest', (version) => {
    const db = new DatabaseSync(file);
    migrate(db, migrations.slice(0, version));
    migrate(db);
    expect(schema(db)).toEqual(schema(latest));
    db.close();
  });

  it('from version 1 with all its data, which goes on working', async () => {
    const db = new DatabaseSync(file);
    migrate(db, migrations.slice(0, 1));
    db.prepare('INSERT INTO identity_pool (pool, id, document) VALUES (1, ?, ?)').run(
      poolId(1),
      JSON.stringify(aPool(1)),
    );
    db.exec('INSERT INTO pool_usage VALUES (1, 2, 1500)');
    db.prepare('INSERT INTO identity VALUES (?, 1, 2000, 2000)').run(identityId(1));
    db.prepare(
      `INSERT INTO dataset VALUES (7, ?, 'settings', 1, 3, NULL, 1, 2100, 2200, 'device', 1, 0, 2, '["s",9]')`,
    ).run(identityId(1));
    db.exec("INSERT INTO record VALUES (5, 7, 'k', 3, 2200, 'device', 2200, 'v')");
    db.prepare('INSERT INTO device VALUES (?, ?, ?, ?, 3000)').run('phone', identityId(1), 'GCM', 'token');
    db.exec("INSERT INTO subscription VALUES (7, 'phone')");
    db.close();

    const store = await SqliteStore.open({ file });
    expect(await store.pool(poolId(1))).toEqual(aPool(1));
    expect(await store.identity(identityId(1))).toEqual(anIdentity(1));
    expect(await store.identities({ poolId: poolId(1), limit: 10 })).toEqual([anIdentity(1)]);
    expect(await contents(store)).toEqual(new Map([['k', 'v']]));
    expect(await store.subscribedDevices(identityId(1), 'settings')).toEqual(['phone']);
    expect((await store.poolUsage(poolId(1)))?.storageBytes).toBe(2);
    expect(await update(store, [put('k', 'w', 3)])).toMatchObject({ kind: 'accepted', syncCount: 4 });

    await store.createIdentity({ ...anIdentity(2), logins: [google('ann')] });
    const merge = await store.signIn(aSignIn([google('ann')], asIdentity(1)));
    expect(merge).toMatchObject({ kind: 'joined', identity: { id: identityId(2) } });
    expect(await contents(store, `settings.${identityId(1)}`, 2)).toEqual(new Map([['k', 'w']]));
    await store.close();
  });

  it('twice is once', () => {
    const db = new DatabaseSync(file);
    migrate(db);
    migrate(db);
    expect(schema(db)).toEqual(schema(latest));
    db.close();
  });

  it('one that fails leaves the version before it, complete', () => {
    const db = new DatabaseSync(':memory:');
    const broken = { version: migrations.length + 1, sql: 'CREATE TABLE half (a); CREATE TABLE half (a)' };
    expect(() => migrate(db, [...migrations, broken])).toThrow(`Migration ${broken.version}`);
    expect(schema(db)).toEqual(schema(latest));
  });

  it('a newer schema is refused, with both versions and what to do', async () => {
    const db = new DatabaseSync(file);
    migrate(db);
    db.exec('PRAGMA user_version = 4711');
    const refusal = new RegExp(`version 4711.*up to ${migrations.length}.*newer one, or restore a backup`);
    expect(() => migrate(db)).toThrow(SchemaTooNewError);
    expect(() => migrate(db)).toThrow(refusal);
    db.close();
    await expect(SqliteStore.open({ file })).rejects.toThrow(refusal);
  });
});

describe('group commit', () => {
  const batches: number[] = [];
  let store: SqliteStore;

  beforeEach(async () => {
    store = await SqliteStore.open({ file, onCommit: (batchSize) => batches.push(batchSize) });
    await settle(store);
    batches.length = 0;
  });

  afterEach(() => store.close());

  it('jobs of one turn share a commit', async () => {
    await Promise.all(Array.from({ length: 100 }, (_, index) => update(store, [put(`k${index}`, 'v')])));
    expect(batches.reduce((sum, size) => sum + size)).toBe(100);
    expect(batches.length).toBeLessThan(20);
  });

  it('a huge queue becomes several groups, answered in order', async () => {
    const answered: number[] = [];
    const jobs = Array.from({ length: 1_300 }, async (_, index) => {
      await update(store, [put('k', String(index))]);
      answered.push(index);
    });
    await Promise.all(jobs);
    expect(answered).toEqual(answered.map((_, index) => index));
    expect(Math.max(...batches)).toBeLessThanOrEqual(512);
    expect(await contents(store)).toEqual(new Map([['k', '1299']]));
  });

  it('a job that fails does so alone', async () => {
    const outcomes = await Promise.allSettled([
      update(store, [put('before', 'v')]),
      store.createIdentity(anIdentity(1)),
      update(store, [put('after', 'v')]),
    ]);
    expect(batches).toEqual([3]);
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(outcomes[1]).toMatchObject({ reason: expect.any(WriteFailedError) });
    expect(outcomes[1]).toMatchObject({ reason: { message: expect.stringMatching(/UNIQUE.*identity\.id/) } });
    expect([...(await contents(store)).keys()]).toEqual(['before', 'after']);
  });

  it('a writer thread that dies takes with it what it had not answered, and the store says so', async () => {
    await store.close();
    let thread: Worker | undefined;
    process.once('worker', (worker) => {
      thread = worker;
    });
    store = await SqliteStore.open({ file });
    const pending = Promise.allSettled([update(store, [put('a', 'v')]), update(store, [put('b', 'v')])]);
    await thread?.terminate();
    for (const outcome of await pending)
      expect(outcome).toMatchObject({ reason: expect.any(WriterStoppedError) });
    await expect(update(store, [put('c', 'v')])).rejects.toBeInstanceOf(WriterStoppedError);
    expect((await list(store)).records).toEqual([]);
  });
});

it('when the commit fails, every job of the group does, and nothing is written', () => {
  const db = new DatabaseSync(':memory:');
  migrate(db);
  const groupCommit = new GroupCommit(db);
  const put1 = { method: 'updateRecords', args: [anUpdate([put('k', 'v')])] } as const;
  groupCommit.run([
    { method: 'createPool', args: [aPool(1)] },
    { method: 'createIdentity', args: [anIdentity(1)] },
  ]);

  db.setAuthorizer((action, verb) =>
    action === constants.SQLITE_TRANSACTION && verb === 'COMMIT'
      ? constants.SQLITE_DENY
      : constants.SQLITE_OK,
  );
  expect(groupCommit.run([put1, put1])).toMatchObject({ kind: 'failed', jobs: 2 });
  db.setAuthorizer(null);

  const reply = groupCommit.run([put1]);
  expect(reply).toMatchObject({ kind: 'committed', answers: [{ value: { syncCount: 1 } }] });
  expect(db.prepare('SELECT storage_bytes FROM pool_usage').get()).toEqual({ storage_bytes: 2 });
});

describe('files', () => {
  it('are for their owner only, whatever the umask', async () => {
    const umask = process.umask(0);
    const store = await SqliteStore.open({ file });
    await settle(store);
    await store.backup(join(folder, 'backup.db'));
    process.umask(umask);
    const modes = ['data.db', 'data.db-wal', 'data.db-shm', 'backup.db'].map(
      (name) => statSync(join(folder, name)).mode & 0o777,
    );
    expect(modes).toEqual([0o600, 0o600, 0o600, 0o600]);
    await store.close();
  });

  it('a backup never writes over anything', async () => {
    const store = await SqliteStore.open({ file });
    const path = join(folder, 'precious');
    writeFileSync(path, 'precious');
    await expect(store.backup(path)).rejects.toThrow('exists already');
    expect(readFileSync(path, 'utf8')).toBe('precious');
    await store.close();
  });

  it('a backup that is taken while others write is one state', async () => {
    const store = await SqliteStore.open({ file });
    await settle(store);
    const path = join(folder, 'backup.db');
    let copying = true;
    const copied = store.backup(path).finally(() => {
      copying = false;
    });
    for (let count = 1; copying; count++) await update(store, [put(`k${count}`, 'x'.repeat(1_000))]);
    await copied;
    await store.close();
    await expectWhole(path);
  });
});

/** Opens what is left and checks that it is one state, with all of `acknowledged`. */
async function expectWhole(path: string, acknowledged: readonly string[] = []): Promise<void> {
  const store = await SqliteStore.open({ file: path });
  const { dataset, records } = await list(store);
  expect(records.map(({ syncCount }) => syncCount)).toEqual(records.map((_, index) => index + 1));
  expect(dataset?.syncCount ?? 0).toBe(records.length);
  expect((await store.poolUsage(poolId(1)))?.storageBytes).toBe(dataset?.storageBytes ?? 0);
  expect((await store.identityUsage(identityId(1)))?.storageBytes).toBe(dataset?.storageBytes ?? 0);
  const keys = new Set(records.map(({ key }) => key));
  expect(acknowledged.filter((key) => !keys.has(key))).toEqual([]);
  await store.close();
}

/** A process that writes new keys from 16 callers until a write fails, and prints each key once it is acknowledged. */
function writingProcess(limits = ':'): { lines: AsyncIterable<string>; kill: () => void } {
  const source = (path: string) => JSON.stringify(new URL(`../src/${path}`, import.meta.url).href);
  const program = `
    const { SqliteStore } = await import(${source('stores/sqlite/sqlite-store.ts')});
    const { put, settle, update } = await import(${source('testing/store-contract/scene.ts')});
    const store = await SqliteStore.open({ file: ${JSON.stringify(file)} });
    await settle(store);
    async function write(caller) {
      for (let count = 1; ; count++) {
        await update(store, [put(caller + '-' + count, 'x'.repeat(5000))]);
        process.stdout.write(caller + '-' + count + '\\n');
      }
    }
    try {
      await Promise.all(Array.from({ length: 16 }, (_, caller) => write(caller)));
    } catch (error) {
      process.stdout.write(error.name + '\\n');
      process.exit();
    }`;
  const child = spawn(
    'sh',
    ['-c', `${limits}; exec "$0" --input-type=module -e "$1"`, process.execPath, program],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  return { lines: createInterface({ input: child.stdout }), kill: () => child.kill('SIGKILL') };
}

describe('what was acknowledged is there', () => {
  it('after the process was killed', async () => {
    const { lines, kill } = writingProcess();
    const acknowledged: string[] = [];
    for await (const line of lines) if (acknowledged.push(line) === 500) kill();
    expect(acknowledged.length).toBeGreaterThanOrEqual(500);
    // The last line may have been cut short.
    await expectWhole(file, acknowledged.slice(0, 500));
  });

  it('after the disk was full', async () => {
    // Two megabytes; what is written beyond fails.
    const { lines } = writingProcess('ulimit -f 4096');
    const acknowledged: string[] = [];
    for await (const line of lines) acknowledged.push(line);
    const end = acknowledged.pop();
    expect(end).toBe('WriteFailedError');
    expect(acknowledged.length).toBeGreaterThan(16);
    await expectWhole(file, acknowledged);
  });
});
