import type { ErrorName } from '@holdall/protocol';
import type { Caller } from '../domain/caller.ts';

/** What is known of a request once it is answered. Never holds a secret, a token or a record. */
export interface AnsweredRequest {
  readonly requestId: string;
  readonly method: string;
  /** Undefined when the request named none. */
  readonly operation: string | undefined;
  /** Of what kind, not who: a guest's identity id is all that it takes to be that guest. */
  readonly caller: Caller['kind'] | undefined;
  readonly status: number;
  /** Undefined on success. */
  readonly error: ErrorName | undefined;
  readonly durationMs: number;
}

/** Told of every request (for logs and metrics) and of every fault of ours (for a person to look at). */
export interface Observer {
  answered(request: AnsweredRequest): void;
  failed(requestId: string, operation: string | undefined, cause: unknown): void;
}
