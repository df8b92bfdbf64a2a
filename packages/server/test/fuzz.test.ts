import { connect } from 'node:net';
import { identityService, type Operation, type Service, syncService } from '@holdall/protocol';
import { startTestServer, type TestServer } from '@holdall/server/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  callIdentity,
  datasetPath,
  type Identity,
  newIdentity,
  SignedClient,
  WireClient,
} from '../../../conformance/signed-client.ts';
import { type Credentials, type Outgoing, percentEncode, signByHand } from '../../../conformance/signing.ts';
import { SeededRandom } from './seeded-random.ts';

const requests = 10_000;
/** A quarter is bytes that need not be HTTP at all. */
const rawRequests = requests / 4;
const workers = 16;
const seed = Number(process.env.FUZZ_SEED ?? Date.now() % 1_000_000);

let server: TestServer;
let wire: WireClient;
let poolId: string;
let witness: Identity;
let witnessState: Look;

beforeAll(async () => {
  server = await startTestServer({ settings: { streams: { s: { type: 'file', path: 'changes.ndjson' } } } });
  wire = new WireClient(server.url, { connections: workers });
  poolId = await newPool();
  witness = await newIdentity(wire, poolId);
  await write(witness, 'notes', { a: '1', b: '2' });
  witnessState = await lookAt(witness);
});

afterAll(async () => {
  wire[Symbol.dispose]();
  await server.close();
});

test('bytes that are hardly HTTP', { timeout: 60_000 }, async () => {
  const random = new SeededRandom(seed);
  const pieces = Array.from({ length: rawRequests }, () => rawBytes(random));
  await inParallel(pieces, async (bytes) => {
    const status = await exchange(bytes, { waitMs: 60 });
    expect(status ?? 0, `FUZZ_SEED=${seed}: ${show(bytes)}`).toBeLessThan(500);
  });
  await expectUnharmed();
});

test('real requests, mutated', { timeout: 60_000 }, async () => {
  const owned = Array.from({ length: workers }, (_, index) => index);
  const counts = await Promise.all(
    owned.map((index) =>
      mutateFor(new SeededRandom(seed * 1000 + index + 1), (requests - rawRequests) / workers),
    ),
  );
  await expectUnharmed();
  const accepted = counts.reduce((sum, count) => sum + count, 0);
  // Mutation must not be so wild that nothing gets past the first tests.
  expect(accepted).toBeGreaterThan(requests / 50);
});

/** One caller that mutates its own requests and looks after each refused one whether something has changed. */
async function mutateFor(random: SeededRandom, count: number): Promise<number> {
  const identity = await newIdentity(wire, poolId);
  await write(identity, 'notes', { a: '1' });
  let before = await lookAt(identity);
  let accepted = 0;
  for (let n = 0; n < count; n++) {
    const { bytes, complete } = mutatedRequest(random, identity, before.token);
    // Where no answer is due, the wait is long enough for a write to be over before its effect is looked for.
    const status = await exchange(bytes, complete ? 'must answer' : { waitMs: 1000 });
    const what = `FUZZ_SEED=${seed}: ${status} to ${show(bytes)}`;
    expect(status ?? 0, what).toBeLessThan(500);
    const after = await lookAt(identity);
    if (status === 200) accepted += 1;
    else if (status !== undefined) expect(after.state, what).toBe(before.state);
    before = after;
  }
  return accepted;
}

async function expectUnharmed(): Promise<void> {
  expect(server.faults.filter(isBug), `FUZZ_SEED=${seed}`).toEqual([]);
  expect((await lookAt(witness)).state, `FUZZ_SEED=${seed}`).toBe(witnessState.state);
}

/** A caller may name a stream that this server has not: the log says so as an error, for somebody has to act. */
function isBug(fault: unknown): boolean {
  const { message, streamName } = fault as { readonly message?: string; readonly streamName?: string };
  return streamName === 's' || !message?.startsWith('the stream takes nothing any more');
}

// Requests

interface Target {
  readonly service: Service;
  readonly name: string;
  readonly operation: Operation;
}

