import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'vitest';
import { localStoreContract } from '../testing/local-store-contract.ts';
import { sqliteStore } from './node-sqlite.ts';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'holdall-store-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

test.each(localStoreContract)('an SQLite store $name', ({ run }) =>
  run(() => sqliteStore(join(directory, 'sync.db'))),
);
