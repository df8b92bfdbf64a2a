import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import type { SyncTriggerEvent } from '../domain/sync-trigger.ts';
import type { SyncTrigger } from '../ports/sync-trigger.ts';
import { type FunctionSettings, openSyncTriggers } from './index.ts';

const functionArn = 'arn:aws:lambda:us-east-1:000000000000:function:notes';
const event: SyncTriggerEvent = {
  version: 2,
  eventType: 'SyncTrigger',
  region: 'us-east-1',
  identityPoolId: 'us-east-1:0',
  identityId: 'us-east-1:1',
  datasetName: 'notes',
  datasetRecords: { a: { oldValue: '1', newValue: '2', op: 'replace' } },
};
const patient = () => new AbortController().signal;

let folder: string;
let modules = 0;
const opened: SyncTrigger[] = [];
const printed: object[] = [];

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'holdall-functions-'));
});
afterEach(async () => {
  for (const trigger of opened.splice(0)) await trigger.close();
  printed.length = 0;
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function open(
  source: string,
  settings: Partial<Extract<FunctionSettings, { type: 'module' }>> = {},
  extension = 'mjs',
): SyncTrigger {
  modules += 1;
  const path = `function-${modules}.${extension}`;
  writeFileSync(join(folder, path), source);
  const trigger = openSyncTriggers(
    { [functionArn]: { type: 'module', path, threads: 1, ...settings } },
    {
      environment: { TOKEN: 'a secret', SERVER_ONLY: 'x' },
      directory: folder,
      logger: { error: () => {}, info: () => {}, debug: (fields) => printed.push(fields) },
    },
  );
  opened.push(trigger);
  return trigger;
}

/** A function whose deeds the event's dataset names. */
const manyDeeds = `
  let events = 0;
  export const handler = async (event) => {
    events += 1;
    switch (event.datasetName) {
      case 'hang': return new Promise(() => {});
      case 'loop': for (;;);
      case 'exit': process.exit(0);
      case 'throw': throw new TypeError('as told');
      case 'throw null': throw null;
      case 'hog': { const all = []; for (;;) all.push(new Array(10_000).fill(events)); }
      case 'crash later': setTimeout(() => { throw new Error('late'); }, 1); return event;
      case 'circular': { const ring = {}; ring.ring = ring; return ring; }
      case 'nothing': return undefined;
      case 'big': return 'x'.repeat(10_000_000);
      case 'bigint': return 1n;
      default: return { ...event, events };
    }
  };
`;
const named = (datasetName: string) => ({ ...event, datasetName });

describe('a module in a thread', () => {
  test('answers, and keeps its state from one event to the next', async () => {
    const trigger = open(manyDeeds);
    expect(await trigger.invoke(functionArn, event, patient())).toEqual({ ...event, events: 1 });
    expect(await trigger.invoke(functionArn, event, patient())).toEqual({ ...event, events: 2 });
  });

  test('may be TypeScript', async () => {
    const source = 'export const handler = async (event: { readonly version: number }) => event.version;';
    expect(await open(source, {}, 'ts').invoke(functionArn, event, patient())).toBe(2);
  });

  test('may be CommonJS, as functions were in the first years', async () => {
    const source = 'exports.handler = function (event, context) { context.done(null, event); };';
    expect(await open(source, {}, 'cjs').invoke(functionArn, event, patient())).toEqual(event);
  });

  test('has the environment that it was given and nothing of the server’s', async () => {
    const source = 'export const handler = async () => ({ ...process.env });';
    const trigger = open(source, { environment: { STAGE: 'test', API_TOKEN: { env: 'TOKEN' } } });
    expect(await trigger.invoke(functionArn, event, patient())).toEqual({
      STAGE: 'test',
      API_TOKEN: 'a secret',
    });
  });

  test('prints to the log, where that shows all', async () => {
    const trigger = open('export const handler = async (event) => { console.log("hello"); return event; };');
    await trigger.invoke(functionArn, event, patient());
    await vi.waitFor(() => expect(printed).toEqual([{ functionArn, text: 'hello\n' }]));
  });

  test('gets keys named like members of every object, and answers them', async () => {
    const datasetRecords = JSON.parse(
      '{"__proto__":{"oldValue":null,"newValue":"1","op":"replace"},"constructor":{"oldValue":null,"newValue":"2","op":"replace"}}',
    );
    const trigger = open('export const handler = async (event) => event;');
    const answer = await trigger.invoke(functionArn, { ...event, datasetRecords }, patient());
    expect(Object.entries((answer as SyncTriggerEvent).datasetRecords)).toEqual(
      Object.entries(datasetRecords),
    );
  });

  test.each([
    ['throw', 'TypeError: as told'],
    ['throw null', 'null'],
    ['circular', 'circular structure'],
    ['bigint', 'BigInt'],
    ['nothing', 'answered nothing'],
    ['big', 'more than 6291456 bytes'],
  ])('that fails by %s says why, and the thread goes on', async (deed, message) => {
    const trigger = open(manyDeeds);
    await expect(trigger.invoke(functionArn, named(deed), patient())).rejects.toMatchObject({
      name: 'SyncTriggerError',
      kind: 'failed',
      message: expect.stringContaining(message),
    });
    expect(await trigger.invoke(functionArn, event, patient())).toMatchObject({ events: 2 });
  });

  test.each([
    ['exit', 'exit code 0'],
    ['hog', 'memory limit'],
  ])('that ends its thread by %s fails, and the next event gets a new one', async (deed, message) => {
    const trigger = open(manyDeeds, { memoryMb: 32 });
    await expect(trigger.invoke(functionArn, named(deed), patient())).rejects.toMatchObject({
      kind: 'failed',
      message: expect.stringContaining(message),
    });
    expect(await trigger.invoke(functionArn, event, patient())).toMatchObject({ events: 1 });
  });

  test('that crashes after its answer harms nobody', async () => {
    const trigger = open(manyDeeds);
    await trigger.invoke(functionArn, named('crash later'), patient());
    // An event that meets the crash fails, and those after it get a new thread.
    await vi.waitFor(async () =>
      expect(await trigger.invoke(functionArn, event, patient())).toMatchObject({ events: 1 }),
    );
  });

  test.each(['hang', 'loop'])('that does %s is stopped by the signal', async (deed) => {
    const trigger = open(manyDeeds);
    await trigger.probe(functionArn, patient());
    await expect(trigger.invoke(functionArn, named(deed), AbortSignal.timeout(50))).rejects.toMatchObject({
      kind: 'timeout',
    });
    expect(await trigger.invoke(functionArn, event, patient())).toMatchObject({ events: 1 });
  });

  test('is waited for in turn, and who waits may give up', async () => {
    const trigger = open(manyDeeds);
    const [first, second] = [new AbortController(), new AbortController()];
    const hanging = trigger.invoke(functionArn, named('hang'), first.signal);
    const waiting = trigger.invoke(functionArn, event, second.signal);
    const last = trigger.invoke(functionArn, event, patient());
    second.abort();
    await expect(waiting).rejects.toMatchObject({ kind: 'timeout' });
    first.abort();
    await expect(hanging).rejects.toMatchObject({ kind: 'timeout' });
    expect(await last).toMatchObject({ events: 1 });
  });

  test('runs in as many threads as it may, and no more', async () => {
    const trigger = open('let n = 0; export const handler = async (event) => ++n;', { threads: 2 });
    const answers = await Promise.all(
      Array.from({ length: 6 }, () => trigger.invoke(functionArn, event, patient())),
    );
    expect(answers.filter((answer) => answer === 1)).toHaveLength(2);
    expect(answers).toHaveLength(6);
  });

  test('is ended with the server, whatever it does', async () => {
    const trigger = open(manyDeeds);
    const looping = trigger.invoke(functionArn, named('loop'), patient());
    const refused = expect(looping).rejects.toMatchObject({ kind: 'failed' });
    await trigger.close();
    await refused;
    await expect(trigger.invoke(functionArn, event, patient())).rejects.toMatchObject({ kind: 'failed' });
  });
});

describe('a module that cannot be used', () => {
  test.each([
    ['has no handler', 'export const other = 1;', 'does not export a function named handler'],
    ['is not JavaScript', 'this is not', 'Unexpected'],
    ['throws while it loads', 'throw new Error("not today");', 'not today'],
    ['exits while it loads', 'process.exit(3);', 'exit code 3'],
  ])('because it %s is told by the probe and by every event', async (_, source, message) => {
    const trigger = open(source);
    const failure = { kind: 'failed', message: expect.stringContaining(message) };
    await expect(trigger.probe(functionArn, patient())).rejects.toMatchObject(failure);
    await expect(trigger.invoke(functionArn, event, patient())).rejects.toMatchObject(failure);
  });

  test('because it never loads is given up by the probe', async () => {
    const trigger = open('for (;;);');
    await expect(trigger.probe(functionArn, AbortSignal.timeout(50))).rejects.toMatchObject({
      kind: 'timeout',
    });
  });
});
