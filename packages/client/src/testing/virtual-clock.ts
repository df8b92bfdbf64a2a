import { type Clock, sleep } from '../clock.ts';
import { cryptoAtWork } from './watched-crypto.ts';

/** A clock whose time passes only when it is told to. */
export interface VirtualClock extends Clock {
  /**
   * Resolves when so many milliseconds have passed on this clock.
   *
   * @throws the signal's reason when it is aborted before
   */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  /**
   * Lets so many milliseconds pass. Timers that fall due run in the order of their times, those of one time in the order
   * in which they were set; after each, whatever it began runs as far as it gets without time passing.
   */
  advance(ms: number): Promise<void>;
  /**
   * Lets time pass, from timer to timer, until the work is done, and gives its result.
   *
   * @throws whatever the work throws
   * @throws Error when the work has not ended after `mostMs` of this clock, or waits for nothing this clock knows
   */
  run<T>(work: Promise<T>, mostMs?: number): Promise<T>;
  /** Lets everything run as far as it gets without time passing. */
  settle(): Promise<void>;
  /** No time passes before the work has ended. It must not wait for this clock. */
  busy<T>(work: Promise<T>): Promise<T>;
  /** How many timers are set. */
  readonly timers: number;
}

interface Timer {
  readonly due: number;
  readonly callback: () => void;
}

/** An hour: whoever waits longer for one piece of work in a test has made a mistake. */
const usualMostMs = 3_600_000;

/** How many turns of the event loop have to pass with nothing happening: a database may take a few for one answer. */
const quietTurns = 12;

/** How often that is tried again for work that waits for something else than this clock. */
const patience = 50;

/** @param start epoch milliseconds; by default 1 January 2026 */
export function createVirtualClock(start = Date.UTC(2026, 0, 1)): VirtualClock {
  let time = start;
  let activity = 0;
  const timers = new Set<Timer>();
  const working = new Set<Promise<unknown>>();

  const setTimer = (callback: () => void, ms: number) => {
    activity += 1;
    const timer = { due: time + Math.max(0, ms), callback };
    timers.add(timer);
    return () => {
      timers.delete(timer);
    };
  };

  const busy = async <T>(work: Promise<T>): Promise<T> => {
    activity += 1;
    working.add(work);
    try {
      return await work;
    } finally {
      working.delete(work);
      activity += 1;
    }
  };

  const settle = async () => {
    let seen = activity;
    for (let quiet = 0; quiet < quietTurns; quiet++) {
      const others = [...working, ...cryptoAtWork()];
      if (others.length > 0) await Promise.allSettled(others);
      else await turnOfTheEventLoop();
      if (others.length > 0 || activity !== seen) quiet = 0;
      seen = activity;
    }
  };

  /** Runs the first timer that is due by then, if any is. */
  const runNext = async (until: number): Promise<boolean> => {
    const next = firstDue(timers);
    if (!next || next.due > until) return false;
    timers.delete(next);
    time = Math.max(time, next.due);
    activity += 1;
    next.callback();
    await settle();
    return true;
  };

  const advance = async (ms: number) => {
    const until = time + ms;
    await settle();
    while (await runNext(until)) {
      // All that are due, also those that were set on the way.
    }
    time = until;
  };

  const run = async <T>(work: Promise<T>, mostMs = usualMostMs): Promise<T> => {
    const until = time + mostMs;
    let ended = false;
    const end = () => {
      ended = true;
    };
    work.then(end, end);
    await settle();
    for (let idle = 0; !ended; ) {
      if (await runNext(until)) idle = 0;
      else if (timers.size > 0 || idle === patience) throw notEnded(mostMs, timers.size);
      else {
        idle += 1;
        await settle();
      }
    }
    return work;
  };

  return {
    now: () => time,
    setTimer,
    sleep: (ms, signal = never) => sleep({ now: () => time, setTimer }, ms, signal),
    advance,
    run,
    settle,
    busy,
    get timers() {
      return timers.size;
    },
  };
}

/** The work, before whose end no time passes if the clock is a virtual one. */
export function keepBusy<T>(clock: Clock, work: Promise<T>): Promise<T> {
  return 'busy' in clock ? (clock as VirtualClock).busy(work) : work;
}

function firstDue(timers: Iterable<Timer>): Timer | undefined {
  let first: Timer | undefined;
  // A set keeps the order of setting, so of equals the first stays.
  for (const timer of timers) if (!first || timer.due < first.due) first = timer;
  return first;
}

const never = new AbortController().signal;

function notEnded(mostMs: number, timers: number): Error {
  return new Error(
    timers > 0
      ? `The work has not ended after ${mostMs} ms of the virtual clock.`
      : 'The work has not ended, and no timer of the virtual clock is set that could let it go on.',
  );
}

/** Unlike a timer of 0 ms, a message takes no time. */
function turnOfTheEventLoop(): Promise<void> {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(undefined);
  });
}
