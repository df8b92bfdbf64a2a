import type { SyncError } from './sync-error.ts';

/** Milliseconds to wait after the n-th failure in a row, from 1; undefined to give up. */
export type RetryPolicy = (failures: number, error: SyncError) => number | undefined;

/** What `fullJitter` is told. */
export interface FullJitterOptions {
  readonly baseMs?: number;
  readonly mostMs?: number;
  /** Tries altogether. */
  readonly attempts?: number;
  readonly random?: () => number;
}

/**
 * Waits a random part of an interval that doubles, so that devices which failed together do not come back together; at
 * least as long as the service asked for.
 */
export function fullJitter(options: FullJitterOptions = {}): RetryPolicy {
  const { baseMs = 500, mostMs = 60_000, attempts = 6, random = Math.random } = options;
  return (failures, error) => {
    if (failures >= attempts) return undefined;
    const interval = Math.min(mostMs, baseMs * 2 ** (failures - 1));
    return (error.retryAfterMs ?? 0) + random() * interval;
  };
}