const targets: readonly Target[] = [syncService, identityService].flatMap((service: Service) =>
  Object.entries(service.operations).map(([name, operation]) => ({ service, name, operation })),
);

const role = 'arn:aws:iam::000000000000:role/fuzz';

/** A value for every member that any operation has. */
function memberValues(random: SeededRandom, identity: Identity, token: string): Record<string, unknown> {
  // Mostly its own data; sometimes that of the witness, which it must not reach.
  const owner = random.chance(0.85) ? identity : witness;
  return {
    IdentityPoolId: poolId,
    IdentityId: owner.id,
    DatasetName: random.pick(['notes', 'notes', 'other']),
    DeviceId: random.pick(['device', 'none']),
    SyncSessionToken: token,
    RecordPatches: [
      { Op: 'replace', Key: random.pick(['a', 'b', 'é']), Value: 'x', SyncCount: random.between(0, 2000) },
      { Op: 'remove', Key: 'z', SyncCount: 2000, DeviceLastModifiedDate: 1_714_979_289.123 },
    ],
    LastSyncCount: random.pick([0, 1, 2, '0']),
    MaxResults: random.pick([1, 10, '3']),
    NextToken: random.chance(0.1) ? 'none' : undefined,
    Platform: 'GCM',
    Token: 'push-token',
    Events: { SyncTrigger: random.pick(['', 'arn:aws:lambda:us-east-1:000000000000:function:f']) },
    PushSync: { ApplicationArns: ['arn:aws:sns:us-east-1:000000000000:app/GCM/a'], RoleArn: role },
    CognitoStreams: { StreamName: 's', RoleArn: role, StreamingStatus: 'ENABLED' },
    IdentityPoolName: 'fuzz',
    AllowUnauthenticatedIdentities: true,
    IdentityPoolTags: { a: 'b' },
    Logins: random.chance(0.2) ? { 'example.com': 'token' } : undefined,
  };
}

interface Draft {
  method: string;
  path: string;
  query: string;
  headers: [name: string, value: string][];
  body: Buffer;
  readonly credentials: Credentials | undefined;
  readonly service: Service;
}

function draftRequest(random: SeededRandom, identity: Identity, token: string): Draft {
  const { service, name, operation } = random.pick(targets);
  const values = memberValues(random, identity, token);
  // The pool of the test has to outlive it.
  if (name === 'DeleteIdentityPool') values.IdentityPoolId = 'us-east-1:00000000-0000-4000-8000-000000000000';
  const input = Object.fromEntries(
    Object.keys(operation.input).flatMap((member) =>
      values[member] === undefined ? [] : [[member, values[member]]],
    ),
  );
  const developer = !operation.callers.includes('identity') !== random.chance(0.05);
  const draft: Draft = {
    method: 'POST',
    path: '/',
    query: '',
    headers: [['Host', wire.host]],
    body: Buffer.alloc(0),
    credentials: operation.callers.includes('anyone')
      ? undefined
      : developer && input.IdentityId !== witness.id
        ? server.credentials
        : identity.credentials,
    service,
  };
  const forms = ['envelope', 'bare', 'query', ...(service.rest ? ['rest', 'rest', 'rest'] : [])];
  switch (random.pick(forms)) {
    case 'rest':
      return asRest(draft, operation, input);
    case 'bare':
      draft.headers.push(['X-Amz-Target', `${service.target}.${name}`]);
      draft.body = Buffer.from(JSON.stringify(input));
      return draft;
    case 'envelope':
      draft.headers.push(['X-Amz-Target', `${service.namespace}.${service.target}.${name}`]);
      draft.body = Buffer.from(JSON.stringify({ Operation: `${service.namespace}#${name}`, Input: input }));
      return draft;
    default:
      draft.method = random.pick(['GET', 'POST']);
      draft.query = [`Action=${name}`, `Version=${service.version}`, ...asParameters('', input)].join('&');
      return draft;
  }
}

