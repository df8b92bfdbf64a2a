import { type ErrorName, ServiceError } from '@holdall/protocol';
import { describe, expect, test } from 'vitest';
import { createTestEdge, type Description, identityId, poolId } from '../../test/fixtures/test-edge.ts';

const datasetPath = `/identitypools/${poolId}/identities/${identityId}/datasets/prefs`;
const names = { IdentityPoolId: poolId, IdentityId: identityId, DatasetName: 'prefs' };
const description: Description = { method: 'GET', path: datasetPath, signedBy: 'identity' };

/** UpdateRecords in each protocol, and the parts that can be wrong with it. */
interface Spoken {
  readonly right: Description;
  readonly noSuchOperation: Description;
  /** Absent where whatever names an operation can be read. */
  readonly unreadable?: Description;
  /** A constraint is broken. */
  readonly invalid: Description;
  /** Another identity's data. */
  readonly invalidOfNeighbour: Description;
}

const sync = 'AWSCognitoSyncService';
const namespace = 'com.amazonaws.cognito.sync.model';
const input = { ...names, SyncSessionToken: 'token', RecordPatches: [] };
const invalidInput = { ...names, RecordPatches: [] };
const form = (members: object) => new URLSearchParams({ ...members } as Record<string, string>).toString();
const inForm = { Action: 'UpdateRecords', Version: '2014-06-30', ...names };

const protocols: Readonly<Record<string, Spoken>> = {
  'REST-JSON': {
    right: { path: datasetPath, body: '{"SyncSessionToken":"token"}' },
    noSuchOperation: { path: `${datasetPath}/nonsense` },
    unreadable: { path: datasetPath, body: '{' },
    invalid: { path: datasetPath, body: '{}' },
    invalidOfNeighbour: { path: datasetPath, body: '{}' },
  },
  'JSON 1.1': {
    right: target(`${sync}.UpdateRecords`, input),
    noSuchOperation: target(`${sync}.constructor`, input),
    unreadable: { ...target(`${sync}.UpdateRecords`, {}), body: '[]' },
    invalid: target(`${sync}.UpdateRecords`, invalidInput),
    invalidOfNeighbour: target(`${sync}.UpdateRecords`, invalidInput),
  },
  'the RPC of 2014': {
    right: target(`${namespace}.${sync}.UpdateRecords`, { Input: input }),
    noSuchOperation: target(`${namespace}.${sync}.Nonsense`, { Input: input }),
    unreadable: target(`${namespace}.${sync}.UpdateRecords`, { Input: [] }),
    invalid: target(`${namespace}.${sync}.UpdateRecords`, { Input: invalidInput }),
    invalidOfNeighbour: target(`${namespace}.${sync}.UpdateRecords`, { Input: invalidInput }),
  },
  'the query form': {
    right: { body: form({ ...inForm, SyncSessionToken: 'token' }) },
    noSuchOperation: { body: form({ ...inForm, Action: 'Nonsense' }) },
    invalid: { body: form(inForm) },
    invalidOfNeighbour: { body: form(inForm) },
  },
};

function target(name: string, body: object): Description {
  return { headers: { 'X-Amz-Target': name }, body: JSON.stringify(body) };
}

