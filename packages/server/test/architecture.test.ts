import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';

// The dependency rule of ARCHITECTURE.md, checked on the sources themselves.

const source = fileURLToPath(new URL('../src/', import.meta.url));

interface SourceFile {
  /** From `src/`, with forward slashes. */
  readonly path: string;
  readonly layer: string;
  readonly text: string;
  /** Paths from `src/` for our own files; else the specifier. */
  readonly imports: readonly { readonly target: string; readonly isTypeOnly: boolean }[];
}

const fromClause = /^(?:import|export)(?<type>\s+type)?\s+[\w{*][^;'"]*?\bfrom\s+'(?<specifier>[^']+)'/gm;
/** For its effects alone, dynamically, or as a worker. */
const withoutNames = /(?:^import\s+|\bimport\(\s*|\bnew URL\(\s*)'(?<specifier>[^']+)'/gm;

const files: readonly SourceFile[] = globSync('**/*.ts', { cwd: source })
  .map((path) => path.replaceAll('\\', '/'))
  .filter((path) => !path.endsWith('.test.ts'))
  .map((path) => {
    const text = readFileSync(join(source, path), 'utf8');
    return { path, layer: layerOf(path), text, imports: importsOf(path, text) };
  });

/** The folder, or the file itself for those that are in none. */
function layerOf(path: string): string {
  return path.split('/')[0] ?? path;
}

function importsOf(path: string, text: string): SourceFile['imports'] {
  return [...text.matchAll(fromClause), ...text.matchAll(withoutNames)].map(({ groups }) => {
    const specifier = groups?.specifier ?? '';
    const target = specifier.startsWith('.') ? join(path, '..', specifier).replaceAll('\\', '/') : specifier;
    return { target, isTypeOnly: groups?.type !== undefined };
  });
}

const anything = '*';

/**
 * What each layer may import: folders, files, packages; `node:` stands for Node's own modules, and `type:` before a
 * file for its types alone. A layer that is missing here fails the test: decide what it may know.
 */
const mayImport: Readonly<Record<string, readonly string[]>> = {
  domain: ['domain'],
  ports: ['ports', 'domain'],
  crypto: ['node:'],
  sigv4: ['sigv4', 'crypto', 'node:'],
  operations: ['operations', 'ports', 'domain', '@holdall/protocol', 'node:'],
  edge: ['edge', 'type:operations/handler.ts', 'sigv4', 'ports', 'domain', '@holdall/protocol', 'node:'],
  http: ['http', 'edge', 'ports', 'sigv4', '@holdall/protocol', 'fastify', 'prom-client', 'node:'],
  live: ['live', 'ports', 'domain'],
  stores: ['stores', 'ports', 'domain', 'node:'],
  credentials: ['credentials', 'crypto', 'ports', 'domain', 'jose', 'node:'],
  outgoing: ['outgoing', 'ports', 'node:'],
  'stream-targets': [
    'stream-targets',
    'configuration',
    'outgoing',
    'ports',
    '@aws-sdk/client-kinesis',
    '@nats-io/jetstream',
    '@nats-io/transport-node',
    '@redis/client',
    '@smithy/node-http-handler',
    'typebox',
    'node:',
  ],
  'push-targets': [
    'push-targets',
    'configuration',
    'outgoing',
    'ports',
    '@aws-sdk/client-sns',
    'google-auth-library',
    'jose',
    'typebox',
    'web-push',
    'node:',
  ],
  logins: ['logins', 'outgoing', 'ports', 'domain', 'jose', 'node:'],
  functions: [
    'functions',
    'configuration/secret.ts',
    'logins/fetch-json.ts',
    'outgoing',
    'ports',
    'domain',
    '@aws-sdk/client-lambda',
    'typebox',
    'node:',
  ],
  configuration: [
    'configuration',
    'functions/settings.ts',
    'push-targets/settings.ts',
    'stream-targets/settings.ts',
    'typebox',
    'node:',
  ],
  deliveries: ['deliveries', 'ports', 'domain', 'node:'],
  'open-receivers.ts': [
    'type:configuration/settings.ts',
    'functions/function-table.ts',
    'functions/index.ts',
    'push-targets/index.ts',
    'stream-targets/index.ts',
    'ports',
  ],
  'settings-check.ts': ['configuration', 'open-receivers.ts', 'data-files.ts', 'node:'],
  'config.ts': ['developer-keys-setting.ts', 'domain', 'node:'],
  'developer-keys-setting.ts': ['domain'],
  'audit-file.ts': ['ports', 'domain', 'node:'],
  'metrics.ts': ['delivery-metrics.ts', 'type:edge/observer.ts', 'prom-client'],
  'delivery-metrics.ts': ['ports', 'prom-client'],
  'purger.ts': ['ports', 'node:'],
  'start-server.ts': [anything],
  'administration.ts': [anything],
  'backup-data.ts': ['data-files.ts', 'stores', 'node:'],
  'data-files.ts': ['node:'],
  'index.ts': ['administration.ts', 'backup-data.ts', 'config.ts', 'settings-check.ts', 'start-server.ts'],
  testing: [anything],
};

function isAllowed(allowed: string, { target, isTypeOnly }: SourceFile['imports'][number]): boolean {
  if (allowed === anything) return true;
  if (allowed === 'node:') return target.startsWith('node:');
  if (allowed.startsWith('type:')) return isTypeOnly && target === allowed.slice('type:'.length);
  return target === allowed || target.startsWith(`${allowed}/`);
}

test('there is something to look at in every layer', () => {
  expect(files.length).toBeGreaterThanOrEqual(75);
  expect(files.flatMap(({ imports }) => imports).length).toBeGreaterThanOrEqual(250);
  const layers = new Set(files.map(({ layer }) => layer));
  expect([...layers].sort()).toEqual(Object.keys(mayImport).sort());
});

describe.each(Object.entries(mayImport))('%s', (layer, allowed) => {
  test(`imports nothing but ${allowed.join(', ')}`, () => {
    const forbidden = files
      .filter((file) => file.layer === layer)
      .flatMap(({ path, imports }) =>
        imports
          .filter((found) => !allowed.some((one) => isAllowed(one, found)))
          .map(({ target }) => `${path} imports ${target}`),
      );
    expect(forbidden).toEqual([]);
  });
});

test('adapters are known to the composition roots and to tests only', () => {
  const adapters = [
    'stores',
    'http',
    'credentials',
    'logins',
    'live',
    'functions',
    'stream-targets',
    'push-targets',
  ];
  const knowing = files.filter(
    ({ layer, imports }) =>
      !adapters.includes(layer) && imports.some(({ target }) => adapters.includes(layerOf(target))),
  );
  expect(new Set(knowing.map(({ layer }) => layer))).toEqual(
    new Set([
      'administration.ts',
      'backup-data.ts',
      // Adapters say themselves how they are set up.
      'configuration',
      'open-receivers.ts',
      'start-server.ts',
      'testing',
    ]),
  );
});

describe.each(['domain', 'ports'])('%s is pure', (layer) => {
  const pure = files.filter((file) => file.layer === layer);

  test('there are files to look at', () => {
    expect(pure.length).toBeGreaterThanOrEqual(5);
  });

  test.each([
    ['Date.now', /\bDate\.now\b/],
    ['new Date(', /\bnew Date\b/],
    ['performance', /\bperformance\./],
    ['Math.random', /\bMath\.random\b/],
    ['crypto', /\bcrypto\b/],
    ['timers', /\bset(?:Timeout|Interval|Immediate)\b/],
    ['node:', /['"]node:/],
    ['process', /\bprocess\./],
    ['fetch', /\bfetch\(/],
  ])('and has no %s', (_name, impurity) => {
    expect(pure.filter(({ text }) => impurity.test(text)).map(({ path }) => path)).toEqual([]);
  });
});
