import { describe, expect, test } from 'vitest';
import { callHandler, type Handler, handlerOf } from './call-handler.ts';

const invocation = {
  functionArn: 'arn:aws:lambda:us-east-1:000000000000:function:notes',
  requestId: 'request',
  memoryMb: 128,
  remainingMs: () => 4999,
};
const call = (handler: unknown) => callHandler(handler as Handler, { n: 1 }, invocation);

interface Context {
  done(error: unknown, result?: unknown): void;
  succeed(result: unknown): void;
  fail(error?: unknown): void;
  getRemainingTimeInMillis(): number;
  readonly functionName: string;
}
type Callback = (error: unknown, result?: unknown) => void;

describe('a function answers with', () => {
  test.each<[string, unknown]>([
    ['a promise', async (event: object) => ({ ...event, by: 'it' })],
    ['what it returns', (event: object) => ({ ...event, by: 'it' })],
    ['a callback', (event: object, _: Context, callback: Callback) => callback(null, { ...event, by: 'it' })],
    ['context.done', (event: object, context: Context) => context.done(null, { ...event, by: 'it' })],
    ['context.succeed', (event: object, context: Context) => context.succeed({ ...event, by: 'it' })],
    [
      'context.done in an async function',
      async (event: object, context: Context) => context.done(null, { ...event, by: 'it' }),
    ],
    [
      'a later callback, though it returns a timer',
      (event: object, _: Context, callback: Callback) =>
        setTimeout(() => callback(undefined, { ...event, by: 'it' }), 1),
    ],
  ])('%s', async (_, handler) => {
    expect(await call(handler)).toEqual({ n: 1, by: 'it' });
  });
});

describe('a function fails with', () => {
  const error = new Error('no');
  test.each<[string, unknown]>([
    [
      'what it throws',
      () => {
        throw error;
      },
    ],
    ['what it rejects with', () => Promise.reject(error)],
    ['the error of a callback', (_: object, __: Context, callback: Callback) => callback(error, { n: 1 })],
    ['the error of context.done', (_: object, context: Context) => context.done(error)],
    ['the error of context.fail', (_: object, context: Context) => context.fail(error)],
  ])('%s', async (_, handler) => {
    await expect(call(handler)).rejects.toBe(error);
  });

  test('an error of ours where context.fail has none', async () => {
    await expect(call((_: object, context: Context) => context.fail())).rejects.toThrow('context.fail');
  });
});

test('a function knows its name and how long it has', async () => {
  const answer = await call((_: object, context: Context, callback: Callback) =>
    callback(null, [context.functionName, context.getRemainingTimeInMillis()]),
  );
  expect(answer).toEqual(['notes', 4999]);
});

describe('a module is about', () => {
  const handler = () => {};
  test.each([
    ['its export handler', { handler, default: () => {} }],
    ['the handler of what it exports by default', { default: { handler } }],
    ['what it exports by default', { default: handler }],
  ])('%s', (_, exported) => {
    expect(handlerOf(exported)).toBe(handler);
  });

  test.each([{}, { handler: 'index.handler' }, { default: undefined }, { other: handler }])(
    'nothing: %j',
    (exported) => {
      expect(() => handlerOf(exported)).toThrow('does not export a function named handler');
    },
  );
});
