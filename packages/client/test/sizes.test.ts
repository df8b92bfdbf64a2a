import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { bundleSource } from './bundle-source.ts';

const settings = { format: 'esm', minify: true } as const;

/** What an app loads for an entry. */
interface Row {
  /** As an app writes it. */
  readonly source: string;
  /** Most bytes, minified and compressed with `gzip -9`. */
  readonly budget: number;
  /** What is wanted, where that is not reached yet. */
  readonly target?: number;
  /** Counted without what the core has loaded anyway. */
  readonly besideCore?: true;
  /** Other packages. */
  readonly without?: readonly string[];
}

/** The only place where sizes are decided. */
const table: Readonly<Record<string, Row>> = {
  'core with signing': {
    source: `export { createSyncClient, guest } from '@holdall/client';`,
    budget: 21_250,
    target: 10_000,
  },
  live: { source: `export * from '@holdall/client/live';`, budget: 3_000, besideCore: true },
  push: { source: `export * from '@holdall/client/push';`, budget: 750, besideCore: true },
  react: {
    source: `export * from '@holdall/client/react';`,
    budget: 1_500,
    besideCore: true,
    without: ['react'],
  },
  compat: {
    source: `export * from '@holdall/client/compat';`,
    budget: 6_500,
    target: 3_000,
    besideCore: true,
  },
  encryption: { source: `export * from '@holdall/client/encryption';`, budget: 3_000, besideCore: true },
  devtools: { source: `export * from '@holdall/client/devtools';`, budget: 7_500, besideCore: true },
  'stores/indexeddb': { source: `export * from '@holdall/client/stores/indexeddb';`, budget: 2_500 },
  'stores/memory': { source: `export * from '@holdall/client/stores/memory';`, budget: 1_500 },
  'stores/async-storage': { source: `export * from '@holdall/client/stores/async-storage';`, budget: 3_000 },
  'stores/mmkv': { source: `export * from '@holdall/client/stores/mmkv';`, budget: 3_000 },
};
/** Neither is loaded by users of an app. */
const unmeasured = ['stores/node-sqlite', 'testing'];

test('every entry of the package is in the table', () => {
  const manifest = new URL('../package.json', import.meta.url);
  const { exports } = JSON.parse(readFileSync(manifest, 'utf8')) as { exports: Record<string, string> };
  const entries = Object.keys(exports)
    .filter((entry) => entry !== '.')
    .map((entry) => entry.slice('./'.length));
  const measured = Object.keys(table).filter((name) => name !== 'core with signing');
  expect([...measured, ...unmeasured].sort()).toEqual(entries.sort());
});

test.each(Object.entries(table))('%s keeps to its budget', async (_name, row) => {
  const size = gzipSync(await minified(row), { level: 9 }).length;
  expect(size).toBeGreaterThan(200);
  expect(size).toBeLessThanOrEqual(row.budget);
  // A target that was reached becomes the budget.
  if (row.target !== undefined) expect(size).toBeGreaterThan(row.target);
});

let coreModules: Promise<ReadonlySet<string>> | undefined;

async function minified({ source, besideCore, without = [] }: Row): Promise<string> {
  coreModules ??= bundleSource(`export * from '@holdall/client';`, settings).then(
    ({ moduleIds }) => new Set(moduleIds),
  );
  const core = besideCore ? await coreModules : undefined;
  const { code } = await bundleSource(source, {
    ...settings,
    isLeftOut: (specifier, file) => without.includes(specifier) || core?.has(file) === true,
  });
  return code;
}
