import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type Declaration, readDeclarations } from './declarations.ts';

/** A module that apps import from. */
export interface Entry {
  /** `@holdall/client/live` */
  readonly specifier: string;
  readonly declarations: readonly Declaration[];
}

const workspace = new URL('../', import.meta.url);
const folder = new URL('packages/client/', workspace);

/** What the package has for apps. Builds its declarations first. @throws Error when the sources have mistakes */
export function readClientEntries(): Entry[] {
  try {
    execFileSync('npx', ['--no-install', 'tsc', '-b', 'packages/client'], {
      cwd: workspace,
      encoding: 'utf8',
      stdio: 'pipe',
    });
  } catch (error) {
    throw new Error(`packages/client has mistakes:\n${(error as { stdout: string }).stdout}`, {
      cause: error,
    });
  }
  const { name, exports } = JSON.parse(readFileSync(new URL('package.json', folder), 'utf8')) as {
    readonly name: string;
    readonly exports: Readonly<Record<string, string>>;
  };
  return Object.entries(exports).map(([entry, source]) => ({
    specifier: entry.replace('.', name),
    declarations: readDeclarations(
      fileURLToPath(new URL(source.replace('/src/', '/dist/').replace(/\.ts$/, '.d.ts'), folder)),
    ),
  }));
}

/** The lines of `docs/reference/client.md`. */
export function clientPage(): string[] {
  const entries = readClientEntries();
  return [
    '# Client',
    '',
    'All that `@holdall/client` has for apps, as its sources declare it. How to use it: [guide](../guides/client.md).',
    '',
    '| import from | what |',
    '| --- | --- |',
    ...entries.map(({ specifier, declarations }) => {
      const links = sorted(declarations, isMain).map(({ name }) => `[${name}](#${anchor(name)})`);
      return `| [\`${specifier}\`](#${anchor(specifier)}) | ${links.join(', ')} |`;
    }),
    ...entries.flatMap(({ specifier, declarations }) => [
      `\n## ${specifier}`,
      ...sorted(declarations, isMain).flatMap(section),
      ...sorted(declarations, (declaration) => !isMain(declaration)).flatMap(section),
    ]),
  ];
}

function isMain({ kind, code }: Declaration): boolean {
  return kind === 'value' || code.startsWith('class ');
}

/** Without the types of namespaces, which are exported by themselves too. */
function sorted(
  declarations: readonly Declaration[],
  wanted: (declaration: Declaration) => boolean,
): Declaration[] {
  return declarations
    .filter((one) => wanted(one) && (one.kind === 'value' || !one.name.includes('.')))
    .sort((left, right) => (left.name.toLowerCase() < right.name.toLowerCase() ? -1 : 1));
}

/** As GitHub makes them of headings. */
function anchor(heading: string): string {
  return heading.toLowerCase().replaceAll(/[^a-z0-9 _-]/g, '');
}

function section({ name, doc, code }: Declaration): string[] {
  const prose = doc === undefined ? [] : ['', ...prosaic(doc)];
  return [`\n### ${name}`, ...prose, ...(code ? ['', '```ts', code, '```'] : [])];
}

/** `@throws SyncError …` and `@param name …` as sentences. */
function prosaic(doc: string): string[] {
  return doc
    .replaceAll(/\s*@param (\S+) /g, '\n\n`$1`: ')
    .replaceAll(/\s*@throws (\w+)/g, '\n\nThrows `$1`')
    .trim()
    .split('\n');
}
