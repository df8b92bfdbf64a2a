import { fork } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { startHoldall } from './child-server.ts';
import { datasetPath, findDevices, render, renderRequests, signFor } from './devices.ts';
import { fillStore } from './fill-store.ts';
import { print, printTable, verdict } from './report.ts';
import { update } from './scenarios.ts';
import { cpuSecondsOf, memoryOf } from './server-figures.ts';
import { quantile } from './statistics.ts';

/** What the process with the listeners is told to do. */
export type LiveOrder =
  /** Each request opens a stream, `each` times. */
  | {
      readonly kind: 'listen';
      readonly port: number;
      readonly requests: readonly Uint8Array[];
      readonly each: number;
    }
  /** Sends the update `times` times, and answers how long it took to reach each of the listeners of the last order. */
  | { readonly kind: 'change'; readonly port: number; readonly update: Uint8Array; readonly times: number };

const idleListeners = 10_000;
const changes = 100;
const audiences = [
  { listeners: 100, mostP99Ms: 50 },
  { listeners: 1_000, mostP99Ms: 100 },
] as const;
/** More than the interval of the heartbeats, so that every listener has one. */
const idleSeconds = 30;

/** Streams of changes: what thousands of them cost while nothing happens, and how soon a change reaches many. */
export async function benchLive(
  data: string,
  profile: string | undefined,
  note: (text: string) => void,
): Promise<void> {
  const population = { ordinary: idleListeners + audiences.length, large: 0 };
  note(`live: ${population.ordinary} identities …`);
  await fillStore(data, population);
  await using server = await startHoldall(data, profile, ['--live-listeners-per-identity', '1000']);
  const devices = await findDevices(server.port, population, 'ordinary', population.ordinary);
  using listeners = new Listeners();

  await sleep(2_000);
  const before = memoryOf(server).now;
  note(`live: ${idleListeners} listeners …`);
  const watching = devices.map((device) => {
    const path = datasetPath(device).replace(/\/datasets\/.*/, '/changes');
    return render(signFor(device, { method: 'GET', path, query: '', body: '' }));
  });
  const openedAt = performance.now();
  await listeners.order({
    kind: 'listen',
    port: server.port,
    requests: watching.slice(audiences.length),
    each: 1,
  });
  const openingSeconds = (performance.now() - openedAt) / 1000;
  await sleep(2_000);
  const cpuBefore = cpuSecondsOf(server);
  note(`live: ${idleSeconds} s without a change …`);
  await sleep(idleSeconds * 1000);
  const cpuAfter = cpuSecondsOf(server);
  const after = memoryOf(server).now;
  printIdle(openingSeconds, before, after, cpuBefore, cpuAfter);

  const rows: string[][] = [];
  for (const [index, { listeners: count, mostP99Ms }] of audiences.entries()) {
    note(`live: ${changes} changes to ${count} listeners …`);
    const [device, request] = [devices[index], watching[index]];
    if (!device || !request) throw new Error('There are too few identities.');
    await listeners.order({ kind: 'listen', port: server.port, requests: [request], each: count });
    const [write] = await renderRequests([device], (one, session) => update(one, session, 1));
    if (!write) throw new Error('There is no update.');
    const order = { kind: 'change', port: server.port, update: write } as const;
    await listeners.order({ ...order, times: 20 });
    const cpuStart = cpuSecondsOf(server);
    const latencies = (await listeners.order({ ...order, times: changes })).sort((a, b) => a - b);
    const cpuEnd = cpuSecondsOf(server);
    const [p50, p99] = [quantile(latencies, 0.5), quantile(latencies, 0.99)];
    rows.push([
      count.toLocaleString('en-US'),
      latencies.length.toLocaleString('en-US'),
      p50.toFixed(1),
      p99.toFixed(1),
      quantile(latencies, 1).toFixed(1),
      cpuStart === undefined || cpuEnd === undefined
        ? '?'
        : (((cpuEnd - cpuStart) * 1e6) / latencies.length).toFixed(0),
      verdict(`p99 ≤ ${mostP99Ms} ms`, p99 <= mostP99Ms),
    ]);
  }
  printTable(['listeners', 'events', 'p50 ms', 'p99 ms', 'longest ms', 'CPU µs', 'target'], rows);
}

function printIdle(
  openingSeconds: number,
  before: number | undefined,
  after: number | undefined,
  cpuBefore: number | undefined,
  cpuAfter: number | undefined,
): void {
  const megabytes = (value: number | undefined) => value?.toFixed(0) ?? '?';
  const each =
    before === undefined || after === undefined ? undefined : ((after - before) * 1000) / idleListeners;
  const share =
    cpuBefore === undefined || cpuAfter === undefined ? undefined : (cpuAfter - cpuBefore) / idleSeconds;
  printTable(
    ['idle listeners', 'opened in s', 'RSS before, MB', 'RSS, MB', 'kB each', 'CPU, % of a core'],
    [
      [
        idleListeners.toLocaleString('en-US'),
        openingSeconds.toFixed(1),
        megabytes(before),
        megabytes(after),
        each?.toFixed(1) ?? '?',
        share === undefined ? '?' : (share * 100).toFixed(1),
      ],
    ],
  );
  print('');
}

/** The near end of the process that listens. */
class Listeners implements Disposable {
  readonly #child = fork(fileURLToPath(new URL('./live-listeners.ts', import.meta.url)), {
    serialization: 'advanced',
  });

  async order(order: LiveOrder): Promise<number[]> {
    const answered = once(this.#child, 'message');
    const ended = once(this.#child, 'exit').then(() => {
      throw new Error('The process that listens ended: see `ulimit -n`, it has a socket for each listener.');
    });
    this.#child.send(order);
    const [latencies] = await Promise.race([answered, ended]);
    return latencies as number[];
  }

  [Symbol.dispose](): void {
    this.#child.kill();
  }
}
