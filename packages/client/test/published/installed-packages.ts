import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { packPackages } from '../../../../tools/pack-packages.ts';

const workspaceModules = fileURLToPath(new URL('../../../../node_modules/', import.meta.url));

/** An app's folder that has the packages as they are published, and nothing of this workspace. */
export interface InstalledPackages extends Disposable {
  readonly folder: string;
  /** By name. */
  readonly tarballs: ReadonlyMap<string, string>;
  /** Where a package is in the app. */
  directoryOf(name: string): string;
}

/**
 * Packs and installs all. What npm would fetch is linked from this workspace, but only what the packages say that they
 * need: an import that they do not declare fails here as it does at a user's.
 *
 * @param alsoNeeded packages that the app itself depends on
 */
export function installPackages(alsoNeeded: readonly string[] = []): InstalledPackages {
  const root = mkdtempSync(join(tmpdir(), 'holdall-app-'));
  try {
    return installInto(root, alsoNeeded);
  } catch (error) {
    rmSync(root, { recursive: true, force: true });
    throw error;
  }
}

function installInto(root: string, alsoNeeded: readonly string[]): InstalledPackages {
  const folder = join(root, 'app');
  const modules = join(folder, 'node_modules');
  const tarballs = packPackages(join(root, 'tarballs'));
  const needed = new Set(alsoNeeded);
  for (const [name, tarball] of tarballs) {
    const directory = join(modules, name);
    mkdirSync(directory, { recursive: true });
    execFileSync('tar', ['-xzf', tarball, '-C', directory, '--strip-components=1']);
    const { dependencies = {} } = JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8'));
    for (const dependency of Object.keys(dependencies)) needed.add(dependency);
  }
  for (const name of needed) {
    if (tarballs.has(name)) continue;
    mkdirSync(dirname(join(modules, name)), { recursive: true });
    symlinkSync(join(workspaceModules, name), join(modules, name), 'dir');
  }
  writeFileSync(join(folder, 'package.json'), '{ "name": "app", "private": true, "type": "module" }\n');
  return {
    folder,
    tarballs,
    directoryOf: (name) => join(modules, name),
    [Symbol.dispose]: () => rmSync(root, { recursive: true, force: true }),
  };
}
