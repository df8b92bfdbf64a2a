import { describe, expect, test } from 'vitest';
import { createTestEdge, type Description, identityId, poolId } from '../../test/fixtures/test-edge.ts';

// One request, said in every protocol, is one request.

const dataset = { IdentityPoolId: poolId, IdentityId: identityId, DatasetName: 'prefs.a:b' };
const path = `/identitypools/${poolId}/identities/${identityId}/datasets/prefs.a:b`;

interface Example {
  readonly operation: string;
  /** What the handler has to get. */
  readonly input: object;
  /** Its members as JSON has them. */
  readonly json: object;
  readonly form: Readonly<Record<string, string>>;
  readonly rest: Description;
}

const examples: readonly Example[] = [
  {
    operation: 'ListRecords',
    input: { ...dataset, LastSyncCount: 7, MaxResults: 3, NextToken: 'a+b/c=', SyncSessionToken: 'ü 1' },
    json: { ...dataset, LastSyncCount: '7', MaxResults: '3', NextToken: 'a+b/c=', SyncSessionToken: 'ü 1' },
    form: { ...dataset, LastSyncCount: '7', MaxResults: '3', NextToken: 'a+b/c=', SyncSessionToken: 'ü 1' },
    rest: {
      method: 'GET',
      path: `${path.replaceAll(':', '%3A')}/records`,
      query: 'lastSyncCount=7&maxResults=3&nextToken=a%2Bb%2Fc%3D&syncSessionToken=%C3%BC+1',
    },
  },
  {
    operation: 'UpdateRecords',
    input: {
      ...dataset,
      DeviceId: 'phone',
      RecordPatches: [
        {
          Op: 'replace',
          Key: 'ключ',
          Value: 'a&b=c',
          SyncCount: 0,
          DeviceLastModifiedDate: 1_700_573_873_059,
        },
        { Op: 'remove', Key: 'k.2', SyncCount: 5 },
      ],
      SyncSessionToken: 'token',
    },
    json: {
      ...dataset,
      DeviceId: 'phone',
      RecordPatches: [
        {
          Op: 'replace',
          Key: 'ключ',
          Value: 'a&b=c',
          SyncCount: 0,
          DeviceLastModifiedDate: 1_700_573_873.059,
        },
        { Op: 'remove', Key: 'k.2', SyncCount: 5 },
      ],
      SyncSessionToken: 'token',
    },
    form: {
      ...dataset,
      DeviceId: 'phone',
      'RecordPatches.member.2.Op': 'remove',
      'RecordPatches.member.2.Key': 'k.2',
      'RecordPatches.member.2.SyncCount': '5',
      'RecordPatches.member.1.Op': 'replace',
      'RecordPatches.member.1.Key': 'ключ',
      'RecordPatches.member.1.Value': 'a&b=c',
      'RecordPatches.member.1.SyncCount': '0',
      'RecordPatches.member.1.DeviceLastModifiedDate': '1700573873.059',
      SyncSessionToken: 'token',
    },
    rest: {
      path,
      body: JSON.stringify({
        DeviceId: 'phone',
        RecordPatches: [
          {
            Op: 'replace',
            Key: 'ключ',
            Value: 'a&b=c',
            SyncCount: 0,
            DeviceLastModifiedDate: 1_700_573_873.059,
          },
          { Op: 'remove', Key: 'k.2', SyncCount: 5 },
        ],
        SyncSessionToken: 'token',
      }),
    },
  },
  {
    operation: 'SetCognitoEvents',
    input: { IdentityPoolId: poolId, Events: { SyncTrigger: 'arn' } },
    json: { IdentityPoolId: poolId, Events: { SyncTrigger: 'arn' } },
    form: { IdentityPoolId: poolId, 'Events.entry.1.key': 'SyncTrigger', 'Events.entry.1.value': 'arn' },
    rest: { path: `/identitypools/${poolId}/events`, body: '{"Events":{"SyncTrigger":"arn"}}' },
  },
  {
    operation: 'BulkPublish',
    input: { IdentityPoolId: poolId },
    json: { IdentityPoolId: poolId },
    form: { IdentityPoolId: poolId },
    rest: { path: `/identitypools/${poolId}/bulkpublish`, body: '{}' },
  },
];

const namespace = 'com.amazonaws.cognito.sync.model';

