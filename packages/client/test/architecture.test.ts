import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createContext, runInContext } from 'node:vm';
import type * as core from '@holdall/client';
import type * as memory from '@holdall/client/stores/memory';
import { createTestServer } from '@holdall/client/testing';
import { describe, expect, test } from 'vitest';
import { bundleSource } from './bundle-source.ts';

// The dependency rule of ARCHITECTURE.md for the client, checked on the sources themselves.

const source = fileURLToPath(new URL('../src/', import.meta.url));

interface Import {
  /** Path from `src/` for our own files; else the specifier. */
  readonly target: string;
  readonly isTypeOnly: boolean;
}

interface SourceFile {
  /** From `src/`, with forward slashes. */
  readonly path: string;
  readonly layer: string;
  readonly imports: readonly Import[];
}

const fromClause = /^(?:import|export)(?<type>\s+type)?\s+[\w{*][^;'"]*?\bfrom\s+'(?<specifier>[^']+)'/gm;
/** For its effects alone, dynamically, or as a worker. */
const withoutNames = /(?:^import\s+|\bimport\(\s*|\bnew URL\(\s*)'(?<specifier>[^']+)'/gm;

/** Files beside the core that are entries by themselves. */
const ownLayers = ['push.ts', 'react.ts'];
/** Folders that are part of the core. */
const coreFolders = ['sync'];

const files: readonly SourceFile[] = globSync('**/*.ts', { cwd: source })
  .map((path) => path.replaceAll('\\', '/'))
  .filter((path) => !path.endsWith('.test.ts'))
  .map((path) => ({
    path,
    layer: layerOf(path),
    imports: importsOf(path, readFileSync(join(source, path), 'utf8')),
  }));

function layerOf(path: string): string {
  const [folder = '', ...rest] = path.split('/');
  if (rest.length === 0) return ownLayers.includes(path) ? path : 'core';
  return coreFolders.includes(folder) ? 'core' : folder;
}

function importsOf(path: string, text: string): Import[] {
  return [...text.matchAll(fromClause), ...text.matchAll(withoutNames)].map(({ groups }) => {
    const specifier = groups?.specifier ?? '';
    const target = specifier.startsWith('.') ? join(path, '..', specifier).replaceAll('\\', '/') : specifier;
    return { target, isTypeOnly: groups?.type !== undefined };
  });
}

/**
 * What each layer may import besides itself: layers, files, packages; `type:` for types alone. A layer that is missing
 * here fails the test: decide what it may know.
 */
const mayImport: Readonly<Record<string, readonly string[]>> = {
  core: ['type:@standard-schema/spec'],
  live: ['core', 'eventsource-parser/stream'],
  'push.ts': ['core'],
  'react.ts': ['core', 'react'],
  compat: ['core', 'stores/memory.ts'],
  devtools: ['core'],
  encryption: ['core'],
  stores: ['sync-error.ts', 'type:local-store.ts', 'node:sqlite', 'node:fs'],
  testing: ['core', '@holdall/protocol'],
};
/** The only ones with modules of Node, so that no other entry needs Node. */
const forNode = ['stores/node-sqlite.ts', 'stores/sqlite-file.ts'];

function isAllowed(allowed: string, { target, isTypeOnly }: Import): boolean {
  if (allowed.startsWith('type:')) return isTypeOnly && target === allowed.slice('type:'.length);
  return target === allowed || (target.endsWith('.ts') && layerOf(target) === allowed);
}

test('there is something to look at in every layer', () => {
  expect(files.length).toBeGreaterThanOrEqual(100);
  expect(files.flatMap(({ imports }) => imports).length).toBeGreaterThanOrEqual(300);
  const layers = new Set(files.map(({ layer }) => layer));
  expect([...layers].sort()).toEqual(Object.keys(mayImport).sort());
});

describe.each(Object.entries(mayImport))('%s', (layer, allowed) => {
  test(`imports nothing but ${['itself', ...allowed].join(', ')}`, () => {
    const forbidden = files
      .filter((file) => file.layer === layer)
      .flatMap(({ path, imports }) =>
        imports
          .filter((found) => ![layer, ...allowed].some((one) => isAllowed(one, found)))
          .map(({ target }) => `${path} imports ${target}`),
      );
    expect(forbidden).toEqual([]);
  });
});

test('modules of Node are imported by the SQLite store alone', () => {
  const importing = files.filter(({ imports }) => imports.some(({ target }) => target.startsWith('node:')));
  expect(importing.map(({ path }) => path).sort()).toEqual(forNode);
});

test('no file imports itself, however many files are between', () => {
  const byPath = new Map(files.map((file) => [file.path, file]));
  const finished = new Set<string>();
  const cycles: string[] = [];
  const visit = (path: string, way: readonly string[]): void => {
    if (way.includes(path)) cycles.push([...way.slice(way.indexOf(path)), path].join(' → '));
    if (way.includes(path) || finished.has(path)) return;
    for (const { target, isTypeOnly } of byPath.get(path)?.imports ?? []) {
      if (!isTypeOnly) visit(target, [...way, path]);
    }
    finished.add(path);
  };
  for (const { path } of files) visit(path, []);
  expect(cycles).toEqual([]);
});

const entries = Object.keys(
  JSON.parse(readFileSync(join(source, '../package.json'), 'utf8')).exports as Record<string, string>,
)
  .filter((entry) => entry !== './stores/node-sqlite')
  .map((entry) => entry.replace('.', '@holdall/client'));

test.each(entries)('%s loads without a document, a window, a navigator, storage or Node', async (entry) => {
  const exported = await load(`export * from '${entry}';`);
  expect(Object.keys(exported as object).length).toBeGreaterThan(0);
});

test('the core works there', async () => {
  const server = createTestServer();
  const { fetch } = server;
  const { createSyncClient, guest, memoryStore } = (await load(
    `export { createSyncClient, guest } from '@holdall/client';
     export { memoryStore } from '@holdall/client/stores/memory';`,
  )) as typeof core & typeof memory;
  const open = (provider: core.IdentityProvider) =>
    createSyncClient({
      endpoint: server.url,
      identity: provider,
      store: memoryStore(),
      autoSync: false,
      fetch,
    });
  await using phone = open(guest({ identityPoolId: server.identityPoolId }));
  await phone.dataset('settings').set('theme', 'dark');
  const result = await phone.dataset('settings').sync();
  expect([...result.pushed.added]).toEqual(['theme']);
  expect(phone.status.get().isOnline).toBe(true);
});

/** What browsers, workers, Node, Deno and Bun all have, besides the language. */
const presentEverywhere = {
  AbortController,
  AbortSignal,
  DOMException,
  TextDecoder,
  TextEncoder,
  TransformStream,
  URL,
  URLSearchParams,
  clearTimeout,
  crypto,
  queueMicrotask,
  setTimeout,
};

/** What the source exports, in a world of its own without anything else. */
async function load(text: string): Promise<unknown> {
  const { code } = await bundleSource(text, { format: 'iife', minify: false });
  return runInContext(`${code}\n;bundled`, createContext({ ...presentEverywhere }));
}