describe.each(Object.entries(protocols))('the order of the checks in %s', (name, spoken) => {
  const failing = () => createTestEdge(() => Promise.reject(new Error('The handler was reached.')));

  async function refusalOf(request: Description): Promise<string | undefined> {
    const edge = failing();
    const { error } = await edge.send(request);
    expect(edge.handled).toEqual([]);
    return error;
  }

  test('a request with nothing wrong reaches its handler', async () => {
    const edge = createTestEdge();
    const { status, error } = await edge.send({ ...spoken.right, signedBy: 'identity' });
    expect({ status, error }).toEqual({ status: 200, error: undefined });
    expect(edge.handled).toEqual([
      {
        operation: 'UpdateRecords',
        input: expect.objectContaining({ ...names, SyncSessionToken: 'token' }),
        caller: expect.objectContaining({ kind: 'identity', poolId, identityId }),
      },
    ]);
  });

  test('an unknown operation is told before a missing signature', async () => {
    const expected = name === 'the query form' ? 'InvalidAction' : 'UnknownOperationException';
    expect(await refusalOf(spoken.noSuchOperation)).toBe(expected);
  });

  test('a missing signature is told before what is wrong with the members', async () => {
    const expected =
      name === 'the query form' ? 'MissingAuthenticationToken' : 'MissingAuthenticationTokenException';
    expect(await refusalOf(spoken.unreadable ?? spoken.invalid)).toBe(expected);
  });

  if (spoken.unreadable) {
    const { unreadable } = spoken;
    test('an unreadable body is told before a wrong caller', async () => {
      expect(await refusalOf({ ...unreadable, signedBy: 'neighbour' })).toBe('SerializationException');
    });
  }

  test('a wrong caller is told before a broken constraint', async () => {
    expect(await refusalOf({ ...spoken.invalidOfNeighbour, signedBy: 'neighbour' })).toBe(
      'NotAuthorizedException',
    );
  });

  test('a broken constraint is told before anything that the handler would say', async () => {
    const expected = name === 'the query form' ? 'MissingParameter' : 'InvalidParameterException';
    expect(await refusalOf({ ...spoken.invalid, signedBy: 'identity' })).toBe(expected);
  });
});

describe('what a handler throws', () => {
  const throwing = (error: unknown, checkHandlers: boolean) =>
    createTestEdge(() => Promise.reject(error), { checkHandlers });

  test('is told if its row declares it', async () => {
    const edge = throwing(new ServiceError('ResourceNotFoundException', 'No such dataset.'), true);
    const response = await edge.send(description);
    expect(response.status).toBe(404);
    expect(response.error).toBe('ResourceNotFoundException');
    expect(response.headers.get('x-amzn-errormessage')).toBe('No such dataset.');
    expect(JSON.parse(response.body)).toEqual({
      __type: 'ResourceNotFoundException',
      message: 'No such dataset.',
    });
    expect(edge.failed).toEqual([]);
  });

  test('is a fault of ours if its row does not declare it, where handlers are checked', async () => {
    const undeclared = new ServiceError('LimitExceededException', 'A secret detail.');
    const edge = throwing(undeclared, true);
    const response = await edge.send(description);
    expectInternalError(response);
    expect(edge.failed).toEqual([
      { requestId: 'the-next-uuid', operation: 'DescribeDataset', cause: expect.any(Error) },
    ]);
    expect(edge.failed[0]?.cause).toMatchObject({
      message: 'DescribeDataset does not declare LimitExceededException.',
      cause: undeclared,
    });
  });

  test('goes out as it is where handlers are not checked', async () => {
    const edge = throwing(new ServiceError('LimitExceededException', 'Too many.'), false);
    expect((await edge.send(description)).error).toBe('LimitExceededException');
  });

  test.each([true, false])(
    'unexpectedly is told without detail, its cause to the log (checks: %s)',
    async (checks) => {
      const cause = new Error('SQLITE_CORRUPT: a secret detail');
      const edge = throwing(cause, checks);
      expectInternalError(await edge.send(description));
      expect(edge.failed).toEqual([{ requestId: 'the-next-uuid', operation: 'DescribeDataset', cause }]);
      expect(edge.failed[0]?.cause).toBe(cause);
    },
  );

  test.each(['a secret detail', null, undefined, 42])('may be %j, which is no Error', async (thrown) => {
    expectInternalError(await throwing(thrown, true).send(description));
  });

  test('is told in the terms of the query form there', async () => {
    const edge = throwing(new Error('a secret detail'), true);
    const body = 'Action=DescribeDataset&Version=2014-06-30&';
    const response = await edge.send({ body: body + new URLSearchParams(names), signedBy: 'identity' });
    expect(response).toMatchObject({ status: 500, error: 'InternalFailure' });
    expect(response.body).not.toContain('secret');
  });

  function expectInternalError(response: { status: number; error: string | undefined; body: string }) {
    expect(response.status).toBe(500);
    expect(response.error).toBe('InternalErrorException');
    expect(JSON.parse(response.body)).toEqual({
      __type: 'InternalErrorException',
      message: 'An internal error occurred.',
    });
  }
});

