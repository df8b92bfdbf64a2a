import type { InputOf, Operation, Operations, OutputOf } from '@holdall/protocol';
import type { Caller } from '../domain/caller.ts';
import type { Instant } from '../domain/dataset.ts';
import type { EventStream } from '../ports/event-stream.ts';

/** What a handler knows of the request besides its input. */
export interface Call {
  readonly caller: Caller;
  /** When the request arrived. */
  readonly at: Instant;
}

export type Handler<O extends Operation> = (input: InputOf<O>, call: Call) => Promise<Answer<O>>;

type Answer<O extends Operation> = O extends { readonly streams: true } ? EventStream : OutputOf<O>;

/** One handler for every row: an operation without one does not compile. */
export type Handlers<Rows extends Operations> = { readonly [Name in keyof Rows]: Handler<Rows[Name]> };
