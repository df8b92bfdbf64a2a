import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startBaseline, startHoldall } from './child-server.ts';
import { benchClient } from './client/client.ts';
import { fillStore, streamToNobody } from './fill-store.ts';
import { Generator } from './generator.ts';
import { benchLive } from './live.ts';
import { measure } from './measure.ts';
import { type BenchOptions, readOptions } from './options.ts';
import type { Population } from './population.ts';
import { type Figures, type MemoryRow, printReport } from './report.ts';
import { connectionCounts, mostConnections } from './scenarios.ts';
import { memoryOf } from './server-figures.ts';
import type { StoreUnderTest } from './store-under-test.ts';

const largeIdentities = 16;
/** With one device for each connection the store's pages are all in memory, which a large store is to be denied. */
const devicesWhenFilled = 8192;

try {
  const options = readOptions(process.argv.slice(2));
  const failures = options.scenarios.length > 0 ? await bench(options) : 0;
  if (options.live) await benchLive(temporaryDirectory(), options.profile, note);
  if (options.client) await benchClient(temporaryDirectory(), note);
  if (failures > 0) throw new Error(`${failures} answers were not 200: the figures mean nothing.`);
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n`);
  process.exitCode = 1;
}

/** Measures and prints; resolves with the number of answers that were not 200. */
async function bench(options: BenchOptions): Promise<number> {
  const directory = temporaryDirectory();
  await using stack = new AsyncDisposableStack();
  const active = options.fill > 0 ? Math.min(devicesWhenFilled, options.fill) : mostConnections;
  const kinds = [
    { ordinary: active, deadReceiver: false },
    ...(options.fill > 0 ? [{ ordinary: options.fill, deadReceiver: false }] : []),
    ...(options.deadReceiver ? [{ ordinary: active, deadReceiver: true }] : []),
  ];

  const stores: StoreUnderTest[] = [];
  for (const { ordinary, deadReceiver } of kinds) {
    const population: Population = { ordinary, large: largeIdentities };
    const data = join(directory, String(stores.length));
    const startedAt = performance.now();
    await fillStore(data, population);
    if (deadReceiver) await streamToNobody(data);
    note(
      `store of ${ordinary} identities filled in ${((performance.now() - startedAt) / 1000).toFixed(1)} s`,
    );
    const server = stack.use(await startHoldall(data, options.profile));
    stores.push({ server, population, deadReceiver, active: { ordinary: active, large: largeIdentities } });
  }
  await sleep(1000);
  const idle = stores.map(({ server }) => memoryOf(server).now);

  const baseline = stack.use(await startBaseline());
  const generator = stack.use(new Generator());
  const figures: Figures[] = [];
  for (const scenario of options.scenarios) {
    for (const connections of connectionCounts) {
      note(`${scenario.name}, ${connections} connection${connections === 1 ? '' : 's'} …`);
      figures.push(...(await measure({ options, scenario, connections, stores, baseline, generator })));
    }
  }
  const memory: MemoryRow[] = stores.map(({ server, population }, index) => ({
    identities: population.ordinary,
    idle: idle[index],
    peak: memoryOf(server).peak,
  }));
  return printReport(figures, memory);
}

/** Removed however this process ends. */
function temporaryDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'holdall-bench-'));
  process.on('exit', () => rmSync(directory, { recursive: true, force: true }));
  process.on('SIGINT', () => process.exit(130));
  return directory;
}

function note(text: string): void {
  process.stderr.write(`${text}\n`);
}
