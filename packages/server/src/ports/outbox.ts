import type { Instant } from '../domain/dataset.ts';
import type { DeliveryKind } from '../domain/outbox.ts';

/** The part of a store that keeps what commits have to send (`domain/outbox.ts`), until it was sent. */
export interface OutboxReads {
  /** One for each destination that has anything, in binary order of kind, then destination. */
  backlog(): readonly Backlog[];
  /** In the order of their ids, those after `after`. */
  deadLetters(page: { readonly after?: number; readonly limit: number }): readonly DeadLetter[];
  /** Undefined unless they were kept, and until `expiresAt`. */
  streamPayload(id: string, at: Instant): string | undefined;
}

/** Each is one transaction. */
export interface OutboxWrites {
  /**
   * Takes lanes that are ready, the longest ready first, with their oldest deliveries. Nobody else gets them until they
   * are settled, or until the lease is over. Forgets those of identities that were deleted.
   */
  claimLanes(claim: LaneClaim): readonly ClaimedLane[];
  /** Takes what was done out of the outbox. Of a lane whose lease is somebody else's by now, only that. */
  settleLanes(settlements: readonly Settlement[]): void;
  /** Lanes that wait for their next try, or for a person, are ready at `at`; with `leased`, those that are leased too. */
  releaseLanes(lanes: LaneSelection & { readonly at: Instant; readonly leased: boolean }): void;
  /** Lanes that are not leased wait for a person (`releaseLanes`). */
  holdLanes(lanes: LaneSelection): void;
  /**
   * Forgets the deliveries of up to `limit` lanes that are not leased. Returns how many deliveries: call again until it
   * is 0.
   */
  dropLanes(lanes: LaneSelection & { readonly limit: number }): number;
  /**
   * Queues dead letters again, the oldest first, behind what is in their lanes; where only the newest is worth sending
   * and there is a newer one, forgets them. Returns how many there were.
   */
  retryDeadLetters(letters: DeadLetterSelection & { readonly at: Instant }): number;
  /** Forgets dead letters. Returns how many there were. */
  dropDeadLetters(letters: DeadLetterSelection): number;
  /** Keeps JSON that is too long for a stream, to be fetched from us. What has the same id is replaced. */
  keepStreamPayload(payload: {
    readonly id: string;
    readonly body: string;
    readonly expiresAt: Instant;
  }): void;
  /** Forgets what expired, up to `limit`; returns how many. */
  forgetStreamPayloads(at: Instant, limit: number): number;
}

export interface Backlog {
  readonly kind: DeliveryKind;
  readonly destination: string;
  /** Deliveries that are still to be sent. */
  readonly queued: number;
  readonly dead: number;
  /** When the oldest of those to be sent was queued. */
  readonly oldestAt?: Instant;
  /** When a lane is ready, or its lease is over: there is nothing to claim before. Absent when all are held. */
  readonly readyAt?: Instant;
}

export interface LaneClaim {
  readonly kind: DeliveryKind;
  readonly destination: string;
  readonly at: Instant;
  /** When the lease ends. */
  readonly until: Instant;
  /** Unlike that of any other claim. */
  readonly lease: string;
  readonly lanes: number;
  /** Deliveries of one lane, at most. */
  readonly perLane: number;
  /** Deliveries of all lanes, at most. */
  readonly deliveries: number;
  /** Characters of payload: none are added beyond, though the first may be longer. */
  readonly characters: number;
}

export interface ClaimedLane {
  readonly lane: number;
  readonly lease: string;
  /** Failed tries of the first delivery so far. */
  readonly tries: number;
  /** One at least, in the order of their ids. */
  readonly deliveries: readonly ClaimedDelivery[];
}

export interface ClaimedDelivery {
  readonly id: number;
  readonly queuedAt: Instant;
  readonly payload: string;
}

/** What came of a claimed lane. */
export interface Settlement {
  readonly lane: number;
  readonly lease: string;
  /** Deliveries up to this id are done. */
  readonly doneUpTo?: number;
  /** The first that is not done is given up. */
  readonly dead?: { readonly id: number; readonly reason: string; readonly at: Instant };
  /** Failed tries of what is first now. */
  readonly tries: number;
  /** When the lane is ready again; undefined when it is held. */
  readonly readyAt: Instant | undefined;
}

/** All destinations of the kind when none is named, and all lanes when no kind is. */
export interface LaneSelection {
  readonly kind?: DeliveryKind;
  readonly destination?: string;
}

export interface DeadLetter {
  readonly id: number;
  readonly kind: DeliveryKind;
  readonly destination: string;
  readonly lane: string;
  readonly queuedAt: Instant;
  readonly diedAt: Instant;
  readonly reason: string;
  readonly payload: string;
}

export interface DeadLetterSelection {
  /** All, when absent. */
  readonly ids?: readonly number[];
  /** How many at once: call again while it returns so many. */
  readonly limit: number;
}
