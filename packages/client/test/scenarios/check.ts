import type { Readable, SyncErrorCode } from '@holdall/client';

// Scenarios play in Node and in pages of a browser, so they check without a test runner.

/** Members may be in any order. @throws Error that says both */
export function equal(actual: unknown, expected: unknown, what: string): void {
  const [is, shouldBe] = [canonical(actual), canonical(expected)];
  if (is !== shouldBe)
    throw new Error(`${what}: ${is.slice(0, 2000)} where ${shouldBe.slice(0, 2000)} was expected.`);
}

/** @throws Error */
export function holds(condition: boolean, what: string): void {
  if (!condition) throw new Error(`Not so: ${what}`);
}

export interface Failure {
  readonly name: string;
  readonly message: string;
  readonly code: SyncErrorCode;
  readonly [detail: string]: unknown;
}

/** What the work failed with, which may be an error of another tab's `SyncError`. @throws Error when it is none */
export async function failure(work: Promise<unknown>, code: SyncErrorCode): Promise<Failure> {
  const error = await work.then(
    (value) => ({ name: 'nothing', message: `It ended well, with ${canonical(value)}`, code: 'none' }),
    (error: unknown) => error as Failure,
  );
  if (error.name === 'SyncError' && error.code === code) return error as Failure;
  throw new Error(`A SyncError ${code} was expected, not ${error.name} ${error.code}: ${error.message}`, {
    cause: error,
  });
}

const mostWaitMs = 10_000;

/** Resolves when it is so; looks whenever one of the readables has changed. @throws Error after ten seconds */
export function until(
  what: string,
  readables: readonly Pick<Readable<unknown>, 'subscribe'>[],
  isSo: () => boolean,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const look = () => {
      if (!isSo()) return;
      end();
      resolve();
    };
    const timer = setTimeout(() => {
      end();
      reject(new Error(`Not in ten seconds: ${what}`));
    }, mostWaitMs);
    const leave = readables.map((readable) => readable.subscribe(look));
    const end = () => {
      clearTimeout(timer);
      for (const one of leave) one();
    };
    look();
  });
}

function canonical(value: unknown): string {
  return String(
    JSON.stringify(value, (_, part: unknown) => {
      if (part === undefined) return '<undefined>';
      if (typeof part !== 'object' || part === null || Array.isArray(part)) return part;
      const members = Object.entries(part).filter(([, member]) => member !== undefined);
      return Object.fromEntries(members.sort(([left], [right]) => (left < right ? -1 : 1)));
    }),
  );
}
