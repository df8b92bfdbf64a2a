import type { TabChannel, Tabs } from '../tabs.ts';

/** Tabs of one origin that are not there. */
export interface SimulatedTabs {
  /** The tab of that name, which is opened when there is none. */
  tab(name: string): SimulatedTab;
}

/** One of the tabs of a simulated browser. */
export interface SimulatedTab {
  readonly name: string;
  readonly tabs: Tabs;
  /**
   * Ends the tab as a browser does: its locks go to whoever waits for them, it hears nothing more, and nothing that it
   * still does has any effect here. Work that it had begun is not stopped; it is for the test to ignore.
   */
  crash(): void;
}

interface Waiting {
  readonly tab: string;
  readonly start: () => void;
}

interface Lock {
  holder: string | undefined;
  readonly waiting: Waiting[];
}

interface Listener {
  readonly tab: string;
  readonly channel: string;
  readonly received: (message: unknown) => void;
}

/** Tabs of one origin, as they see each other by Web Locks and a BroadcastChannel. */
export function createTabs(): SimulatedTabs {
  const locks = new Map<string, Lock>();
  const listeners = new Set<Listener>();
  const open = new Map<string, SimulatedTab>();

  const lockOf = (name: string): Lock => {
    const lock = locks.get(name) ?? { holder: undefined, waiting: [] };
    locks.set(name, lock);
    return lock;
  };

  const passOn = (name: string) => {
    const lock = lockOf(name);
    const next = lock.waiting.shift();
    lock.holder = next?.tab;
    if (next) next.start();
    else locks.delete(name);
  };

  const openTab = (name: string): SimulatedTab => {
    // Of this very tab: another of the same name may be opened after a crash.
    const own = `${name} ${crypto.randomUUID()}`;
    let alive = true;

    const acquire = (lockName: string, signal: AbortSignal) =>
      new Promise<void>((resolve, reject) => {
        signal.throwIfAborted();
        const lock = lockOf(lockName);
        if (lock.holder === undefined) {
          lock.holder = own;
          resolve();
          return;
        }
        const abort = () => {
          const index = lock.waiting.indexOf(waiting);
          if (index >= 0) lock.waiting.splice(index, 1);
          reject(signal.reason);
        };
        const start = () => {
          signal.removeEventListener('abort', abort);
          resolve();
        };
        const waiting = { tab: own, start };
        lock.waiting.push(waiting);
        signal.addEventListener('abort', abort, { once: true });
      });

    const tabs: Tabs = {
      async exclusively(lockName, signal, work) {
        if (!alive) return never();
        await acquire(lockName, signal);
        try {
          return await work();
        } finally {
          if (alive) passOn(lockName);
        }
      },
      channel(channelName, received): TabChannel {
        const listener = { tab: own, channel: channelName, received };
        if (alive) listeners.add(listener);
        return {
          send(message) {
            if (!alive) return;
            // As the browser does: what cannot be cloned is the sender's error, and the time of sending counts.
            const clones = [...listeners]
              .filter((other) => other.channel === channelName && other.tab !== own)
              .map((other) => ({ other, clone: structuredClone(message) }));
            queueMicrotask(() => {
              for (const { other, clone } of clones) if (listeners.has(other)) other.received(clone);
            });
          },
          close: () => {
            listeners.delete(listener);
          },
        };
      },
    };

    const crash = () => {
      if (!alive) return;
      alive = false;
      open.delete(name);
      for (const listener of listeners) if (listener.tab === own) listeners.delete(listener);
      for (const lock of locks.values()) {
        const others = lock.waiting.filter(({ tab }) => tab !== own);
        lock.waiting.splice(0, lock.waiting.length, ...others);
      }
      for (const [lockName, lock] of locks) if (lock.holder === own) passOn(lockName);
    };
    return { name, tabs, crash };
  };

  return {
    tab(name) {
      const tab = open.get(name) ?? openTab(name);
      open.set(name, tab);
      return tab;
    },
  };
}

function never(): Promise<never> {
  return new Promise(() => {});
}
