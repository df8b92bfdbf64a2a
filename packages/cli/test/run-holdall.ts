import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const main = fileURLToPath(new URL('../src/main.ts', import.meta.url));

/** The command as a person runs it, with only the given `HOLDALL_` variables. */
export function spawnHoldall(
  args: readonly string[],
  variables: Readonly<Record<string, string>> = {},
): ChildProcess {
  const clean = Object.entries(process.env).filter(([name]) => !name.startsWith('HOLDALL_'));
  return spawn(process.execPath, [main, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...Object.fromEntries(clean), ...variables },
  });
}

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export async function runHoldall(
  args: readonly string[],
  variables: Readonly<Record<string, string>> = {},
): Promise<Ended> {
  return ended(spawnHoldall(args, variables));
}

export async function ended(child: ChildProcess): Promise<Ended> {
  const output = { stdout: '', stderr: '' };
  child.stdout?.on('data', (chunk) => {
    output.stdout += chunk;
  });
  child.stderr?.on('data', (chunk) => {
    output.stderr += chunk;
  });
  const [code] = await once(child, 'close');
  return { code, ...output };
}

/** The URL of the line that says that a server accepts requests. */
export async function readyUrl(child: ChildProcess): Promise<string> {
  let text = '';
  for await (const chunk of child.stdout?.iterator({ destroyOnReturn: false }) ?? []) {
    text += chunk;
    const ready = /^holdall listening on (http:\/\/\S+)\n/m.exec(text);
    if (ready?.[1]) return ready[1];
  }
  throw new Error(`The server ended before it was ready: ${text}`);
}
