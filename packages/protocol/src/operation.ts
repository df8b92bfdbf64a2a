import type { ErrorName } from './errors.ts';
import type { Members, StructureOf } from './shape.ts';

/**
 * Who may call an operation.
 *
 * - `identity`: temporary credentials of the very identity that the request names
 * - `developer`: the account's own credentials
 * - `anyone`: not signed at all; a signature that is there is not looked at
 */
export type CallerKind = 'identity' | 'developer' | 'anyone';

/** All that is known of one operation. Routing, validation, authorisation, writing and the docs follow from it. */
export interface Operation {
  readonly method: 'GET' | 'POST' | 'DELETE';
  /** `{Name}` stands for the member of that name. Operations without REST form share `/`. */
  readonly path: string;
  readonly callers: readonly CallerKind[];
  /** Nothing changes, although the method is not GET. Ask `isRead`. */
  readonly readOnly?: true;
  /**
   * The request names no pool in `IdentityPoolId`, and the handler keeps by itself to the pools that its caller may
   * reach. Without this, a caller that is limited to some pools may not call an operation that names none.
   */
  readonly limitsItself?: true;
  /** The longest body that can be legal, where that is more than `usualBodyBytes`. */
  readonly mostBodyBytes?: number;
  readonly input: Members;
  /** Absent: the answer has no members, and in REST no body. */
  readonly output?: Members;
  /** The answer is a stream of server-sent events that goes on until either end has enough. */
  readonly streams?: true;
  /** The errors that its handler may throw, as the original's model declares them. */
  readonly errors: readonly ErrorName[];
  readonly doc: string;
}

/** Enough for every input that has no records: ten login tokens of 50,000 characters are the longest. */
export const usualBodyBytes = 1024 * 1024;

export type Operations = Readonly<Record<string, Operation>>;

/** Whether the operation leaves everything as it is, so that credentials that may only read may call it. */
export function isRead(operation: Pick<Operation, 'method' | 'readOnly'>): boolean {
  return operation.readOnly ?? operation.method === 'GET';
}

/** A family of operations with one signing name and one place in the RPC namespace. */
export interface Service {
  /** As in `X-Amz-Target: <target>.<Operation>`. */
  readonly target: string;
  /** The package of the RPC envelope of 2014: `<namespace>#<Operation>`; where answers are XML, their namespace. */
  readonly namespace: string;
  /** The service in a signature's scope. */
  readonly signingName: string;
  /** The `Version` of the query form. */
  readonly version: string;
  /** Whether the operations have paths of their own. */
  readonly rest: boolean;
  /** The operations have their paths and no other form: a service of our own, which no SDK knows. */
  readonly restOnly?: true;
  /** The service speaks the query protocol with answers in XML, and no other. */
  readonly xml?: true;
  /** What a broken constraint is called here. */
  readonly constraintError: ErrorName;
  /** Errors are 400 in this service whatever the table says, unless the fault is the server's. */
  readonly flatStatus?: 400;
  readonly operations: Operations;
}

/** The value that an operation's handler receives. */
export type InputOf<O extends Operation> = StructureOf<O['input']>;

/** The value that an operation's handler returns. */
export type OutputOf<O extends Operation> = O extends { readonly output: infer Output extends Members }
  ? StructureOf<Output>
  : undefined;
