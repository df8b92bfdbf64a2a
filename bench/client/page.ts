import type { Dataset } from '@holdall/client';
import { indexedDbStore } from '@holdall/client/stores/indexeddb';
import type { Device, User } from './device.ts';
import { openHoldall } from './holdall-device.ts';
import { type LegacySdk, openLegacy } from './legacy-device.ts';
import { type Run, runTask, type Task } from './tasks.ts';

// The script of the pages. The AWS SDK and amazon-cognito-js are scripts beside it.

/** What the bench calls in a page. */
export interface PageGlobals {
  run(library: Library, task: Task): Promise<Run>;
  /** Answers every value of `ping` that another tab writes with the same value of `pong`, until the page ends. */
  answer(library: Library, user: User): Promise<void>;
  /** Milliseconds from writing `ping` until `pong` is seen, each time. */
  ask(library: Library, user: User, times: number): Promise<number[]>;
}

export type Library = 'holdall' | 'legacy';

let databases = 0;

async function open(library: Library, user: User, dataset: string): Promise<Device> {
  if (library === 'legacy') return openLegacy(legacySdk(), user, dataset, 'localStorage');
  const name = `bench-${performance.timeOrigin}-${databases++}`;
  const device = await openHoldall(user, dataset, indexedDbStore({ name }));
  return {
    ...device,
    async close() {
      await device.close();
      indexedDB.deleteDatabase(name);
    },
  };
}

function legacySdk(): LegacySdk {
  return (globalThis as unknown as { AWS: LegacySdk }).AWS;
}

/** Calls back when another tab, or this one, has changed something. */
interface Tab {
  put(key: string, value: string): Promise<void>;
  get(key: string): Promise<string | undefined>;
  changed(listener: () => void): void;
}

async function openTab(library: Library, user: User): Promise<Tab> {
  if (library === 'holdall') {
    const { dataset } = await openHoldall(user, 'tabs', indexedDbStore({ name: 'tabs' }));
    return ourTab(dataset);
  }
  const device = await openLegacy(legacySdk(), user, 'tabs', 'localStorage');
  // The library has nothing for this: an app would have to listen to the browser itself.
  return { ...device, changed: (listener) => addEventListener('storage', listener) };
}

function ourTab(dataset: Dataset<Readonly<Record<string, string>>>): Tab {
  return {
    put: (key, value) => dataset.set(key, value),
    get: async (key) => dataset.peek(key),
    changed: (listener) => void dataset.subscribe(listener),
  };
}

const globals: PageGlobals = {
  run: (library, task) => runTask(task, (user, dataset) => open(library, user, dataset)),
  async answer(library, user) {
    const tab = await openTab(library, user);
    let answered: string | undefined;
    tab.changed(async () => {
      const ping = await tab.get('ping');
      if (ping === undefined || ping === answered) return;
      answered = ping;
      await tab.put('pong', ping);
    });
  },
  async ask(library, user, times) {
    const tab = await openTab(library, user);
    let awaited: { readonly value: string; readonly seen: () => void } | undefined;
    tab.changed(async () => {
      if (awaited && (await tab.get('pong')) === awaited.value) awaited.seen();
    });
    const latencies: number[] = [];
    for (let time = 0; time < times; time++) {
      const { promise, resolve: seen } = Promise.withResolvers<void>();
      awaited = { value: `${performance.timeOrigin} ${time}`, seen };
      const startedAt = performance.now();
      await tab.put('ping', awaited.value);
      await promise;
      latencies.push(performance.now() - startedAt);
    }
    return latencies;
  },
};
Object.assign(globalThis, globals);