function spoken({ operation, json, form, rest }: Example): readonly (readonly [string, Description])[] {
  const parameters = new URLSearchParams({ Action: operation, Version: '2014-06-30', ...form }).toString();
  const rpc = {
    Operation: `${namespace}#${operation}`,
    Service: `${namespace}#AWSCognitoSyncService`,
    Input: json,
  };
  const target = (name: string, body: object) => ({
    headers: { 'X-Amz-Target': name },
    body: JSON.stringify(body),
  });
  return [
    ['REST-JSON', rest],
    ['JSON 1.1', target(`AWSCognitoSyncService.${operation}`, json)],
    ['the RPC of 2014', target(`${namespace}.AWSCognitoSyncService.${operation}`, rpc)],
    ['the query form in a body', { body: parameters }],
    ['the query form in a URL', { method: 'GET', query: parameters }],
  ];
}

describe.each(examples.map((example) => [example.operation, example] as const))(
  '%s',
  (operation, example) => {
    test.each(spoken(example))('says the same in %s', async (_protocol, request) => {
      const edge = createTestEdge();
      const { error, status } = await edge.send({ ...request, signedBy: 'developer' });
      expect({ error, status }).toEqual({ error: undefined, status: 200 });
      expect(edge.handled.map(({ operation, input }) => ({ operation, input }))).toEqual([
        { operation, input: example.input },
      ]);
    });
  },
);

describe('answers', () => {
  const answer = { Dataset: { DatasetName: 'prefs', CreationDate: 1500 } };
  const asked = { IdentityPoolId: poolId, IdentityId: identityId, DatasetName: 'prefs' };
  const sent = async (request: Description) => {
    const { headers, body } = await createTestEdge(() => answer).send({ ...request, signedBy: 'developer' });
    return { type: headers.get('content-type'), body };
  };
  const target = (name: string, body: object) => ({
    headers: { 'X-Amz-Target': name },
    body: JSON.stringify(body),
  });
  const enveloped =
    `{"Output":{"__type":"${namespace}#DescribeDatasetResponse","Dataset":{"CreationDate":1.5,"DataStorage":null,` +
    '"DatasetName":"prefs","IdentityId":null,"LastModifiedBy":null,"LastModifiedDate":null,"NumRecords":null}},' +
    '"Version":"1.0"}';

  test('of JSON 1.1 are the members that are set', async () => {
    expect(await sent(target('AWSCognitoSyncService.DescribeDataset', asked))).toEqual({
      type: 'application/x-amz-json-1.1',
      body: '{"Dataset":{"CreationDate":1.5,"DatasetName":"prefs"}}',
    });
  });

  test('of the RPC of 2014 are in an envelope, with a null for what is not set', async () => {
    const request = target(`${namespace}.AWSCognitoSyncService.DescribeDataset`, { Input: asked });
    expect(await sent(request)).toEqual({ type: 'application/json', body: enveloped });
  });

  test('of the query form are in the same envelope', async () => {
    const body = new URLSearchParams({
      Action: 'DescribeDataset',
      Version: '2014-06-30',
      ...asked,
    }).toString();
    expect(await sent({ body })).toEqual({ type: 'application/json', body: enveloped });
  });
});

