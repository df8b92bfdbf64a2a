import type { InputOf, Operation, Operations, OutputOf } from '@holdall/protocol';
import type { Call } from './scene.ts';

/** As the service sees it: the row vouches for the types. */
export type AnyHandler = (input: never, call: Call) => unknown;

/** Answers at once, or after work that changes nothing. */
export type Handler<O extends Operation> = (
  input: InputOf<O>,
  call: Call,
) => OutputOf<O> | Promise<OutputOf<O>>;

/** Handlers for those rows that the test server has. */
export type Handlers<Rows extends Operations> = { readonly [Name in keyof Rows]?: Handler<Rows[Name]> };
