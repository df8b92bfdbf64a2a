import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { SyncTriggerEvent } from '../../src/domain/sync-trigger.ts';
import { type FunctionSettings, openSyncTriggers } from '../../src/functions/index.ts';
import type { SyncTrigger } from '../../src/ports/sync-trigger.ts';
import { type Answer, Receiver } from './receiver.ts';

// What a function behind an HTTP URL or behind Lambda's Invoke operation may do to us, with the real adapters.

const functionArn = 'arn:aws:lambda:eu-west-1:000000000000:function:notes';
const secret = 'a-secret-of-some-length';
const event: SyncTriggerEvent = {
  version: 2,
  eventType: 'SyncTrigger',
  region: 'us-east-1',
  identityPoolId: 'us-east-1:0',
  identityId: 'us-east-1:1',
  datasetName: 'notes',
  datasetRecords: Object.fromEntries([
    ['__proto__', { oldValue: null, newValue: 'é 👋', op: 'replace' }],
    ['constructor', { oldValue: '1', newValue: null, op: 'remove' }],
  ] as const),
};
const patient = () => new AbortController().signal;

let receiver: Receiver;
let trigger: SyncTrigger;
const logged: { readonly message: string }[] = [];

beforeEach(async () => {
  receiver = await Receiver.open();
});
afterEach(async () => {
  await trigger.close();
  await receiver[Symbol.asyncDispose]();
  logged.length = 0;
});

function open(settings: FunctionSettings): SyncTrigger {
  const note = (fields: object, message: string) => void logged.push({ ...fields, message });
  trigger = openSyncTriggers(
    { [functionArn]: settings },
    {
      environment: { SECRET: secret },
      directory: '/',
      logger: { error: note, info: note, debug: note },
    },
  );
  return trigger;
}

const remotes: readonly (readonly [string, () => FunctionSettings])[] = [
  ['a URL', () => ({ type: 'http', url: `${receiver.url}/sync`, secret: { env: 'SECRET' }, concurrency: 2 })],
  [
    'Lambda',
    () => ({
      type: 'lambda',
      endpoint: receiver.url,
      credentials: { accessKeyId: 'id', secretAccessKey: { env: 'SECRET' } },
      concurrency: 2,
    }),
  ],
];

const endless: Answer = (response) => {
  response.writeHead(200, { 'content-type': 'application/json' });
  const chunk = ' '.repeat(64 * 1024);
  const more = () => {
    while (response.writable && response.write(chunk));
  };
  response.on('drain', more);
  more();
};

describe.each(remotes)('a function at %s', (_, settings) => {
  test('gets the event and answers it, whatever its keys are named', async () => {
    expect(await open(settings()).invoke(functionArn, event, patient())).toEqual(event);
    expect(receiver.received.map(({ text }) => text)).toEqual([JSON.stringify(event)]);
  });

  test.each<[string, Answer, string]>([
    ['fails', (response) => void response.writeHead(500).end('{}'), 'failed'],
    ['sends elsewhere', (response) => void response.writeHead(302, { location: '/other' }).end(), 'failed'],
    ['answers no JSON', (response) => void response.end('<html>'), 'failed'],
    ['answers nothing', (response) => void response.end(), 'failed'],
    ['hangs up', (response) => void response.destroy(), 'failed'],
    [
      'vanishes in the middle of its answer',
      (response) => {
        response.writeHead(200, { 'content-length': 100 });
        response.write('{"version":2,', () => response.destroy());
      },
      'failed',
    ],
    ['answers without end', endless, 'more than 6291456 bytes'],
  ])('that %s has failed, and the next event is well', async (_fault, answer, message) => {
    open(settings());
    receiver.answer = answer;
    await expect(trigger.invoke(functionArn, event, patient())).rejects.toMatchObject({
      name: 'SyncTriggerError',
      kind: 'failed',
      message: expect.stringContaining(message),
    });
    expect(logged).toMatchObject([{ functionArn, message: 'SyncTrigger function failed' }]);
    expect(JSON.stringify(logged)).not.toContain(secret);
    receiver.answer = (response, { text }) => void response.end(text);
    expect(await trigger.invoke(functionArn, event, patient())).toEqual(event);
  });

  test.each<[string, Answer]>([
    ['does not answer', () => {}],
    [
      'stops in the middle of its answer',
      (response) => void response.writeHead(200, { 'content-length': 100 }).write('{'),
    ],
  ])('that %s is given up with the signal, and its connection with it', async (_fault, answer) => {
    open(settings());
    receiver.answer = answer;
    await expect(trigger.invoke(functionArn, event, AbortSignal.timeout(100))).rejects.toMatchObject({
      kind: 'timeout',
    });
    await vi.waitFor(async () => expect(await receiver.connections()).toBe(0));
  });

  test('that is throttled is told apart, and asked once only', async () => {
    open(settings());
    receiver.answer = (response) =>
      void response.writeHead(429, { 'x-amzn-errortype': 'TooManyRequestsException' }).end('{}');
    await expect(trigger.invoke(functionArn, event, patient())).rejects.toMatchObject({ kind: 'throttled' });
    expect(receiver.received).toHaveLength(1);
  });

  test('that is not there has failed', async () => {
    const gone = await Receiver.open();
    const given = settings();
    open({ ...given, ...(given.type === 'http' ? { url: gone.url } : { endpoint: gone.url }) });
    await gone[Symbol.asyncDispose]();
    await expect(trigger.invoke(functionArn, event, patient())).rejects.toMatchObject({ kind: 'failed' });
    await expect(trigger.probe(functionArn, patient())).rejects.toMatchObject({ kind: 'failed' });
  });

  test('is asked by so many at one time and no more', async () => {
    open(settings());
    const waiting: (() => void)[] = [];
    receiver.answer = (response, { text }) => void waiting.push(() => response.end(text));
    const first = [1, 2].map(() => trigger.invoke(functionArn, event, patient()));
    await expect(trigger.invoke(functionArn, event, patient())).rejects.toMatchObject({ kind: 'throttled' });
    await vi.waitFor(() => expect(waiting).toHaveLength(2));
    for (const answer of waiting.splice(0)) answer();
    expect(await Promise.all(first)).toEqual([event, event]);
    receiver.answer = (response, { text }) => void response.end(text);
    expect(await trigger.invoke(functionArn, event, patient())).toEqual(event);
  });

  test('is given up when the server closes', async () => {
    open(settings());
    receiver.answer = () => {};
    const refused = expect(trigger.invoke(functionArn, event, patient())).rejects.toMatchObject({
      kind: 'failed',
    });
    await trigger.close();
    await refused;
  });

  test('can be probed without being run', async () => {
    receiver.answer = (response) => void response.writeHead(204).end();
    await open(settings()).probe(functionArn, patient());
    expect(receiver.received.map(({ text }) => text)).not.toContain(JSON.stringify(event));
  });
});

