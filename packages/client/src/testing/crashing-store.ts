import type { LocalStore } from '../local-store.ts';

/** Where a store is to crash. */
export interface CrashPoint {
  /** The write at which it happens: 1 for the first `commit` or `setNote`. */
  readonly write: number;
  /** Whether that write is lost or done. */
  readonly moment: 'before' | 'after';
  /** Whoever waits for the store sees a `SimulatedCrash`; else nothing ever again, as in a process that is gone. */
  readonly throws?: boolean;
}

/** A store that crashes, and what it has seen of its writes. */
export interface CrashingStore {
  readonly store: LocalStore;
  /** Writes that were begun, those after the crash not counted: run once without a crash to learn how many there are. */
  readonly writes: number;
  readonly hasCrashed: boolean;
  /** Resolves at the crash. */
  readonly crashed: Promise<void>;
}

/** What a crashed store throws when it is to throw. */
export class SimulatedCrash extends Error {
  override readonly name = 'SimulatedCrash';
  constructor() {
    super('The store has crashed, as the test asked it to.');
  }
}

/**
 * A store that ends at a chosen write, as if the device had lost its power: from then on nothing is read or written
 * through it. What it wraps stays usable: it is what the device finds when it starts again.
 *
 * @param point absent: it never crashes, and counts writes
 */
export function createCrashingStore(inner: LocalStore, point?: CrashPoint): CrashingStore {
  let writes = 0;
  let hasCrashed = false;
  const { promise: crashed, resolve: tellCrash } = Promise.withResolvers<void>();

  const gone = (): Promise<never> =>
    point?.throws ? Promise.reject(new SimulatedCrash()) : new Promise(() => {});
  const crash = () => {
    hasCrashed = true;
    tellCrash();
    return gone();
  };
  const read = async <T>(ask: () => Promise<T>): Promise<T> => {
    if (hasCrashed) return gone();
    const answer = await ask();
    return hasCrashed ? gone() : answer;
  };
  const write = async <T>(apply: () => Promise<T>): Promise<T> => {
    if (hasCrashed) return gone();
    writes += 1;
    const isMeant = writes === point?.write;
    if (isMeant && point?.moment === 'before') return crash();
    const answer = await apply();
    if (isMeant) return crash();
    return hasCrashed ? gone() : answer;
  };

  return {
    store: {
      load: (owner, dataset) => read(() => inner.load(owner, dataset)),
      datasets: (owner) => read(() => inner.datasets(owner)),
      owners: () => read(() => inner.owners()),
      note: (name) => read(() => inner.note(name)),
      commit: (changes) => write(() => inner.commit(changes)),
      setNote: (name, text) => write(() => inner.setNote(name, text)),
      // The wrapped store belongs to whoever made it, and is needed after the crash.
      close: () => (hasCrashed ? Promise.resolve() : inner.close()),
    },
    get writes() {
      return writes;
    },
    get hasCrashed() {
      return hasCrashed;
    },
    crashed,
  };
}
