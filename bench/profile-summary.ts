import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

// Sums up `.cpuprofile` files: self time by function, one table for each thread.

interface Profile {
  readonly nodes: readonly {
    readonly id: number;
    readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number };
  }[];
  readonly samples: readonly number[];
  /** Microseconds since the sample before. */
  readonly timeDeltas: readonly number[];
}

const shown = 45;
const notWork = new Set(['(idle)', '(program)', '(root)']);

const directory = process.argv[2];
if (directory === undefined) throw new Error('node bench/profile-summary.ts DIR');
for (const file of readdirSync(directory).filter((name) => name.endsWith('.cpuprofile'))) {
  const profile: Profile = JSON.parse(readFileSync(join(directory, file), 'utf8'));
  process.stdout.write(`\n${file}\n${summary(profile)}`);
}

function summary(profile: Profile): string {
  const names = new Map(profile.nodes.map(({ id, callFrame }) => [id, nameOf(callFrame)]));
  const times = new Map<string, number>();
  for (const [index, id] of profile.samples.entries()) {
    const name = names.get(id) ?? '?';
    times.set(name, (times.get(name) ?? 0) + (profile.timeDeltas[index] ?? 0));
  }
  const busy = [...times].reduce((sum, [name, time]) => sum + (notWork.has(name) ? 0 : time), 0);
  const lines = [...times]
    .sort(([, a], [, b]) => b - a)
    .slice(0, shown)
    .map(([name, time]) => `${((100 * time) / busy).toFixed(1).padStart(6)} %  ${name}\n`);
  return `${(busy / 1e6).toFixed(1)} s of work; self time in per cent of it\n${lines.join('')}`;
}

function nameOf({ functionName, url, lineNumber }: Profile['nodes'][number]['callFrame']): string {
  const place = url.replace(/^.*\/(?=packages\/|node_modules\/)/, '');
  return place === '' ? functionName : `${functionName || '(anonymous)'}  ${place}:${lineNumber + 1}`;
}