function asRest(draft: Draft, operation: Operation, input: Readonly<Record<string, unknown>>): Draft {
  draft.method = operation.method;
  draft.path = operation.path.replaceAll(/\{(\w+)\}/g, (_, name: string) =>
    percentEncode(String(input[name])),
  );
  const body: Record<string, unknown> = {};
  const query: string[] = [];
  for (const [name, value] of Object.entries(input)) {
    const member = operation.input[name];
    if (member?.in === 'query') query.push(`${member.wire ?? name}=${percentEncode(String(value))}`);
    else if (member?.in === undefined) body[name] = value;
  }
  draft.query = query.join('&');
  if (operation.method === 'POST') draft.body = Buffer.from(JSON.stringify(body));
  return draft;
}

function asParameters(prefix: string, value: unknown): string[] {
  if (Array.isArray(value)) {
    return value.flatMap((item, index) => asParameters(`${prefix}.member.${index + 1}`, item));
  }
  if (typeof value !== 'object' || value === null) return [`${prefix}=${percentEncode(String(value))}`];
  return Object.entries(value).flatMap(([name, item]) =>
    asParameters(prefix === '' ? name : `${prefix}.${name}`, item),
  );
}

/** Mutates a real request before or after it is signed. */
function mutatedRequest(
  random: SeededRandom,
  identity: Identity,
  token: string,
): { readonly bytes: Buffer; readonly complete: boolean } {
  const draft = draftRequest(random, identity, token);
  const signFirst = random.chance(0.5);
  if (signFirst) signDraft(draft);
  for (let times = random.between(0, 3); times > 0; times--) mutate(random, draft);
  if (!signFirst) signDraft(draft);
  draft.headers.push(['Content-Length', String(draft.body.length)]);
  const head = draft.headers.map(([name, value]) => `${name}: ${value}\r\n`).join('');
  const target = draft.query === '' ? draft.path : `${draft.path}?${draft.query}`;
  const text = `${draft.method} ${target} HTTP/1.1\r\n${head}\r\n`;
  const complete = !/[\r\n]/.test(`${draft.method}${target}${draft.headers.flat().join('')}`);
  return { bytes: Buffer.concat([Buffer.from(text, 'latin1'), draft.body]), complete };
}

function signDraft(draft: Draft): void {
  if (!draft.credentials) return;
  const request: Outgoing = {
    method: draft.method,
    target: draft.query === '' ? draft.path : `${draft.path}?${draft.query}`,
    headers: Object.fromEntries(draft.headers),
    body: draft.body,
  };
  const signing = { service: draft.service.signingName, region: server.region };
  const signed = signByHand(request, draft.credentials, signing);
  draft.headers = Object.entries(signed.headers).map(([name, value]) => [name, String(value)]);
}

const junk = [
  '%',
  '%zz',
  '%00',
  '%FF',
  '%ED%A0%80',
  '%2F',
  '%2e%2e',
  '..',
  '/',
  '//',
  '?',
  '&',
  '=',
  '+',
  '#',
  ' ',
  ':',
  ';',
  '\\',
  '"',
  "'",
  '<',
  '{',
  '}',
  '[',
  ']',
  '__proto__',
  'constructor',
  'toString',
  '\u0000',
  '\r\n',
  '\t',
  '\u00e9',
  '\u00ff',
  '0',
  '-1',
  '1e999',
  '99999999999999999999',
  'null',
  'true',
  '[object Object]',
  'x'.repeat(300),
  'é😀',
];

const junkJson = [
  null,
  true,
  false,
  0,
  -1,
  1.5,
  1e300,
  2 ** 53,
  '',
  'x',
  '0',
  '\u0000',
  '\ud83d',
  'x'.repeat(2000),
  [],
  {},
  [[]],
  [null],
  [{}],
  { a: { b: {} } },
  JSON.parse('{"__proto__": {"a": 1}}'),
  { constructor: 1, toString: 2, length: 3 },
];

