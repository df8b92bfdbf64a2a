import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** Stand-ins for AWS services, with a lockfile of their own. */
export const emulators = fileURLToPath(new URL('emulators/', import.meta.url));

/**
 * Installs the emulators that the tests start where they are missing. Install scripts do not run (`allowScripts` in
 * their package.json), and nothing of them comes near what users install.
 */
export function setup(): void {
  if (existsSync(`${emulators}node_modules`)) return;
  process.stdout.write('Installing the emulators of AWS services for the tests…\n');
  execFileSync('npm', ['ci', '--no-audit', '--no-fund'], {
    cwd: emulators,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
}
