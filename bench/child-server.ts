import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** A server that runs as a process of its own, under the same Node. */
export interface ChildServer extends AsyncDisposable {
  readonly pid: number;
  readonly port: number;
}

export function startBaseline(): Promise<ChildServer> {
  return start([pathOf('./baseline-server.ts')]);
}

/** @param flags of `holdall serve`, besides those that every run has */
export function startHoldall(
  data: string,
  profile: string | undefined,
  flags: readonly string[] = [],
): Promise<ChildServer> {
  const profiling = profile === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${profile}`];
  const main = pathOf('../packages/cli/src/main.ts');
  return start([
    ...profiling,
    main,
    'serve',
    '--port',
    '0',
    '--data',
    data,
    '--log-level',
    'error',
    ...flags,
  ]);
}

function pathOf(relative: string): string {
  return fileURLToPath(new URL(relative, import.meta.url));
}

async function start(args: readonly string[]): Promise<ChildServer> {
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const port = await portOf(child);
  const stop = async () => {
    if (child.exitCode !== null) return;
    const exited = once(child, 'exit');
    child.kill('SIGTERM');
    await exited;
  };
  return { pid: child.pid ?? 0, port, [Symbol.asyncDispose]: stop };
}

/** Waits for the line that says where the server listens. */
async function portOf(child: ChildProcess): Promise<number> {
  if (!child.stdout) throw new Error('The server has no output.');
  for await (const line of createInterface({ input: child.stdout })) {
    const port = /listening on http:\/\/127\.0\.0\.1:(\d+)/.exec(line)?.[1];
    if (port !== undefined) return Number(port);
  }
  throw new Error('The server ended before it listened.');
}