const oddHeaders: readonly string[] = [
  'X-Amz-Target',
  'X-Amz-Date',
  'X-Amz-Content-Sha256',
  'X-Amz-Security-Token',
  'Authorization',
  'Content-Type',
  'x-amz-Client-Context',
  'X-Amzn-RequestId',
  'Expect',
  'Date',
  'Host',
  'Origin',
  'Access-Control-Request-Headers',
  'Content-Encoding',
  'Cookie',
  '__proto__',
  'constructor',
  'Upgrade',
  'Connection',
];

/** Headers that say where a request ends: with these nobody can tell whether an answer is due. */
const framingHeaders: readonly string[] = ['Content-Length', 'Transfer-Encoding'];

function mutate(random: SeededRandom, draft: Draft): void {
  switch (random.between(0, 6)) {
    case 0:
      draft.path = `/${mutateText(random, draft.path.slice(1))}`;
      return;
    case 1:
      draft.query = mutateText(random, draft.query);
      return;
    case 2: {
      const header = random.pick(draft.headers);
      header[1] = mutateText(random, header[1]);
      return;
    }
    case 3:
      draft.headers.push([random.pick(oddHeaders), random.pick(junk).trim()]);
      return;
    case 4:
      draft.body = mutateBytes(random, draft.body);
      return;
    case 5:
      draft.body = mutateJson(random, draft.body);
      return;
    default:
      draft.method = random.pick([
        'GET',
        'POST',
        'DELETE',
        'PUT',
        'HEAD',
        'OPTIONS',
        'PATCH',
        'TRACE',
        'get',
      ]);
  }
}

function mutateText(random: SeededRandom, text: string): string {
  const at = random.between(0, text.length);
  const until = random.between(at, Math.min(text.length, at + 8));
  switch (random.between(0, 3)) {
    case 0:
      return text.slice(0, at) + random.pick(junk) + text.slice(at);
    case 1:
      return text.slice(0, at) + text.slice(until);
    case 2:
      return text.slice(0, at) + random.pick(junk) + text.slice(until);
    default:
      return text.slice(0, at) + text.slice(Math.max(0, at - 20), until) + text.slice(at);
  }
}

function mutateBytes(random: SeededRandom, body: Buffer): Buffer {
  const at = random.between(0, body.length);
  const rest = body.subarray(random.between(at, Math.min(body.length, at + 6)));
  return Buffer.concat([
    body.subarray(0, at),
    random.bytes(random.between(0, 4)),
    random.chance(0.2) ? Buffer.alloc(0) : rest,
  ]);
}

/** Puts something odd in the place of one value, or leaves it out. */
function mutateJson(random: SeededRandom, body: Buffer): Buffer {
  let parsed: unknown;
  try {
    parsed = JSON.parse(body.toString());
  } catch {
    return body;
  }
  const places: (readonly [holder: Record<string, unknown>, key: string])[] = [];
  const visit = (value: unknown) => {
    if (typeof value !== 'object' || value === null) return;
    for (const key of Object.keys(value)) {
      places.push([value as Record<string, unknown>, key]);
      visit((value as Record<string, unknown>)[key]);
    }
  };
  visit(parsed);
  if (places.length === 0) return Buffer.from(JSON.stringify(random.pick(junkJson)));
  const [holder, key] = random.pick(places);
  const kind = random.between(0, 4);
  if (kind === 0) delete holder[key];
  else if (kind === 1) holder[random.pick(junk)] = random.pick(junkJson);
  else holder[key] = random.pick(junkJson);
  return Buffer.from(JSON.stringify(parsed));
}