test('a URL is asked by POST, with the secret', async () => {
  await open({ type: 'http', url: `${receiver.url}/sync`, secret }).invoke(functionArn, event, patient());
  expect(receiver.received).toMatchObject([
    {
      method: 'POST',
      path: '/sync',
      headers: { 'content-type': 'application/json', 'x-holdall-secret': secret },
    },
  ]);
});

test('Lambda is asked by Invoke, signed for the region of the ARN', async () => {
  await open({
    type: 'lambda',
    endpoint: receiver.url,
    credentials: { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: secret },
  }).invoke(functionArn, event, patient());
  expect(receiver.received).toMatchObject([
    {
      method: 'POST',
      path: `/2015-03-31/functions/${encodeURIComponent(functionArn)}/invocations`,
      headers: {
        'x-amz-invocation-type': 'RequestResponse',
        authorization: expect.stringMatching(
          /Credential=AKIDEXAMPLE\/\d{8}\/eu-west-1\/lambda\/aws4_request/,
        ),
      },
    },
  ]);
});

test('a Lambda function that threw has failed, and the log says how', async () => {
  open({
    type: 'lambda',
    endpoint: receiver.url,
    credentials: { accessKeyId: 'id', secretAccessKey: secret },
  });
  receiver.answer = (response) =>
    void response
      .writeHead(200, { 'x-amz-function-error': 'Unhandled' })
      .end('{"errorMessage":"as told","errorType":"Error"}');
  await expect(trigger.invoke(functionArn, event, patient())).rejects.toMatchObject({
    kind: 'failed',
    message: expect.stringContaining('as told'),
  });
});

test('a function that nobody has is told of once', async () => {
  open({ type: 'http', url: receiver.url });
  for (let times = 0; times < 3; times++) {
    await expect(trigger.invoke('arn:other', event, patient())).rejects.toMatchObject({ kind: 'failed' });
  }
  expect(logged).toMatchObject([{ functionArn: 'arn:other' }]);
  await expect(trigger.probe('arn:other', patient())).rejects.toMatchObject({ kind: 'failed' });
  await expect(trigger.invoke('constructor', event, patient())).rejects.toMatchObject({ kind: 'failed' });
});

describe('settings are refused, by name', () => {
  const opening = (settings: FunctionSettings, arn = functionArn) => {
    trigger = openSyncTriggers({}, noWhere);
    return () => openSyncTriggers({ [arn]: settings }, noWhere);
  };
  const noWhere = {
    environment: { SHORT: 'short' },
    directory: '/nowhere',
    logger: { error: () => {}, info: () => {}, debug: () => {} },
  };

  test.each<[FunctionSettings, string]>([
    [{ type: 'http', url: 'http://elsewhere.example/' }, 'allowPlainHttp'],
    [{ type: 'http', url: 'https://user:pass@elsewhere.example/' }, 'user name'],
    [{ type: 'http', url: 'https://elsewhere.example/', secret: { env: 'MISSING' } }, 'MISSING'],
    [{ type: 'http', url: 'https://elsewhere.example/', secret: { env: 'SHORT' } }, '16 to 256'],
    [{ type: 'lambda', endpoint: 'http://elsewhere.example/' }, 'allowPlainHttp'],
    [{ type: 'module', path: 'none.mjs' }, 'there is no file /nowhere/none.mjs'],
  ])('%j', (settings, message) => {
    expect(opening(settings)).toThrow(message);
    expect(opening(settings)).toThrow(`functions['${functionArn}']`);
  });

  test('a Lambda function without a region', () => {
    expect(opening({ type: 'lambda' }, 'notes')).toThrow('region must be given');
  });

  test('but plain HTTP may be allowed', () => {
    expect(opening({ type: 'http', url: 'http://elsewhere.example/', allowPlainHttp: true })).not.toThrow();
  });
});
