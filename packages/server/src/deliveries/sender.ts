import type { Instant } from '../domain/dataset.ts';
import type { ClaimedLane, LaneClaim, Settlement } from '../ports/outbox.ts';

export type ClaimSize = Pick<LaneClaim, 'lanes' | 'perLane' | 'deliveries' | 'characters'>;

/** Sends what is queued for one destination. */
export interface Sender {
  /** Nothing is to be sent before. */
  readonly pausedUntil: Instant;
  /** How much it wants next. */
  claimSize(): ClaimSize;
  /** What became of the lanes. Rejects only when the store fails. */
  send(lanes: readonly ClaimedLane[], signal: AbortSignal): Promise<readonly Settlement[]>;
}