describe('what a handler answers', () => {
  const answering = (answer: unknown, checkHandlers: boolean) =>
    createTestEdge(() => answer, { checkHandlers });

  test('is a fault of ours if its row does not promise it, where handlers are checked', async () => {
    const edge = answering({ Dataset: { NumRecords: 'three' } }, true);
    expect((await edge.send(description)).status).toBe(500);
    expect(edge.failed[0]?.cause).toMatchObject({
      message: 'DescribeDataset: output.Dataset.NumRecords is "three", not a whole number',
    });
  });

  test('is written by its row', async () => {
    const edge = answering({ Dataset: { NumRecords: 3, CreationDate: 1500, DatasetName: 'prefs' } }, true);
    const { status, body, headers } = await edge.send(description);
    expect({ status, body }).toEqual({
      status: 200,
      body: '{"Dataset":{"CreationDate":1.5,"DatasetName":"prefs","NumRecords":3}}',
    });
    expect(headers.get('content-type')).toBe('application/json');
  });

  test('may be nothing, and then the body is empty in REST', async () => {
    const edge = answering(undefined, true);
    const events = { path: `/identitypools/${poolId}/events`, body: '{"Events":{}}' };
    expect(await edge.send({ ...events, signedBy: 'developer' })).toMatchObject({ status: 200, body: '' });
  });
});

describe('the message in a header', () => {
  async function messageFor(message: string): Promise<string | undefined> {
    const edge = createTestEdge(() => Promise.reject(new ServiceError('ResourceNotFoundException', message)));
    const response = await edge.send(description);
    expect(JSON.parse(response.body).message).toBe(message);
    return response.headers.get('x-amzn-errormessage');
  }

  test.each([
    ['two\r\nlines\tand\u2028more', 'two lines and more'],
    ['  spaces  ', 'spaces'],
    ['Zürich 😀 \u0000\u007f', 'Z?rich ?? ??'],
    ['x'.repeat(5000), 'x'.repeat(1024)],
    ['\nX-Injected: yes', 'X-Injected: yes'],
    ['', ''],
  ])('is one line of visible ASCII', async (message, expected) => {
    expect(await messageFor(message)).toBe(expected);
  });

  test('is so for what a stranger puts into it as well', async () => {
    const { headers } = await createTestEdge().send({ path: '/\u00e9\u0080', method: 'GET' });
    expect(headers.get('x-amzn-errormessage')).toBe('There is no operation at GET /??');
  });
});

