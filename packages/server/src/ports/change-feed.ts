import type { Change } from '../domain/change.ts';
import type { Instant } from '../domain/dataset.ts';
import type { EventStream } from './event-stream.ts';

/** Is told what was committed, once it is durable. Costs next to nothing for identities that nobody listens to. */
export interface ChangeFeed {
  changed(identityId: string, change: Change): void;
  /** Datasets came to the identity; which, is looked up. */
  datasetsCame(identityId: string): void;
  /** No more changes will come. */
  identityEnded(identityId: string, reason: 'deleted' | 'disabled'): void;
  poolDeleted(poolId: string): void;
}

/** Why a stream ends, as its last event says. */
export type EndReason = 'expired' | 'deleted' | 'disabled' | 'closing';

/** Tells listeners of the changes of one identity. */
export interface ChangeListening {
  listen(request: ListenRequest): ListenOutcome;
}

export interface ListenRequest {
  readonly identityPoolId: string;
  readonly identityId: string;
  /** When the listener's credentials end. */
  readonly expiresAt: Instant;
  /** The developer's key that the listener came with: it is looked at again while the stream goes on. */
  readonly accessKeyId?: string;
}

export type ListenOutcome =
  /** From now on nothing is missed. */
  | { readonly kind: 'listening'; readonly listener: OpeningListener }
  | { readonly kind: 'tooManyOfIdentity'; readonly limit: number }
  | { readonly kind: 'tooManyOfServer'; readonly limit: number };

export interface OpeningListener {
  /**
   * Looks up what there is, to be told first unless `lastEventId` is the number of the last change. Undefined when that
   * is more than can be told: the identity has had too many datasets.
   */
  open(lastEventId: string | undefined): Promise<EventStream | undefined>;
  /** Stops to listen, in the place of starting the stream. */
  closed(): void;
}
