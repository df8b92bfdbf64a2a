import { ServiceError, stsService } from '@holdall/protocol';
import { describe, expect, test } from 'vitest';
import { createTestEdge, type Description } from '../../test/fixtures/test-edge.ts';

const input = {
  RoleArn: 'arn:aws:iam::000000000000:role/app',
  RoleSessionName: 'web-identity',
  WebIdentityToken: 'a.b.c',
};
const common = { Action: 'AssumeRoleWithWebIdentity', Version: '2011-06-15' };
const form = (members: object) => new URLSearchParams({ ...members } as Record<string, string>).toString();
const namespace = 'https://sts.amazonaws.com/doc/2011-06-15/';

const output = {
  Credentials: {
    AccessKeyId: 'ASIAAAAAAAAAAAAAAAAA',
    SecretAccessKey: 'a/b+c=',
    SessionToken: 'token',
    Expiration: Date.UTC(2026, 10, 20, 12),
  },
  Audience: 'a & b',
};

function edgeThat(answer: () => unknown) {
  const handlers = { AssumeRoleWithWebIdentity: async () => answer() };
  return createTestEdge(undefined, { services: [{ service: stsService, handlers }] });
}

const send = (description: Description, answer: () => unknown = () => output) =>
  edgeThat(answer).send(description);

describe('the query protocol with XML answers', () => {
  test.each<readonly [string, Description]>([
    ['as a form in the body', { body: form({ ...common, ...input, DurationSeconds: '900' }) }],
    ['in the URL', { method: 'GET', query: form({ ...common, ...input }) }],
    ['in the URL of a POST', { query: form({ ...common, ...input }) }],
    [
      'whatever the content type',
      { body: form({ ...input, ...common }), headers: { 'Content-Type': 'text/plain' } },
    ],
  ])('answers a request %s', async (_name, description) => {
    const { status, headers, body } = await send(description);
    expect({ status, type: headers.get('content-type') }).toEqual({ status: 200, type: 'text/xml' });
    expect(body).toBe(
      `<AssumeRoleWithWebIdentityResponse xmlns="${namespace}"><AssumeRoleWithWebIdentityResult><Credentials>` +
        '<AccessKeyId>ASIAAAAAAAAAAAAAAAAA</AccessKeyId><SecretAccessKey>a/b+c=</SecretAccessKey>' +
        '<SessionToken>token</SessionToken><Expiration>2026-11-20T12:00:00Z</Expiration></Credentials>' +
        '<Audience>a &amp; b</Audience></AssumeRoleWithWebIdentityResult>' +
        '<ResponseMetadata><RequestId>the-next-uuid</RequestId></ResponseMetadata>' +
        '</AssumeRoleWithWebIdentityResponse>\n',
    );
  });

  const error = (type: string, code: string, message: string) =>
    `<ErrorResponse xmlns="${namespace}"><Error><Type>${type}</Type><Code>${code}</Code>` +
    `<Message>${message}</Message></Error><RequestId>the-next-uuid</RequestId></ErrorResponse>\n`;

  test.each([
    ['AccessDeniedException', 403, 'AccessDenied', 'Sender'],
    ['ExpiredTokenException', 400, 'ExpiredTokenException', 'Sender'],
    ['InvalidIdentityTokenException', 400, 'InvalidIdentityToken', 'Sender'],
    ['InvalidParameterException', 400, 'ValidationError', 'Sender'],
    ['TooManyRequestsException', 400, 'Throttling', 'Sender'],
    ['InternalErrorException', 500, 'InternalFailure', 'Receiver'],
  ] as const)('puts %s as %i %s', async (thrown, status, code, type) => {
    const edge = createTestEdge(undefined, {
      checkHandlers: false,
      services: [
        {
          service: stsService,
          handlers: {
            AssumeRoleWithWebIdentity: async () => Promise.reject(new ServiceError(thrown, '<why> & "how"')),
          },
        },
      ],
    });
    const answer = await edge.send({ body: form({ ...common, ...input }) });
    expect(answer).toMatchObject({
      status,
      error: code,
      body: error(type, code, '&lt;why&gt; &amp; &quot;how&quot;'),
    });
  });

  test.each<readonly [string, object, string, string]>([
    [
      'a member is missing',
      { ...common, RoleArn: input.RoleArn, RoleSessionName: input.RoleSessionName },
      'ValidationError',
      "1 validation error detected: Value null at 'webIdentityToken' failed to satisfy constraint: Member must not be null",
    ],
    [
      'a constraint is broken',
      { ...common, ...input, DurationSeconds: '899' },
      'ValidationError',
      "1 validation error detected: Value '899' at 'durationSeconds' failed to satisfy constraint: " +
        'Member must have value greater than or equal to 900',
    ],
    [
      'a character is none of XML',
      { ...common, ...input, RoleSessionName: 'a\x07<b>' },
      'ValidationError',
      "1 validation error detected: Value 'a\uFFFD&lt;b&gt;' at 'roleSessionName' failed to satisfy constraint: " +
        'Member must satisfy regular expression pattern: [\\w+=,.@-]*',
    ],
    [
      'there is no such action',
      { ...common, Action: 'AssumeRole' },
      'InvalidAction',
      "There is no Action 'AssumeRole'",
    ],
    ['no action is named', { Version: '2011-06-15' }, 'MissingAction', 'The request must name an Action'],
  ])('refuses a request in which %s', async (_name, members, code, message) => {
    const { status, body } = await send({ body: form(members) });
    expect({ status, body }).toEqual({ status: 400, body: error('Sender', code, message) });
  });

  test('has no other protocol', async () => {
    for (const target of [
      'AWSSecurityTokenServiceV20110615',
      `${namespace}.AWSSecurityTokenServiceV20110615`,
    ]) {
      const headers = { 'X-Amz-Target': `${target}.AssumeRoleWithWebIdentity` };
      expect(await send({ headers, body: JSON.stringify(input) })).toMatchObject({
        error: 'UnknownOperationException',
      });
    }
  });
});
