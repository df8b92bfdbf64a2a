import { unlessAborted } from './eventual.ts';
import type { Tabs } from './tabs.ts';

/** Web Locks and a BroadcastChannel where there are such; else locks within this program, and nobody to tell. */
export function webTabs(): Tabs {
  const locks = globalThis.navigator?.locks as LockManager | undefined;
  return {
    exclusively(name, signal, work) {
      return locks ? locks.request(name, { signal }, work) : oneProgram(name, signal, work);
    },
    channel(name, received) {
      // Not in Node, where an open channel would keep the program from ending.
      const isWeb = 'document' in globalThis || 'WorkerGlobalScope' in globalThis;
      if (!isWeb || !globalThis.BroadcastChannel) return { send() {}, close() {} };
      const channel = new BroadcastChannel(name);
      channel.onmessage = (event) => received(event.data);
      return {
        send: (message) => channel.postMessage(message),
        close: () => channel.close(),
      };
    },
  };
}

const queues = new Map<string, Promise<unknown>>();

/** Locks for clients that share one program. */
async function oneProgram<T>(name: string, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
  const before = queues.get(name) ?? Promise.resolve();
  const { promise: released, resolve: release } = Promise.withResolvers<void>();
  const turn = before.then(() => released);
  queues.set(name, turn);
  try {
    await unlessAborted(before, signal);
    return await work();
  } finally {
    release();
    if (queues.get(name) === turn) queues.delete(name);
  }
}
