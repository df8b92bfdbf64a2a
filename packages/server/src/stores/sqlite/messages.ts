import type { Destination } from '../../domain/outbox.ts';
import type { StoreWrites } from '../../ports/store.ts';

/** One write, on its way to the writer thread. */
export interface Job {
  readonly method: keyof StoreWrites;
  readonly args: readonly unknown[];
}

/** To the writer thread: jobs to run in this order, or the wish that it finish what it has and end. */
export type Request = readonly Job[] | 'close';

/** From the writer thread: first that it is ready, then the results of the jobs, in the order of the jobs. */
export type Reply = { readonly kind: 'ready' } | GroupReply;

export type GroupReply =
  /** `queued`: where something is to be sent that was not before. */
  | {
      readonly kind: 'committed';
      readonly answers: readonly Answer[];
      readonly queued: readonly Destination[];
    }
  | { readonly kind: 'failed'; readonly jobs: number; readonly failure: Failure };

export type Answer = { readonly value: unknown } | { readonly failure: Failure };

/** An error in words: errors lose their class between threads, and may hold what cannot be sent at all. */
export interface Failure {
  readonly message: string;
  readonly cause?: string;
}

export function toFailure(error: unknown): Failure {
  if (!(error instanceof Error)) return { message: String(error) };
  return { message: error.message, ...(error.cause !== undefined && { cause: String(error.cause) }) };
}