describe('REST-JSON', () => {
  async function outcome(request: Description): Promise<string> {
    const edge = createTestEdge();
    const { error, headers } = await edge.send({ ...request, signedBy: 'developer' });
    return error === undefined
      ? JSON.stringify(edge.handled[0]?.input)
      : `${error}: ${headers.get('x-amzn-errormessage')}`;
  }

  test('decodes each path segment once', async () => {
    expect(await outcome({ method: 'GET', path: '/identitypools/r%3A0/events' })).toBe(
      '{"IdentityPoolId":"r:0"}',
    );
    expect(await outcome({ method: 'GET', path: '/identitypools/r%253A0/events' })).toContain(
      "Value 'r%3A0' at",
    );
  });

  test('refuses what is not percent-encoding', async () => {
    expect(await outcome({ method: 'GET', path: '/identitypools/%E0%A4%A/events' })).toBe(
      "InvalidParameterException: The path segment '%E0%A4%A' is not valid percent-encoding",
    );
    expect(await outcome({ method: 'GET', path: '/identitypools', query: 'nextToken=%' })).toBe(
      "InvalidParameterException: The query value '%' is not valid percent-encoding",
    );
  });

  test('takes an empty parameter for an absent one, and refuses one that is given twice', async () => {
    expect(await outcome({ method: 'GET', path: '/identitypools', query: 'maxResults=&nextToken' })).toBe(
      '{}',
    );
    expect(await outcome({ method: 'GET', path: '/identitypools', query: 'maxResults=1&maxResults=2' })).toBe(
      "InvalidParameterException: The query parameter 'maxResults' is given more than once",
    );
  });

  test('never takes from the body what belongs into the path, the query or a header', async () => {
    const body = JSON.stringify({ IdentityPoolId: 'r:9', Events: {} });
    expect(await outcome({ path: '/identitypools/r:0/events', body })).toBe(
      '{"IdentityPoolId":"r:0","Events":{}}',
    );
    const forged = JSON.stringify({ ClientContext: 'forged', SyncSessionToken: 't' });
    expect(await outcome({ path, body: forged })).not.toContain('forged');
  });

  test('takes the client context from its header', async () => {
    const headers = { 'X-Amz-Client-Context': 'context' };
    expect(await outcome({ path, headers, body: '{"SyncSessionToken":"t"}' })).toContain(
      '"ClientContext":"context"',
    );
  });

  test('is told by the path, whatever target early Android names with it', async () => {
    const headers = { 'X-Amz-Target': 'AWSCognitoSyncService.DeleteDataset' };
    expect(await outcome({ method: 'GET', path: '/identitypools/r:0/events', headers })).toBe(
      '{"IdentityPoolId":"r:0"}',
    );
  });

  test.each([
    '/identitypools/',
    '//identitypools',
    '/identitypools/r:0/events/',
    '/IdentityPools',
    '/__proto__',
  ])('has no operation at %s', async (unknown) => {
    const { error, status } = await createTestEdge().send({
      method: 'PUT',
      path: unknown,
      signedBy: 'developer',
    });
    expect({ error, status }).toEqual({ error: 'UnknownOperationException', status: 404 });
  });

  test('keeps to its own service: Cognito Identity has no paths', async () => {
    const { error } = await createTestEdge().send({ method: 'GET', path: '/GetId', signedBy: 'developer' });
    expect(error).toBe('UnknownOperationException');
  });
});

describe('a body', () => {
  test.each([
    ['not UTF-8', Uint8Array.of(0x7b, 0xff, 0x7d), 'The request body is not UTF-8'],
    ['not JSON', '{"a":', 'The request body is not valid JSON'],
    ['a list', '[]', 'The request body is not a JSON object'],
    ['null', 'null', 'The request body is not a JSON object'],
  ])('that is %s is refused', async (_what, body, message) => {
    const { error, status, headers } = await createTestEdge().send({ path, body, signedBy: 'developer' });
    expect({ error, status }).toEqual({ error: 'SerializationException', status: 400 });
    expect(headers.get('x-amzn-errormessage')).toBe(message);
  });
});

describe('the query form', () => {
  async function outcome(query: string): Promise<string> {
    const { error, status, headers } = await createTestEdge().send({
      method: 'GET',
      query,
      signedBy: 'developer',
    });
    return `${status} ${error}: ${headers.get('x-amzn-errormessage')}`;
  }

  const version = 'Version=2014-06-30';
  test.each([
    ['', '400 MissingAction: The request must name an Action'],
    [`Action=toString&${version}`, "400 InvalidAction: There is no Action 'toString'"],
    ['Action=BulkPublish', '400 MissingParameter: The request must contain the parameter Version'],
    [
      'Action=BulkPublish&Version=2013-01-01',
      "400 InvalidParameterValue: The Version must be 2014-06-30, not '2013-01-01'",
    ],
    [
      `Action=BulkPublish&Action=BulkPublish&${version}`,
      "400 InvalidQueryParameter: The parameter 'Action' is given more than once",
    ],
    [
      `Action=BulkPublish&${version}&IdentityPoolId=%zz`,
      "404 MalformedQueryString: The value of 'IdentityPoolId' is not valid percent-encoding",
    ],
    [
      `Action=BulkPublish&${version}`,
      '400 MissingParameter: The request must contain the parameter IdentityPoolId',
    ],
  ])('tells what is wrong with %j in the words of 2014', async (query, expected) => {
    expect(await outcome(query)).toBe(expected);
  });

  test('refuses a parameter that is in the URL and in the body', async () => {
    const { error } = await createTestEdge().send({
      query: `Action=BulkPublish&${version}`,
      body: 'Action=BulkPublish',
      signedBy: 'developer',
    });
    expect(error).toBe('InvalidParameterCombination');
  });
});
