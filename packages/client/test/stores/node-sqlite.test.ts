import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { DatabaseSync } from 'node:sqlite';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { sqliteStore } from '../../src/stores/node-sqlite.ts';
import { sqliteFailure } from '../../src/stores/sqlite-file.ts';
import { localStoreContract } from '../../src/testing/local-store-contract.ts';
import { change, head, record, stored } from '../../src/testing/local-store-samples.ts';
import { followsModel } from './local-store-model.ts';

let directory: string;
let file: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'holdall-store-'));
  file = join(directory, 'sync.db');
});
afterEach(() => rmSync(directory, { recursive: true }));

const committer = fileURLToPath(new URL('sqlite-committer.ts', import.meta.url));

async function ending(child: ReturnType<typeof spawn>): Promise<unknown> {
  const [code, signal] = await once(child, 'exit');
  return signal ?? code;
}

describe('the contract', () => {
  test.each(localStoreContract)('$name', ({ run }) => run(() => sqliteStore(file)));

  test('follows a model', async () => {
    let histories = 0;
    const place = () => {
      histories += 1;
      const path = `${file}-${histories}`;
      return () => sqliteStore(path);
    };
    await followsModel(place, { histories: 30 });
  });
});

describe('several processes', () => {
  test('share a file from its creation on, and lose no commit', async () => {
    const children = [1, 2, 3].map(() =>
      spawn(process.execPath, [committer, 'count', file, '40'], { stdio: ['ignore', 'ignore', 'inherit'] }),
    );
    expect(await Promise.all(children.map(ending))).toEqual([0, 0, 0]);
    const store = sqliteStore(file);
    expect(await stored(store, 'o', 'counter')).toEqual({
      head: head('counter', 120),
      records: [record('n', '120')],
    });
    await store.close();
  });

  test('one that is killed at any moment leaves every commit it told of, and no half of another', async () => {
    let told = 0;
    for (let kill = 1; kill <= 8; kill += 1) {
      const child = spawn(process.execPath, [committer, 'forever', file], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      const ended = ending(child);
      const enough = told + kill * 3;
      for await (const line of createInterface(child.stdout)) {
        told = Number(line);
        if (told === enough) child.kill('SIGKILL');
      }
      expect(await ended).toBe('SIGKILL');
      const store = sqliteStore(file);
      const [a, b] = [await stored(store, 'o', 'a'), await stored(store, 'o', 'b')];
      await store.close();
      const revision = a?.head.revision ?? 0;
      expect(revision).toBeGreaterThanOrEqual(told);
      expect(revision).toBeLessThanOrEqual(told + 1);
      expect(b?.head.revision).toBe(revision);
      const value = `${revision} `.repeat(2_000);
      for (const kept of [a, b]) expect(kept?.records.map((one) => one.value)).toEqual([value, value, value]);
    }
  });

  test('load one state while another commits', async () => {
    const child = spawn(process.execPath, [committer, 'forever', file], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const ended = ending(child);
    const store = sqliteStore(file);
    const revisions = new Set<number>();
    try {
      await once(child.stdout, 'data');
      child.stdout.resume();
      for (let load = 0; load < 4_000; load += 1) {
        const kept = await store.load('o', 'a');
        const seen = kept?.records.map(({ value }) => Number.parseInt(value ?? '', 10)) ?? [];
        expect(new Set(seen)).toEqual(new Set([kept?.head.revision]));
        revisions.add(kept?.head.revision ?? 0);
      }
    } finally {
      child.kill('SIGKILL');
      await ended;
      await store.close();
    }
    expect(revisions.size).toBeGreaterThan(3);
  });

  test('a lock that is held is waited for, and at last named', async () => {
    const store = sqliteStore(file);
    await store.setNote('n', 'text');
    const other = new DatabaseSync(file);
    other.exec('BEGIN IMMEDIATE');
    await expect(store.setNote('n', 'new')).rejects.toMatchObject({
      code: 'STORE',
      retryable: true,
      message: expect.stringContaining(`keeps ${file} locked`),
    });
    other.exec('ROLLBACK');
    other.close();
    await store.setNote('n', 'new');
    expect(await store.note('n')).toBe('new');
    await store.close();
  });
});

describe('the file', () => {
  test('is its owner’s only', async () => {
    const store = sqliteStore(file);
    await store.setNote('n', 'text');
    for (const suffix of ['', '-wal', '-shm']) expect(statSync(file + suffix).mode & 0o777).toBe(0o600);
    await store.close();
  });

  test('of a newer version is left alone', async () => {
    const newer = new DatabaseSync(file);
    newer.exec('PRAGMA user_version = 2');
    newer.close();
    const store = sqliteStore(file);
    const message = `${file} was written by a newer version of this package (its schema is 2, and this version knows 1).`;
    await expect(store.owners()).rejects.toMatchObject({
      code: 'STORE',
      message: expect.stringContaining(message),
    });
    await expect(store.setNote('n', 'text')).rejects.toMatchObject({ code: 'STORE' });
  });

  test('that is no database is named, and left as it is', async () => {
    writeFileSync(file, 'Dear diary, '.repeat(1_000));
    await expect(sqliteStore(file).owners()).rejects.toMatchObject({
      code: 'STORE',
      message: expect.stringContaining(`${file} is damaged, or is not an SQLite database`),
    });
    expect(readFileSync(file, 'utf8')).toBe('Dear diary, '.repeat(1_000));
  });

  test('whose pages are damaged is named', async () => {
    const first = sqliteStore(file);
    const put = Array.from({ length: 500 }, (_, index) => record(`k${index}`, 'v'.repeat(100)));
    await first.commit([change('o', head('d', 1), { put })]);
    await first.close();
    const bytes = readFileSync(file);
    bytes.fill(0xa5, 4_096 * 2);
    writeFileSync(file, bytes);
    const store = sqliteStore(file);
    await expect(store.load('o', 'd')).rejects.toMatchObject({
      code: 'STORE',
      message: expect.stringContaining(`${file} is damaged`),
    });
    await store.close();
  });

  test('in a directory that is not there is named', async () => {
    const nowhere = join(directory, 'none', 'sync.db');
    await expect(sqliteStore(nowhere).owners()).rejects.toMatchObject({
      code: 'STORE',
      message: expect.stringContaining(`${nowhere} cannot be used: ENOENT`),
    });
  });

  test('is opened again after it could not be', async () => {
    writeFileSync(file, 'Dear diary, '.repeat(1_000));
    const store = sqliteStore(file);
    await expect(store.owners()).rejects.toMatchObject({ code: 'STORE' });
    rmSync(file);
    expect(await store.owners()).toEqual([]);
    await store.close();
  });
});

describe('no space', () => {
  test('is said', () => {
    const database = new DatabaseSync(file);
    database.exec('CREATE TABLE t (x); PRAGMA max_page_count = 3');
    const fill = () => database.exec('INSERT INTO t VALUES (zeroblob(100000))');
    let failure: unknown;
    try {
      fill();
    } catch (error) {
      failure = sqliteFailure(error, file);
    }
    database.close();
    expect(failure).toMatchObject({
      code: 'STORE',
      message: `There is no space left for ${file}. Nothing was written.`,
    });
  });

  test('leaves what was there, and the store goes on when there is some', async () => {
    const store = sqliteStore(file);
    const before = { head: head('d', 1), records: [record('k', 'old')] };
    await store.commit([change('o', before.head, { put: before.records })]);
    await store.close();
    // The kernel refuses every write beyond 256 KiB of a file.
    const script = `import(${JSON.stringify(new URL('../../src/stores/node-sqlite.ts', import.meta.url).href)}).then(async ({ sqliteStore }) => {
      const store = sqliteStore(${JSON.stringify(file)});
      const put = [{ key: 'k', value: 'x'.repeat(1_000_000), base: null, syncCount: 0, changedAt: 0 }];
      const head = { name: 'd', revision: 2, syncCount: 0 };
      const refused = await store.commit([{ owner: 'o', dataset: 'd', expected: 1, head, put, erase: [] }]).catch((error) => error.code);
      const kept = await store.load('o', 'd');
      const isAccepted = await store.commit([{ owner: 'o', dataset: 'd', expected: 1, head, put: [], erase: [] }]);
      console.log(JSON.stringify([refused, kept, isAccepted]));
    })`;
    const child = spawn('/bin/sh', ['-c', 'ulimit -f 512; exec "$0" -e "$1"', process.execPath, script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const ended = ending(child);
    const lines: string[] = [];
    for await (const line of createInterface(child.stdout)) lines.push(line);
    expect(await ended).toBe(0);
    expect(JSON.parse(lines.join(''))).toEqual(['STORE', before, true]);
  });
});

describe('a damaged row', () => {
  const damages: readonly (readonly [string, string | undefined])[] = [
    [`UPDATE record SET record = '{"key":"k","val' WHERE dataset = '"d"'`, 'k'],
    [`UPDATE record SET record = '{"key":"k","value":"v"}' WHERE dataset = '"d"'`, 'k'],
    [`UPDATE record SET record = 'null' WHERE dataset = '"d"'`, 'k'],
    [`UPDATE head SET head = '{"name":"d"}' WHERE dataset = '"d"'`, undefined],
    [`UPDATE head SET head = '' WHERE dataset = '"d"'`, undefined],
  ];

  test.each(damages)('is named, harms no other dataset, and can be erased: %s', async (sql, key) => {
    const store = sqliteStore(file);
    const put = [record('k', 'v')];
    await store.commit([change('o', head('d', 1), { put }), change('p', head('e', 1), { put })]);
    const other = new DatabaseSync(file);
    other.exec(sql);
    other.close();
    await expect(store.load('o', 'd')).rejects.toMatchObject({ code: 'STORE', dataset: 'd', key });
    expect(await stored(store, 'p', 'e')).toEqual({ head: head('e', 1), records: put });
    const expected = key === undefined ? 0 : 1;
    const erasure = { owner: 'o', dataset: 'd', expected, head: undefined, put: [], erase: [] };
    expect(await store.commit([erasure])).toBe(true);
    expect(await store.owners()).toEqual(['p']);
    await store.close();
  });
});
