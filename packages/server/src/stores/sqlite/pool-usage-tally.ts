import type { DatabaseSync } from 'node:sqlite';
import type { Instant } from '../../domain/dataset.ts';
import { prepare, type Query } from './rows.ts';

/** What the datasets of a pool have gained (or lost) since the last flush. */
interface Gain {
  bytes: number;
  at: Instant;
}

/**
 * Keeps `pool_usage` true without writing it for every job: gains add up in memory and are written once per pool, in the
 * transaction of the jobs that made them.
 */
export class PoolUsageTally {
  readonly #gains = new Map<number, Gain>();
  readonly #update: Query;

  constructor(db: DatabaseSync) {
    this.#update = prepare(
      db,
      `UPDATE pool_usage SET storage_bytes = storage_bytes + ?, last_modified_at = max(last_modified_at, ?)
       WHERE pool = ?`,
    );
  }

  /** To be called when nothing can fail any more in the job that made the gain. */
  add(pool: number, bytes: number, at: Instant): void {
    const gain = this.#gains.get(pool);
    if (!gain) {
      this.#gains.set(pool, { bytes, at });
      return;
    }
    gain.bytes += bytes;
    gain.at = Math.max(gain.at, at);
  }

  flush(): void {
    for (const [pool, { bytes, at }] of this.#gains) this.#update.run(bytes, at, pool);
    this.#gains.clear();
  }

  /** The transaction was rolled back. */
  clear(): void {
    this.#gains.clear();
  }
}
