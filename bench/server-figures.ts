import { readFileSync } from 'node:fs';
import type { ChildServer } from './child-server.ts';

export interface Memory {
  /** MB (10⁶ bytes); undefined where there is no /proc. */
  readonly now: number | undefined;
  readonly peak: number | undefined;
}

export function memoryOf(server: ChildServer): Memory {
  const status = procFile(server, 'status') ?? '';
  const megabytes = (name: string) => {
    const kibibytes = new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)?.[1];
    return kibibytes === undefined ? undefined : (Number(kibibytes) * 1024) / 1e6;
  };
  return { now: megabytes('VmRSS'), peak: megabytes('VmHWM') };
}

/** Clock ticks are hundredths of a second on every Linux that Node supports. */
const secondsPerTick = 0.01;

/** Processor seconds used so far, by all threads and by the kernel for them; undefined where there is no /proc. */
export function cpuSecondsOf(server: ChildServer): number | undefined {
  const stat = procFile(server, 'stat');
  if (stat === undefined) return undefined;
  // After the command, which may hold blanks: state is field 3, user time 14, system time 15.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) * secondsPerTick;
}

/** Only Linux has it. */
function procFile({ pid }: ChildServer, name: string): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/${name}`, 'utf8');
  } catch {
    return undefined;
  }
}

/** How many commits there were so far, and how many writes were in them. */
export interface Commits {
  readonly commits: number;
  readonly writes: number;
}

export async function commitsOf({ port }: ChildServer): Promise<Commits> {
  const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
  const figure = (name: string) => Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1] ?? Number.NaN);
  return { commits: figure('holdall_commit_writes_count'), writes: figure('holdall_commit_writes_sum') };
}
