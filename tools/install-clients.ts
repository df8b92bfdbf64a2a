import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';

/**
 * What the tests drive and npm does not have: Debian's AWS CLI and boto3, a browser, and servers that take what Holdall
 * sends out. Where one is missing, Debian's package is installed if this is Debian and we are root; else the run stops
 * and says what to install. Never skips.
 */
const clients = [
  { package: 'awscli', present: () => existsSync('/usr/bin/aws') },
  { package: 'python3-boto3', present: () => runs('/usr/bin/python3', ['-c', 'import boto3']) },
  { package: 'chromium', present: () => chromiumPath() !== undefined },
  { package: 'nats-server', present: () => runs('nats-server', ['--version']) },
  { package: 'jq', present: () => runs('jq', ['--version']) },
  { package: 'openssl', present: () => runs('openssl', ['version']) },
  { package: 'redis-server', present: () => runs('redis-server', ['--version']) },
];

export function setup(): void {
  const missing = clients.filter((client) => !client.present()).map((client) => client.package);
  if (missing.length === 0) return;
  if (process.getuid?.() !== 0 || !existsSync('/usr/bin/apt-get')) {
    throw new Error(
      `The tests drive real clients and servers, and these are missing: ${missing.join(', ')}. ` +
        `On Debian: sudo apt-get install --no-install-recommends ${missing.join(' ')}. ` +
        'A Chrome elsewhere can be named by CHROMIUM_PATH.',
    );
  }
  process.stdout.write(`Installing Debian's ${missing.join(', ')} for the tests…\n`);
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  execFileSync('apt-get', ['update', '-q'], { stdio: 'ignore', env });
  execFileSync('apt-get', ['install', '-y', '-q', '--no-install-recommends', ...missing], {
    stdio: ['ignore', 'ignore', 'inherit'],
    env,
  });
  for (const client of clients) {
    if (!client.present()) throw new Error(`Debian's ${client.package} was installed and does not run.`);
  }
}

/** Where a Chromium or Chrome is: `CHROMIUM_PATH`, or a usual place. */
export function chromiumPath(): string | undefined {
  const places = [
    process.env.CHROMIUM_PATH,
    '/usr/bin/chromium',
    '/usr/bin/chromium-browser',
    '/usr/bin/google-chrome',
    '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  ];
  return places.find((place) => place !== undefined && existsSync(place));
}

function runs(command: string, args: readonly string[]): boolean {
  try {
    execFileSync(command, args, { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
