import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { publint } from 'publint';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { bundleSource } from '../bundle-source.ts';
import { type InstalledPackages, installPackages } from './installed-packages.ts';

// The packages as others get them: packed, unpacked in an app's node_modules, and used from there.

const run = promisify(execFile);
const require = createRequire(import.meta.url);
const names = ['@holdall/protocol', '@holdall/server', '@holdall/client', '@holdall/cli'];

let installed: InstalledPackages;

beforeAll(() => {
  installed = installPackages(['react', '@types/react']);
});

afterAll(() => {
  installed?.[Symbol.dispose]();
});

test('all four packages are packed', () => {
  expect([...installed.tarballs.keys()]).toEqual(names);
});

test.each(names)('publint has nothing to say about %s', async (name) => {
  const { messages } = await publint({ pkgDir: installed.directoryOf(name), pack: false, strict: true });
  expect(messages).toEqual([]);
});

// The command has no modules for others, so there is nothing to ask about it.
test.each(names.filter((name) => name !== '@holdall/cli'))('attw finds the types of %s', async (name) => {
  const manifest = require.resolve('@arethetypeswrong/cli/package.json');
  const main = join(dirname(manifest), JSON.parse(readFileSync(manifest, 'utf8')).bin.attw);
  // They are modules only, for an age in which `require` can load those.
  const args = [main, installed.tarballs.get(name) ?? '', '--profile', 'esm-only', '--no-color'];
  const { stdout } = await run(process.execPath, args).catch((failure) => {
    throw new Error(failure.stdout || failure.message);
  });
  expect(stdout).toContain(`${name} v`);
});

test.each(names)('%s has no tests, and no path of the workspace in its manifest', (name) => {
  const manifest = readFileSync(join(installed.directoryOf(name), 'package.json'), 'utf8');
  expect(manifest).not.toContain('src/');
  expect(manifest).not.toContain('devDependencies');
});

test('the declarations stand on their own', async () => {
  const entries = entriesOf('@holdall/client');
  const uses = entries.map((entry, index) => `import type * as entry${index} from '${entry}';`);
  const types = entries.map((_entry, index) => `typeof entry${index}`);
  const source = `
    import { createSyncClient, guest, type SyncResult } from '@holdall/client';
    import { indexedDbStore } from '@holdall/client/stores/indexeddb';
    ${uses.join('\n')}
    export type All = [${types.join(', ')}];
    const identity = guest({ identityPoolId: 'us-east-1:1' });
    const client = createSyncClient({ endpoint: 'http://127.0.0.1', identity, store: indexedDbStore() });
    export const result: Promise<SyncResult> = client.dataset('settings').sync();
    // @ts-expect-error a dataset's name is a text
    client.dataset(1);
  `;
  writeFileSync(join(installed.folder, 'types.ts'), source);
  writeFileSync(
    join(installed.folder, 'tsconfig.json'),
    JSON.stringify({
      compilerOptions: {
        target: 'ES2024',
        module: 'NodeNext',
        lib: ['ES2024', 'ESNext.Disposable', 'DOM', 'DOM.Iterable', 'DOM.AsyncIterable'],
        types: [],
        strict: true,
        exactOptionalPropertyTypes: true,
        skipLibCheck: false,
        noEmit: true,
      },
      files: ['types.ts'],
    }),
  );
  const typescript = join(dirname(require.resolve('typescript/package.json')), 'bin/tsc');
  const { stdout } = await run(process.execPath, [typescript, '-p', installed.folder]).catch(
    (failure) => failure,
  );
  expect(stdout).toBe('');
});

describe('beside the installed service', () => {
  let server: ChildProcess;
  let service: { readonly endpoint: string; readonly identityPoolId: string };

  beforeAll(async () => {
    const data = join(installed.folder, 'data');
    const command = join(installed.directoryOf('@holdall/cli'), 'dist/main.js');
    const serve = [command, 'serve', '--port', '0', '--data', data, '--log-level', 'error'];
    server = spawn(process.execPath, serve, { stdio: ['ignore', 'pipe', 'inherit'] });
    const endpoint = await endpointOf(server);
    const create = [command, 'pools', 'create', 'app', '--guests', '--data', data];
    const { stdout } = await run(process.execPath, create);
    service = { endpoint, identityPoolId: stdout.trim() };
  });

  afterAll(async () => {
    if (!server || server.exitCode !== null) return;
    const exited = once(server, 'exit');
    server.kill('SIGTERM');
    await exited;
  });

  test('every entry of the client loads in Node', async () => {
    const entries = entriesOf('@holdall/client');
    expect(entries.length).toBeGreaterThanOrEqual(10);
    const loading = entries.map(
      (entry) => `console.log('${entry}', Object.keys(await import('${entry}')).length > 0);`,
    );
    const lines = await runInApp('load.js', loading.join('\n'));
    expect(lines).toEqual(entries.map((entry) => `${entry} true`));
  });

  test('Node brings a value from one device to another', async () => {
    const lines = await runInApp('two-devices.js', twoDevices('file'));
    expect(lines).toEqual(['sent theme', 'seen dark']);
  });

  test('so does what a bundler makes of it', async () => {
    const { code, imports } = await bundleSource(twoDevices('memory'), {
      format: 'esm',
      minify: true,
      from: installed.folder,
    });
    expect(imports).toEqual([]);
    const lines = await runInApp('bundled.js', code);
    expect(lines).toEqual(['sent theme', 'seen dark']);
  });

  /** A guest's device writes, and another of the same identity reads. */
  function twoDevices(store: 'file' | 'memory'): string {
    const [module, open] =
      store === 'file'
        ? ['node-sqlite', (name: string) => `sqliteStore('${join(installed.folder, `${name}.db`)}')`]
        : ['memory', () => 'memoryStore()'];
    return `
      import { createSyncClient, guest } from '@holdall/client';
      import { ${store === 'file' ? 'sqliteStore' : 'memoryStore'} } from '@holdall/client/stores/${module}';
      const { endpoint, identityPoolId } = ${JSON.stringify(service)};
      const open = (identity, store) => createSyncClient({ endpoint, identity, store, autoSync: false });
      const provider = guest({ identityPoolId });
      const phone = open(provider, ${open('phone')});
      await phone.dataset('settings').set('theme', 'dark');
      const { pushed } = await phone.dataset('settings').sync();
      console.log('sent', pushed.added.join());
      const known = phone.status.get().identity;
      const laptop = open({ ...provider, identity: async () => known }, ${open('laptop')});
      await laptop.dataset('settings').sync();
      console.log('seen', laptop.dataset('settings').peek('theme'));
      await phone[Symbol.asyncDispose]();
      await laptop[Symbol.asyncDispose]();
    `;
  }
});

function entriesOf(name: string): string[] {
  const manifest = JSON.parse(readFileSync(join(installed.directoryOf(name), 'package.json'), 'utf8'));
  return Object.keys(manifest.exports).map((entry) => entry.replace('.', name));
}

/** The lines that a program of the app writes. */
async function runInApp(file: string, source: string): Promise<string[]> {
  writeFileSync(join(installed.folder, file), source);
  const { stdout } = await run(process.execPath, [file], { cwd: installed.folder });
  return stdout.trimEnd().split('\n');
}

async function endpointOf(child: ChildProcess): Promise<string> {
  if (!child.stdout) throw new Error('The server has no output.');
  for await (const line of createInterface({ input: child.stdout })) {
    const endpoint = /^holdall listening on (http:\/\/\S+)$/.exec(line)?.[1];
    if (endpoint !== undefined) return endpoint;
  }
  throw new Error('The server ended before it listened.');
}
