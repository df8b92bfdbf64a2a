import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { asReceived, byKey, failure, firstArrivals, numbered } from './contract.ts';
import { startKinesalite } from './kinesis-receiver.ts';
import { message, openTarget, type TestReceiver } from './test-receiver.ts';

const never = new AbortController().signal;

interface PutRecords {
  readonly StreamName: string;
  readonly Records: readonly { readonly PartitionKey: string; readonly Data: string }[];
}

/** Stands before kinesalite and, as a busy Kinesis does, turns away some records of a call and lets others through. */
class BusyKinesis {
  readonly #server: Server;
  readonly #endpoint: string;
  /** Says of each record whether it is turned away, and with which code. */
  turnsAway: (data: string) => string | undefined = () => undefined;
  /** Answers to a whole call. */
  answer: { readonly status: number; readonly type: string } | undefined;
  calls: PutRecords[] = [];

  constructor(endpoint: string) {
    this.#endpoint = endpoint;
    this.#server = createServer(async (request, response) => {
      const body = await read(request);
      const answer = await this.#put(request, JSON.parse(body) as PutRecords);
      response.writeHead(answer.status, { 'content-type': 'application/x-amz-json-1.1' }).end(answer.body);
    });
  }

  async listen(): Promise<string> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    return `http://127.0.0.1:${(this.#server.address() as { port: number }).port}`;
  }

  async #put(request: IncomingMessage, call: PutRecords): Promise<{ status: number; body: string }> {
    if (this.answer) {
      return {
        status: this.answer.status,
        body: JSON.stringify({ __type: this.answer.type, message: 'no' }),
      };
    }
    this.calls.push(call);
    const codes = call.Records.map(({ Data }) =>
      this.turnsAway(Buffer.from(Data, 'base64').toString('utf8')),
    );
    const Records = call.Records.filter((_record, index) => codes[index] === undefined);
    const taken = Records.length > 0 ? await this.#forward(request, { ...call, Records }) : [];
    const results = codes.map((ErrorCode) =>
      ErrorCode === undefined ? taken.shift() : { ErrorCode, ErrorMessage: 'Rate exceeded' },
    );
    const FailedRecordCount = codes.filter((code) => code !== undefined).length;
    return { status: 200, body: JSON.stringify({ FailedRecordCount, Records: results }) };
  }

  async #forward(request: IncomingMessage, call: PutRecords): Promise<unknown[]> {
    const { authorization = '', 'x-amz-date': date = '', 'x-amz-target': target = '' } = request.headers;
    const response = await fetch(this.#endpoint, {
      method: 'POST',
      headers: {
        authorization,
        'x-amz-date': String(date),
        'x-amz-target': String(target),
        'content-type': 'application/x-amz-json-1.1',
      },
      body: JSON.stringify(call),
    });
    return ((await response.json()) as { Records: unknown[] }).Records;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
  }
}

async function read(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}

