import type { ChildServer } from './child-server.ts';
import { type Device, findDevices, renderRequests } from './devices.ts';
import type { Generator } from './generator.ts';
import type { LoadTarget, Round, TargetResult } from './load.ts';
import type { BenchOptions } from './options.ts';
import type { Population } from './population.ts';
import type { Figures } from './report.ts';
import { mostConnections, type Scenario } from './scenarios.ts';
import { type Commits, commitsOf, cpuSecondsOf } from './server-figures.ts';
import { median } from './statistics.ts';
import type { StoreUnderTest } from './store-under-test.ts';

export interface Measurement {
  readonly options: BenchOptions;
  readonly scenario: Scenario;
  readonly connections: number;
  readonly stores: readonly StoreUnderTest[];
  readonly baseline: ChildServer;
  readonly generator: Generator;
}

/** One scenario at one number of connections: the figures of each store, all measured side by side. */
export async function measure(measurement: Measurement): Promise<readonly Figures[]> {
  const { options, scenario, connections, stores, baseline, generator } = measurement;
  const targets: LoadTarget[] = [];
  for (const store of stores) targets.push(await targetOf(store, measurement));
  // The bare server gets the very bytes that Holdall gets.
  targets.unshift({ port: baseline.port, requests: targets[0]?.requests ?? [] });

  const servers = [baseline, ...stores.map(({ server }) => server)];
  const cpuBefore = servers.map(cpuSecondsOf);
  const commitsBefore = await Promise.all(stores.map(({ server }) => commitsOf(server)));
  const { seconds, rounds } = options;
  const [bare, ...ours] = await generator.run({ connections, seconds, rounds, targets });
  const commitsAfter = await Promise.all(stores.map(({ server }) => commitsOf(server)));
  const cpuMicros = servers.map((server, index) =>
    cpuMicrosPerAnswer(cpuBefore[index], cpuSecondsOf(server), [bare, ...ours][index]),
  );
  if (!bare) throw new Error('The generator measured nothing.');

  return ours.map((result, index) => ({
    scenario,
    connections,
    identities: stores[index]?.population.ordinary ?? 0,
    bareRate: median(bare.rounds.map(({ rate }) => rate)),
    rate: median(result.rounds.map(({ rate }) => rate)),
    p50Ms: median(result.rounds.map(({ p50Ms }) => p50Ms)),
    p99Ms: median(result.rounds.map(({ p99Ms }) => p99Ms)),
    ratio: medianRatio(result.rounds, bare.rounds),
    deadReceiver: stores[index]?.deadReceiver ?? false,
    p99Growth: index === 0 ? undefined : medianP99Ratio(result.rounds, ours[0]?.rounds ?? []),
    growth: index === 0 ? undefined : medianRatio(result.rounds, ours[0]?.rounds ?? []),
    bareCpuMicros: cpuMicros[0],
    cpuMicros: cpuMicros[index + 1],
    writesPerCommit: writesPerCommit(commitsBefore[index], commitsAfter[index]),
    failures: result.rounds.map(({ failures }) => failures),
  }));
}

/** Requests are rendered anew for each measurement: signatures last 15 minutes, sessions five. */
async function targetOf(store: StoreUnderTest, { scenario, connections }: Measurement): Promise<LoadTarget> {
  const devices = await devicesOf(store, scenario.devices);
  // Each connection has as many devices as it would have when there are most connections.
  const sending = devices.slice(0, Math.ceil((devices.length * connections) / mostConnections));
  return { port: store.server.port, requests: await renderRequests(sending, scenario.request) };
}

const known = new WeakMap<StoreUnderTest, Map<string, Promise<readonly Device[]>>>();

/** Credentials last an hour, so that they are fetched once. */
function devicesOf(store: StoreUnderTest, kind: keyof Population): Promise<readonly Device[]> {
  const kinds = known.get(store) ?? new Map<string, Promise<readonly Device[]>>();
  known.set(store, kinds);
  const devices =
    kinds.get(kind) ?? findDevices(store.server.port, store.population, kind, store.active[kind]);
  kinds.set(kind, devices);
  return devices;
}

/** Each round is compared with the one that ran next to it. */
function medianRatio(rounds: readonly Round[], others: readonly Round[]): number {
  return median(rounds.map(({ rate }, index) => rate / (others[index]?.rate ?? Number.NaN)));
}

function medianP99Ratio(rounds: readonly Round[], others: readonly Round[]): number {
  return median(rounds.map(({ p99Ms }, index) => p99Ms / (others[index]?.p99Ms ?? Number.NaN)));
}

function cpuMicrosPerAnswer(
  before: number | undefined,
  after: number | undefined,
  result: TargetResult | undefined,
): number | undefined {
  if (before === undefined || after === undefined || !result) return undefined;
  return ((after - before) * 1e6) / result.answers;
}

function writesPerCommit(before: Commits | undefined, after: Commits | undefined): number | undefined {
  if (!before || !after || after.commits === before.commits) return undefined;
  return (after.writes - before.writes) / (after.commits - before.commits);
}
