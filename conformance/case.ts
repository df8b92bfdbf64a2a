import { readdirSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';

/** Any JSON value. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

/** Whose credentials sign a request. */
export type CaseCaller = 'developer' | 'identity' | 'other-identity' | 'nobody';

/** An exchange with the service, or a few in a row. `README.md` explains every member. */
export interface Case {
  readonly name: string;
  /** Where this was seen; begins with `our choice` when it was not. */
  readonly seen: string;
  /** Settings of a pool of its own; without it the case uses the run's pool. */
  readonly pool?: { readonly [setting: string]: Json };
  /** Datasets that the identity has beforehand: key → value, null for a removed record. */
  readonly given?: Readonly<Record<string, Readonly<Record<string, string | null>>>>;
  /** Lines of the pool's SyncTrigger function (`functions.ts`); the case has a pool of its own then. */
  readonly function?: readonly string[];
  readonly steps: readonly Step[];
}

export interface Step {
  readonly request: CaseRequest;
  readonly response: CaseResponse;
  /** Repeats the step; `{{n}}` counts from 1. */
  readonly times?: number;
  /** How long to wait before the step. */
  readonly afterMs?: number;
}

export interface CaseRequest {
  readonly as: CaseCaller;
  readonly method: string;
  readonly path: string;
  readonly query?: string;
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  /** A text is sent as it is, anything else as compact JSON. */
  readonly body?: Json;
  readonly bodyBase64?: string;
  readonly signed?: CaseSigning;
  /** What is different on the wire from what was signed. */
  readonly changed?: {
    readonly method?: string;
    readonly path?: string;
    readonly query?: string;
    readonly headers?: Readonly<Record<string, string | readonly string[]>>;
    readonly body?: Json;
  };
}

export interface CaseSigning {
  readonly service?: string;
  readonly region?: string;
  /** How long ago, negative for the future. */
  readonly secondsAgo?: number;
  readonly presignedSeconds?: number;
  readonly checksum?: boolean;
  readonly without?: readonly string[];
  readonly accessKeyId?: string;
  readonly secretAccessKey?: string;
  readonly sessionToken?: string;
}

export interface CaseResponse {
  /** Absent only with `permitted`. */
  readonly status?: number;
  /** Names in their very case; null for a header that must not be there. */
  readonly headers?: Readonly<Record<string, string | null>>;
  /** The JSON answer, member for member; of an XML answer what `readXml` makes of it. */
  readonly body?: Json;
  /** The answer's text, character for character. */
  readonly text?: string;
  readonly error?: string;
  readonly message?: string;
  /** Any answer at all, except that the caller may not call. */
  readonly permitted?: true;
  /** Path of a token → what it says. */
  readonly tokens?: Readonly<Record<string, TokenExpectation>>;
  /** Name → path in the JSON answer, such as `$.Records[0].SyncCount`. */
  readonly capture?: Readonly<Record<string, string>>;
}

export interface TokenExpectation {
  readonly header: Json;
  readonly claims: Json;
  /** From `iat` to `exp`. */
  readonly lifetimeSeconds: number;
}

export interface CaseFile {
  readonly subject: string;
  readonly cases: readonly Case[];
}

const folder = new URL('cases/', import.meta.url);

/** All case files, in the order of their names. */
export function readCaseFiles(): readonly CaseFile[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith('.json'))
    .sort()
    .map((name) => {
      const cases = JSON.parse(readFileSync(new URL(name, folder), 'utf8')) as Case[];
      for (const each of cases) checkSpelling(each, name);
      return { subject: basename(name, '.json'), cases };
    });
}

/** Whether the case is a decision of ours that no one has seen on the original. */
export function isOurChoice({ seen }: Case): boolean {
  return seen.startsWith('our choice');
}

const known = {
  case: ['name', 'seen', 'pool', 'given', 'function', 'steps'],
  step: ['request', 'response', 'times', 'afterMs'],
  request: ['as', 'method', 'path', 'query', 'headers', 'body', 'bodyBase64', 'signed', 'changed'],
  signed: [
    'service',
    'region',
    'secondsAgo',
    'presignedSeconds',
    'checksum',
    'without',
    'accessKeyId',
    'secretAccessKey',
    'sessionToken',
  ],
  changed: ['method', 'path', 'query', 'headers', 'body'],
  token: ['header', 'claims', 'lifetimeSeconds'],
  response: ['status', 'headers', 'body', 'text', 'error', 'message', 'permitted', 'tokens', 'capture'],
} as const;

/** A misspelt member would make a case that checks less than it says. */
function checkSpelling(each: Case, file: string): void {
  const check = (kind: keyof typeof known, value: object | undefined) => {
    for (const key of Object.keys(value ?? {})) {
      if (!(known[kind] as readonly string[]).includes(key)) {
        throw new Error(`${file}: "${each.name}": a ${kind} has no member '${key}'`);
      }
    }
  };
  check('case', each);
  for (const step of each.steps) {
    check('step', step);
    check('request', step.request);
    check('signed', step.request.signed);
    check('changed', step.request.changed);
    check('response', step.response);
    for (const token of Object.values(step.response.tokens ?? {})) check('token', token);
  }
}
