import type { Instant } from './dataset.ts';
import type { BulkPublish, IdentityPool } from './identity-pool.ts';
import { streamOf } from './outbox.ts';

export type BulkPublishStart =
  | { readonly kind: 'started'; readonly run: BulkPublish }
  /** The pool has no stream that is on. */
  | { readonly kind: 'noStream' }
  | { readonly kind: 'running' }
  | { readonly kind: 'publishedLately' };

/** How long after a success the pool is not published again. */
const restMs = 24 * 3_600_000;

/** Decides one BulkPublish: one at a time, not within a day of the last success, and after a failure at once. */
export function startBulkPublish(pool: IdentityPool, at: Instant): BulkPublishStart {
  const streamName = streamOf(pool);
  if (streamName === undefined) return { kind: 'noStream' };
  const last = pool.bulkPublish;
  if (last?.status === 'IN_PROGRESS') return { kind: 'running' };
  if (last?.status === 'SUCCEEDED' && at - (last.completedAt ?? last.startedAt) < restMs) {
    return { kind: 'publishedLately' };
  }
  return { kind: 'started', run: { startedAt: at, status: 'IN_PROGRESS', streamName, published: 0 } };
}
