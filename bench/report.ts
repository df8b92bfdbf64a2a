import type { Scenario, Target } from './scenarios.ts';

/** One scenario at one number of connections on one store. */
export interface Figures {
  readonly scenario: Scenario;
  readonly connections: number;
  /** How many the store holds. */
  readonly identities: number;
  readonly bareRate: number;
  readonly rate: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** To the bare server's rate. */
  readonly ratio: number;
  /** To the rate of the small store; undefined for the small store itself. */
  readonly growth: number | undefined;
  /** Its pool has a stream that nobody answers. */
  readonly deadReceiver: boolean;
  /** Of its 99th percentile to that of the first store; undefined for the first itself. */
  readonly p99Growth: number | undefined;
  /** Processor time of one answer, all threads and the kernel together; undefined where it is not known. */
  readonly bareCpuMicros: number | undefined;
  readonly cpuMicros: number | undefined;
  /** Undefined when nothing was written. */
  readonly writesPerCommit: number | undefined;
  /** Of each round, answers other than 200 → how many. */
  readonly failures: readonly ReadonlyMap<string, number>[];
}

export interface MemoryRow {
  readonly identities: number;
  readonly idle: number | undefined;
  readonly peak: number | undefined;
}

const leastGrowth = 0.8;
const mostP99Growth = 1.2;
const mostIdleMegabytes = 120;

/** Prints everything, and returns the number of answers that were not 200. */
export function printReport(figures: readonly Figures[], memory: readonly MemoryRow[]): number {
  const headings = [
    'scenario',
    'connections',
    'identities',
    'bare/s',
    'Holdall/s',
    'ratio',
    'p50 ms',
    'p99 ms',
  ];
  const rows = figures.map((row) => [
    row.scenario.title,
    String(row.connections),
    count(row.identities) + (row.deadReceiver ? ', dead receiver' : ''),
    count(row.bareRate),
    count(row.rate),
    row.ratio.toFixed(2),
    row.p50Ms.toFixed(2),
    row.p99Ms.toFixed(2),
    row.bareCpuMicros?.toFixed(0) ?? '?',
    row.cpuMicros?.toFixed(0) ?? '?',
    row.writesPerCommit?.toFixed(1) ?? '',
    row.growth?.toFixed(2) ?? '',
    row.p99Growth?.toFixed(2) ?? '',
    verdicts(row).join('; '),
  ]);
  printTable(
    [...headings, 'bare CPU µs', 'CPU µs', 'writes/commit', 'full/small', 'p99 to first', 'target'],
    rows,
  );
  printTable(
    ['store', 'idle RSS, MB', 'peak RSS, MB', 'target'],
    memory.map(({ identities, idle, peak }) => [
      `${count(identities)} identities`,
      idle?.toFixed(0) ?? '?',
      peak?.toFixed(0) ?? '?',
      idle === undefined ? '' : verdict(`idle ≤ ${mostIdleMegabytes} MB`, idle <= mostIdleMegabytes),
    ]),
  );
  return printFailures(figures);
}

function verdicts(figures: Figures): readonly string[] {
  const { scenario, connections, ratio, p50Ms, growth, deadReceiver, p99Growth } = figures;
  if (deadReceiver && p99Growth !== undefined) {
    return [verdict(`p99 ≤ ${mostP99Growth} × without`, p99Growth <= mostP99Growth)];
  }
  const own = scenario.targets
    .filter((target) => target.connections === connections)
    .flatMap((target: Target) => [
      ...(target.ratio === undefined ? [] : [verdict(`ratio ≥ ${target.ratio}`, ratio >= target.ratio)]),
      ...(target.p50Ms === undefined ? [] : [verdict(`p50 ≤ ${target.p50Ms} ms`, p50Ms <= target.p50Ms)]),
    ]);
  if (own.length === 0 || growth === undefined) return own;
  return [...own, verdict(`full/small ≥ ${leastGrowth}`, growth >= leastGrowth)];
}

export function verdict(target: string, met: boolean): string {
  return `${target}: ${met ? 'met' : 'MISSED'}`;
}

function printFailures(figures: readonly Figures[]): number {
  let total = 0;
  for (const { scenario, connections, failures } of figures) {
    for (const [failure, times] of failures.flatMap((round) => [...round])) {
      total += times;
      print(`${scenario.name}, ${connections} connections: ${times} × ${failure.slice(0, 300)}`);
    }
  }
  return total;
}

/** In Markdown, so that it can be kept. */
export function printTable(headings: readonly string[], rows: readonly (readonly string[])[]): void {
  const widths = headings.map((heading, column) =>
    Math.max(heading.length, ...rows.map((row) => row[column]?.length ?? 0)),
  );
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`;
  print('');
  print(line(headings));
  print(line(widths.map((width) => '-'.repeat(width))));
  for (const row of rows) print(line(row));
}

function count(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}

export function print(text: string): void {
  process.stdout.write(`${text}\n`);
}