describe('the Kinesis target', () => {
  let kinesalite: Awaited<ReturnType<typeof startKinesalite>>;
  let receiver: TestReceiver;
  let busy: BusyKinesis;
  let endpoint: string;

  beforeAll(async () => {
    kinesalite = await startKinesalite();
  });

  afterAll(async () => {
    await kinesalite[Symbol.asyncDispose]();
  });

  beforeEach(async () => {
    receiver = await kinesalite.open();
    busy = new BusyKinesis(kinesalite.endpoint);
    endpoint = await busy.listen();
    return () => busy.close();
  });

  const open = (changes: object = {}) =>
    openTarget({ ...receiver.settings, endpoint, ...changes } as TestReceiver['settings']);

  test('sends again what was throttled, before anything later of its key', async () => {
    const tries = new Map<string, number>();
    busy.turnsAway = (data) => {
      const times = (tries.get(data) ?? 0) + 1;
      tries.set(data, times);
      // Every third message is turned away twice.
      return Number(data.match(/\d+/)?.[0]) % 3 === 0 && times <= 2
        ? 'ProvisionedThroughputExceededException'
        : undefined;
    };
    const batch = ['a', 'b', 'c'].flatMap((key) => numbered(key, 4));
    const target = await open();
    await target.send(batch, never);
    await target.close();
    expect(byKey(await receiver.received())).toEqual(byKey(batch.map(asReceived)));
    expect(await receiver.received()).toHaveLength(batch.length);
  });

  test('gives up after some tries, and nothing of a key overtakes', async () => {
    busy.turnsAway = (data) => (data.includes('b-1') ? 'InternalFailure' : undefined);
    const batch = [...numbered('a', 3), ...numbered('b', 3)];
    const target = await open();
    const error = await failure(target.send(batch, never), 'unavailable');
    expect(error.message).toContain('InternalFailure');
    expect(error.delivered).toBe(2);
    expect(await receiver.received()).not.toContainEqual(asReceived(batch[5]));
    busy.turnsAway = () => undefined;
    await target.send(batch.slice(error.delivered), never);
    await target.close();
    expect(byKey(firstArrivals(await receiver.received()))).toEqual(byKey(batch.map(asReceived)));
  });

  test('keeps within 500 records and 5 MiB a call', async () => {
    const many = Array.from({ length: 501 }, (_, index) => message(`key-${index}`, `${index}`));
    const large = Array.from({ length: 6 }, (_, index) => {
      return message(`large-${index}`, `l${index}`, JSON.stringify(`${index}${'x'.repeat(1_000_000)}`));
    });
    // So many take kinesalite a while.
    const target = await open({ timeoutMs: 30_000 });
    await target.send([...many, ...large], never);
    await target.close();
    expect(busy.calls.length).toBeGreaterThanOrEqual(3);
    for (const { Records } of busy.calls) {
      const bytes = Records.reduce(
        (sum, { PartitionKey, Data }) => sum + PartitionKey.length + Buffer.from(Data, 'base64').length,
        0,
      );
      expect(Records.length).toBeLessThanOrEqual(500);
      expect(bytes).toBeLessThanOrEqual(5 * 1024 * 1024);
    }
    expect(firstArrivals(await receiver.received())).toHaveLength(507);
  });

  test.each([
    [400, 'AccessDeniedException', 'gone'],
    [400, 'com.amazonaws.kinesis#ResourceNotFoundException', 'gone'],
    [400, 'KMSAccessDeniedException', 'gone'],
    [400, 'UnrecognizedClientException', 'gone'],
    [400, 'ExpiredTokenException', 'unavailable'],
    [400, 'ProvisionedThroughputExceededException', 'unavailable'],
    [400, 'LimitExceededException', 'unavailable'],
    [500, 'InternalFailure', 'unavailable'],
    [503, 'ServiceUnavailable', 'unavailable'],
  ] as const)('%i %s: %s', async (status, type, expected) => {
    busy.answer = { status, type };
    const target = await open();
    const error = await failure(target.send(numbered('a', 1), never), expected);
    expect(error.message).toContain('Kinesis stream changes-');
    await failure(target.probe(never), expected);
    await target.close();
  });

  test.each(['<html>', '{}', '{"Records":[]}', '{"Records":[{}]}'])(
    '%s for an answer is no confirmation',
    async (rubbish) => {
      const server = createServer((_request, response) => response.end(rubbish)).listen(0, '127.0.0.1');
      await once(server, 'listening');
      const { port } = server.address() as { port: number };
      const target = await openTarget({
        ...receiver.settings,
        endpoint: `http://127.0.0.1:${port}`,
      } as never);
      await failure(target.send(numbered('a', 1), never), 'unavailable');
      await target.close();
      server.closeAllConnections();
      server.close();
    },
  );

  test('an answer without end is given up, and asked for once', async () => {
    let requests = 0;
    let bytes = 0;
    const server = createServer((_request, response) => {
      requests += 1;
      response.on('error', () => {}).writeHead(200);
      const more = () => {
        // An end after all, so that a client which reads on fails here and takes no machine with it.
        for (let hasRoom = true; hasRoom; bytes += 65_536) {
          if (bytes >= 128 * 1024 * 1024) return void response.end();
          hasRoom = response.write(Buffer.alloc(65_536, ' '));
        }
      };
      response.on('drain', more);
      more();
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as { port: number };
    const target = await open({ timeoutMs: 10_000, endpoint: `http://127.0.0.1:${port}` });
    const error = await failure(target.send(numbered('a', 1), never), 'unavailable');
    expect(error.message).toContain('more than 1048576 bytes');
    expect(requests).toBe(1);
    expect(bytes).toBeLessThan(64 * 1024 * 1024);
    await target.close();
    server.closeAllConnections();
    server.close();
  });

  test('a plain endpoint elsewhere has to be allowed', async () => {
    const settings = { ...receiver.settings, endpoint: 'http://kinesis.example.org/' };
    await expect(openTarget(settings as never)).rejects.toThrow('allowPlainHttp');
  });
});