function rawBytes(random: SeededRandom): Buffer {
  const line = `${random.pick(['GET', 'POST', 'DELETE', 'X', ''])} ${random.pick(['/', '/identitypools', '*', '', 'http://x/'])} HTTP/${random.pick(['1.1', '1.0', '2.0', '9'])}`;
  switch (random.between(0, 3)) {
    case 0:
      return random.bytes(random.between(1, 200));
    case 1:
      return Buffer.concat([
        Buffer.from(`${line}\r\n`),
        random.bytes(random.between(0, 100)),
        Buffer.from('\r\n\r\n'),
      ]);
    case 2: {
      const text = `${line}\r\nHost: x\r\n${random.pick([...oddHeaders, ...framingHeaders])}: ${random.pick(junk)}\r\n\r\n`;
      return Buffer.from(mutateText(random, text), 'latin1');
    }
    default: {
      const chunked = `${line}\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n${random.pick(['5', 'zz', '-1', 'ffffffffff', '0'])}\r\n`;
      return Buffer.concat([
        Buffer.from(chunked),
        random.bytes(random.between(0, 20)),
        Buffer.from('\r\n0\r\n\r\n'),
      ]);
    }
  }
}

// Sending and looking

const hangMs = 10_000;

/** Sends bytes over a connection of their own. Resolves with the status of the answer, if there is one. */
function exchange(
  bytes: Buffer,
  patience: 'must answer' | { readonly waitMs: number },
): Promise<number | undefined> {
  const mustAnswer = patience === 'must answer';
  const { promise, resolve, reject } = Promise.withResolvers<number | undefined>();
  const { hostname, port } = new URL(server.url);
  const socket = connect(Number(port), hostname);
  let answer = '';
  const finish = () => {
    clearTimeout(timer);
    socket.destroy();
    const status = /^HTTP\/1\.1 (\d{3})/.exec(answer)?.[1];
    if (status === undefined && mustAnswer)
      reject(new Error(`FUZZ_SEED=${seed}: no answer to ${show(bytes)}`));
    else resolve(status === undefined ? undefined : Number(status));
  };
  const timer = setTimeout(finish, mustAnswer ? hangMs : patience.waitMs);
  socket.on('data', (chunk) => {
    answer += chunk.toString('latin1');
    const length = /\r\ncontent-length: (\d+)\r\n/i.exec(answer)?.[1];
    const head = answer.indexOf('\r\n\r\n');
    const bodyless = /^HEAD /.test(bytes.toString('latin1', 0, 5));
    if (head >= 0 && (bodyless || answer.length >= head + 4 + Number(length ?? 0))) finish();
  });
  // A connection that is closed or reset on us is an answer too, unless one was due.
  socket.on('close', finish);
  socket.on('error', () => {});
  socket.write(bytes);
  return promise;
}

async function inParallel<Item>(items: readonly Item[], run: (item: Item) => Promise<void>): Promise<void> {
  const queue = items.values();
  await Promise.all(
    Array.from({ length: workers * 2 }, async () => {
      for (const item of queue) await run(item);
    }),
  );
}

interface Look {
  readonly state: string;
  readonly token: string;
}

/** What is in the dataset that is written to, and a new session of it. */
async function lookAt(identity: Identity): Promise<Look> {
  const client = new SignedClient(wire, identity.credentials, syncSigning());
  const listing = await client.json('GET', `${datasetPath(poolId, identity.id, 'notes')}/records`);
  const { SyncSessionToken, ...state } = listing;
  return { state: JSON.stringify(state), token: String(SyncSessionToken) };
}

async function write(
  identity: Identity,
  datasetName: string,
  records: Record<string, string>,
): Promise<void> {
  const client = new SignedClient(wire, identity.credentials, syncSigning());
  const path = datasetPath(poolId, identity.id, datasetName);
  const { SyncSessionToken } = await client.json('GET', `${path}/records`);
  const RecordPatches = Object.entries(records).map(([Key, Value]) => ({
    Op: 'replace',
    Key,
    Value,
    SyncCount: 0,
  }));
  await client.json('POST', path, { RecordPatches, SyncSessionToken });
}

async function newPool(): Promise<string> {
  const settings = { IdentityPoolName: 'fuzz', AllowUnauthenticatedIdentities: true };
  return String((await callIdentity(wire, 'CreateIdentityPool', settings, server)).IdentityPoolId);
}

function syncSigning() {
  return { service: 'cognito-sync', region: server.region };
}

function show(bytes: Buffer): string {
  return JSON.stringify(bytes.toString('latin1', 0, 1500));
}
