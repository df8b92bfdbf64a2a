import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

// Makes of each package what is published: `node tools/pack-packages.ts [DIRECTORY]` leaves a tarball of each in the
// directory, `dist` when absent. In the workspace `exports` point at the sources (docs/decisions/0006); Node strips no
// types in `node_modules`, so here they point at what `tsc` made of them.

const workspace = fileURLToPath(new URL('../', import.meta.url));

/** In the order in which they depend on each other, which is the one to publish them in. */
const packageFolders = ['protocol', 'server', 'client', 'cli'] as const;

interface Manifest {
  readonly exports?: Readonly<Record<string, string>>;
  readonly bin?: Readonly<Record<string, string>>;
  /** Tools of the workspace, which users have no need of. */
  readonly devDependencies?: object;
}

/** Builds and packs all. Returns the path of each tarball by the package's name. @throws Error when the build fails */
export function packPackages(directory: string): ReadonlyMap<string, string> {
  mkdirSync(directory, { recursive: true });
  run('tsc', ['-b', ...packageFolders.map((folder) => join('packages', folder))], workspace);
  const staging = join(directory, 'staging');
  rmSync(staging, { recursive: true, force: true });
  for (const folder of packageFolders) stage(join(workspace, 'packages', folder), join(staging, folder));
  const folders = packageFolders.map((folder) => `./${folder}`);
  const packed = run(
    'npm',
    ['pack', '--json', '--ignore-scripts', '--pack-destination', directory, ...folders],
    staging,
  );
  rmSync(staging, { recursive: true });
  // An array, or from npm 12 on an object by name.
  const files: { name: string; filename: string }[] = Object.values(JSON.parse(packed));
  return new Map(files.map(({ name, filename }) => [name, join(directory, filename)]));
}

/** Puts what is published of a package into a folder of its own. */
function stage(source: string, staged: string): void {
  mkdirSync(staged, { recursive: true });
  const manifest: Manifest = JSON.parse(readFileSync(join(source, 'package.json'), 'utf8'));
  writeFileSync(join(staged, 'package.json'), `${JSON.stringify(published(manifest), undefined, 2)}\n`);
  for (const document of ['README.md', 'SPEC.md']) {
    if (existsSync(join(source, document))) copy(join(source, document), join(staged, document));
  }
  copy(join(workspace, 'LICENSE'), join(staged, 'LICENSE'));
  // By the sources, since `dist` keeps what was made of a source that is gone.
  for (const path of globSync('**/*.*', { cwd: join(source, 'src') })) {
    if (path.endsWith('.test.ts')) continue;
    if (path.endsWith('.d.ts')) {
      // Declarations of other people's modules: the compiler reads them and makes nothing of them.
      for (const target of ['src', 'dist']) copy(join(source, 'src', path), join(staged, target, path));
      continue;
    }
    const target = path.endsWith('.ts') ? 'src' : 'dist';
    // Whatever is no module lies beside the modules that read it, such as migrations.
    copy(join(source, 'src', path), join(staged, target, path));
    if (!path.endsWith('.ts')) continue;
    const module = path.slice(0, -'.ts'.length);
    copy(join(source, 'dist', `${module}.js`), join(staged, 'dist', `${module}.js`));
    copy(join(source, 'dist', `${module}.js.map`), join(staged, 'dist', `${module}.js.map`));
    const declarations = readFileSync(join(source, 'dist', `${module}.d.ts`), 'utf8');
    writeFileSync(join(staged, 'dist', `${module}.d.ts`), withBuiltSpecifiers(declarations));
  }
}

function published({ devDependencies: _, ...manifest }: Manifest): object {
  return {
    ...manifest,
    ...(manifest.exports && { exports: mapValues(manifest.exports, conditions) }),
    ...(manifest.bin && { bin: mapValues(manifest.bin, (path) => built(path, '.js')) }),
    files: ['dist', 'src', 'SPEC.md'],
    publishConfig: { access: 'public' },
  };
}

function conditions(path: string): object {
  return { types: built(path, '.d.ts'), default: built(path, '.js') };
}

/** `./src/index.ts` → `./dist/index.js` */
function built(path: string, extension: '.js' | '.d.ts'): string {
  if (!/^\.\/src\/.*\.ts$/.test(path))
    throw new Error(`'${path}' is no module in ./src: it cannot be published.`);
  return path.replace(/^\.\/src\//, './dist/').replace(/\.ts$/, extension);
}

/** `tsc` rewrites `.ts` in modules, and leaves it in declarations, where old versions of TypeScript refuse it. */
function withBuiltSpecifiers(declarations: string): string {
  return declarations.replace(/(\bfrom |\bimport\()(['"])(\.{1,2}\/[^'"]+)\.ts\2/g, '$1$2$3.js$2');
}

function mapValues<From, To>(values: Readonly<Record<string, From>>, change: (value: From) => To): object {
  return Object.fromEntries(Object.entries(values).map(([key, value]) => [key, change(value)]));
}

function copy(from: string, to: string): void {
  mkdirSync(dirname(to), { recursive: true });
  copyFileSync(from, to);
}

/** What the command writes. @throws Error with what it wrote when it fails */
function run(command: string, args: readonly string[], cwd: string): string {
  try {
    return execFileSync('npx', ['--no-install', command, ...args], { cwd, encoding: 'utf8', stdio: 'pipe' });
  } catch (error) {
    const { stdout, stderr } = error as { stdout: string; stderr: string };
    throw new Error(`${command} ${args.join(' ')} failed:\n${stdout}${stderr}`, { cause: error });
  }
}

if (import.meta.main) {
  const directory = resolve(process.argv[2] ?? join(workspace, 'dist'));
  for (const tarball of packPackages(directory).values()) process.stdout.write(`${tarball}\n`);
}
