import { print, printTable } from '../report.ts';
import { median, quantile } from '../statistics.ts';
import type { Latency } from './remote-change.ts';
import type { Run } from './tasks.ts';

/** A task that both libraries did in turn. */
export interface Comparison {
  readonly task: string;
  readonly where: string;
  /** The stores. */
  readonly ours: string;
  readonly theirs: string;
  readonly ourRuns: readonly Run[];
  readonly theirRuns: readonly Run[];
}

export function printRuns(comparisons: readonly Comparison[]): void {
  print('\n1,000 records: milliseconds of writing + milliseconds of the sync, requests in brackets');
  printTable(
    ['task', 'where', '@holdall/client', 'amazon-cognito-js', 'ratio of times'],
    comparisons.map(({ task, where, ours, theirs, ourRuns, theirRuns }) => [
      task,
      where,
      `${ours}: ${timesOf(ourRuns)}`,
      `${theirs}: ${timesOf(theirRuns)}`,
      median(ourRuns.map((run, round) => total(run) / total(theirRuns[round]))).toFixed(2),
    ]),
  );
}

function timesOf(runs: readonly Run[]): string {
  const writing = median(runs.map(({ writingMs }) => writingMs));
  const sync = median(runs.map(({ syncMs }) => syncMs));
  const requests = [...new Set(runs.map((run) => run.requests))].join(' or ');
  return `${writing < 1 ? '' : `${writing.toFixed(0)} + `}${sync.toFixed(0)} (${requests})`;
}

function total(run: Run | undefined): number {
  return run ? run.writingMs + run.syncMs : Number.NaN;
}

export interface Latencies {
  readonly heard: readonly Latency[];
  readonly asked: readonly Latency[];
  /** Milliseconds one way. */
  readonly ourTabs: readonly number[];
  readonly theirTabs: readonly number[];
}

export function printLatencies({ heard, asked, ourTabs, theirTabs }: Latencies): void {
  const all = (latencies: readonly Latency[]) => latencies.map(({ ms }) => ms);
  const sending = (latencies: readonly Latency[]) => latencies.map(({ sentMs }) => sentMs);
  printTable(
    ['until a change is visible', 'how', 'p50 ms', 'longest ms', 'of it sending, p50 ms', 'ratio of p50'],
    [
      row('on another device', '@holdall/client, live', all(heard), sending(heard), all(asked)),
      row('on another device', 'amazon-cognito-js, asked at once', all(asked), sending(asked)),
      row('in another tab', '@holdall/client', ourTabs, undefined, theirTabs),
      row('in another tab', 'amazon-cognito-js and a storage event', theirTabs),
    ],
  );
}

function row(
  what: string,
  how: string,
  latencies: readonly number[],
  sending?: readonly number[],
  beside?: readonly number[],
): string[] {
  const p50 = median(latencies);
  return [
    what,
    how,
    p50.toFixed(1),
    quantile(
      latencies.toSorted((one, other) => one - other),
      1,
    ).toFixed(1),
    sending ? median(sending).toFixed(1) : '',
    beside ? (p50 / median(beside)).toFixed(2) : '',
  ];
}