describe('every answer', () => {
  const requests: Readonly<Record<string, Description>> = {
    success: description,
    refusal: { ...description, signedBy: 'stranger' },
    'unknown operation': { path: '/nonsense' },
  };

  test.each(Object.entries(requests))('(%s) can be read by pages of any origin', async (_name, request) => {
    const { headers } = await createTestEdge().send(request);
    expect(headers.get('access-control-allow-origin')).toBe('*');
    expect(headers.get('access-control-expose-headers')).toBe(
      'x-amzn-RequestId,x-amzn-ErrorType,x-amzn-ErrorMessage,Date',
    );
  });

  test.each(Object.entries(requests))('(%s) has an id, and is told of once', async (_name, request) => {
    const edge = createTestEdge();
    const { headers, status } = await edge.send(request);
    expect(headers.get('x-amzn-requestid')).toBe('the-next-uuid');
    expect(edge.answered).toEqual([
      expect.objectContaining({ requestId: 'the-next-uuid', method: request.method ?? 'POST', status }),
    ]);
  });

  test.each([
    ['a-client_s-own-1', 'a-client_s-own-1'],
    ['', 'the-next-uuid'],
    ['x'.repeat(65), 'the-next-uuid'],
    ['two, ids', 'the-next-uuid'],
  ])('has the id that the client chose, if it is one: %j', async (given, expected) => {
    const { headers } = await createTestEdge().send({
      ...description,
      headers: { 'X-Amzn-RequestId': given },
    });
    expect(headers.get('x-amzn-requestid')).toBe(expected);
  });

  test('is told of with its operation, caller and error, as far as they were found out', async () => {
    const edge = createTestEdge();
    await edge.send(description);
    await edge.send({ ...description, signedBy: 'neighbour' });
    await edge.send({ ...description, signedBy: 'stranger' });
    await edge.send({ path: '/nonsense' });
    const told = edge.answered.map(({ operation, caller, error }) => [operation, caller, error]);
    expect(told).toEqual([
      ['DescribeDataset', 'identity', undefined],
      ['DescribeDataset', 'identity', 'NotAuthorizedException'],
      ['DescribeDataset', undefined, 'UnrecognizedClientException'],
      [undefined, undefined, 'UnknownOperationException'],
    ]);
    // Other people's mistakes are no faults of ours.
    expect(edge.failed).toEqual([]);
  });
});

describe('a preflight', () => {
  test('is answered for any path without a signature, and allows what it asks for', async () => {
    const edge = createTestEdge();
    const asked = 'authorization,x-amz-date,x-new-sdk-header';
    const { status, headers, body } = await edge.send({
      method: 'OPTIONS',
      path: '/anything',
      headers: { 'Access-Control-Request-Headers': asked },
    });
    expect({ status, body }).toEqual({ status: 200, body: '' });
    expect(headers.get('access-control-allow-headers')).toBe(asked);
    expect(headers.get('access-control-allow-methods')).toBe('GET,POST,DELETE,OPTIONS');
    expect(edge.answered).toEqual([]);
  });

  test('does not repeat what are no names of headers', async () => {
    const { headers } = await createTestEdge().send({
      method: 'OPTIONS',
      headers: { 'Access-Control-Request-Headers': 'x"; <script>' },
    });
    expect(headers.get('access-control-allow-headers')).toContain('authorization,');
    expect(headers.get('access-control-allow-headers')).not.toContain('script');
  });
});

describe('the status of an error', () => {
  const missing: ErrorName = 'ResourceNotFoundException';
  const edge = () => createTestEdge(() => Promise.reject(new ServiceError(missing, 'No such pool.')));
  const inIdentity = {
    headers: { 'X-Amz-Target': 'AWSCognitoIdentityService.DescribeIdentityPool' },
    body: JSON.stringify({ IdentityPoolId: poolId }),
    service: 'cognito-identity',
  } as const;

  test('is its own in Cognito Sync, and 400 in Cognito Identity, where it is the client who is wrong', async () => {
    expect((await edge().send(description)).status).toBe(404);
    expect((await edge().send({ ...inIdentity, signedBy: 'developer' })).status).toBe(400);
    expect((await edge().send(inIdentity)).status).toBe(400);
    const faulty = createTestEdge(() => Promise.reject(new Error('broken')));
    expect((await faulty.send({ ...inIdentity, signedBy: 'developer' })).status).toBe(500);
  });

  test('of a broken constraint has the name that the service gives it', async () => {
    const bad = { ...inIdentity, body: '{"IdentityPoolId":"nonsense"}', signedBy: 'developer' } as const;
    expect((await edge().send(bad)).error).toBe('ValidationException');
    const path = '/identitypools/nonsense/events';
    expect((await edge().send({ method: 'GET', path, signedBy: 'developer' })).error).toBe(
      'InvalidParameterException',
    );
  });
});
