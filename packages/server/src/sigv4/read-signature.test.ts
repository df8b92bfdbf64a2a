import { describe, expect, test } from 'vitest';

import { received } from '../../test/fixtures/signed-requests.ts';
import { readSignature } from './read-signature.ts';

const DIGEST = 'ab'.repeat(32);
const CREDENTIAL = 'AKIAEXAMPLE/20261120/us-east-1/cognito-sync/aws4_request';
const DATE = ['X-Amz-Date', '20261120T120000Z'];

function readHeaders(...headers: string[]) {
  return readSignature(received({ method: 'GET', url: '/', headers, body: '' }));
}

function readAuthorization(authorization: string) {
  return readHeaders('Host', 'h', ...DATE, 'Authorization', authorization);
}

function readUrl(url: string, headers: readonly string[] = ['Host', 'h']) {
  return readSignature(received({ method: 'GET', url, headers, body: '' }));
}

function presignedUrl(change: Readonly<Record<string, string | undefined>> = {}): string {
  const parameters: Readonly<Record<string, string | undefined>> = {
    'X-Amz-Algorithm': 'AWS4-HMAC-SHA256',
    'X-Amz-Credential': CREDENTIAL,
    'X-Amz-Date': '20261120T120000Z',
    'X-Amz-SignedHeaders': 'host',
    'X-Amz-Signature': DIGEST,
    ...change,
  };
  const sent = Object.entries(parameters).flatMap(([name, value]) =>
    value === undefined ? [] : [`${name}=${encodeURIComponent(value)}`],
  );
  return `/path?${sent.join('&')}`;
}

const authorization = (signedHeaders = 'host;x-amz-date', credential = CREDENTIAL) =>
  `AWS4-HMAC-SHA256 Credential=${credential}, SignedHeaders=${signedHeaders}, Signature=${DIGEST}`;

describe('a signature in the header', () => {
  const expected = {
    kind: 'signed',
    signature: {
      accessKeyId: 'AKIAEXAMPLE',
      scope: { date: '20261120', region: 'us-east-1', service: 'cognito-sync', terminator: 'aws4_request' },
      signedHeaders: ['host', 'x-amz-date'],
      signature: DIGEST,
      timestamp: '20261120T120000Z',
      signedAt: Date.UTC(2026, 10, 20, 12),
      lifetimeSeconds: 900,
      presigned: false,
    },
  };

  test.each([
    ['as most clients write it', authorization()],
    ['without spaces after the commas, as boto 2', authorization().replaceAll(', ', ',')],
    [
      'in another order',
      `AWS4-HMAC-SHA256 Signature=${DIGEST}, Credential=${CREDENTIAL}, SignedHeaders=host;x-amz-date`,
    ],
  ])('%s', (_, text) => {
    expect(readAuthorization(text)).toEqual(expected);
  });

  test('with a session token in a header', () => {
    const read = readHeaders(...DATE, 'X-Amz-Security-Token', 'T//+=', 'Authorization', authorization());
    expect(read).toMatchObject({ signature: { sessionToken: 'T//+=' } });
  });

  test('with a session token in the query', () => {
    const read = readUrl('/?X-Amz-Security-Token=T%2F%2F%2B%3D', [...DATE, 'Authorization', authorization()]);
    expect(read).toMatchObject({ signature: { sessionToken: 'T//+=', presigned: false } });
  });

  test('with the Date header instead of X-Amz-Date, in either form', () => {
    for (const date of ['Fri, 20 Nov 2026 12:00:00 GMT', '20261120T120000Z']) {
      expect(readHeaders('Date', date, 'Authorization', authorization('date;host'))).toMatchObject({
        signature: { timestamp: '20261120T120000Z', signedAt: Date.UTC(2026, 10, 20, 12) },
      });
    }
  });

  test('X-Amz-Date goes before Date', () => {
    const headers = ['Date', 'Fri, 20 Nov 2020 12:00:00 GMT', ...DATE, 'Authorization', authorization()];
    expect(readHeaders(...headers)).toEqual(expected);
  });
});

describe('a signature in the query', () => {
  test('is read', () => {
    const url = presignedUrl({ 'X-Amz-Expires': '604800', 'X-Amz-Security-Token': 'T//+=' });
    expect(readUrl(url)).toEqual({
      kind: 'signed',
      signature: {
        accessKeyId: 'AKIAEXAMPLE',
        scope: { date: '20261120', region: 'us-east-1', service: 'cognito-sync', terminator: 'aws4_request' },
        signedHeaders: ['host'],
        signature: DIGEST,
        timestamp: '20261120T120000Z',
        signedAt: Date.UTC(2026, 10, 20, 12),
        lifetimeSeconds: 900,
        sessionToken: 'T//+=',
        presigned: true,
      },
    });
  });

  test('lasts 15 minutes, or less if it says so', () => {
    const short = readUrl(presignedUrl({ 'X-Amz-Expires': '60' }));
    expect(short).toMatchObject({ signature: { lifetimeSeconds: 60 } });
    expect(readUrl(presignedUrl())).toMatchObject({ signature: { lifetimeSeconds: 900 } });
  });

  test('may go with a session token in a header', () => {
    const read = readUrl(presignedUrl(), ['Host', 'h', 'x-amz-security-token', 'T']);
    expect(read).toMatchObject({ signature: { sessionToken: 'T' } });
  });
});

test('a request with neither is unsigned', () => {
  expect(readHeaders('Host', 'h', ...DATE, 'X-Amz-Content-Sha256', DIGEST)).toEqual({ kind: 'unsigned' });
  expect(readUrl('/?X-Amz-Date=1&X-Amz-Security-Token=T')).toEqual({ kind: 'unsigned' });
});

describe('malformed', () => {
  const needs = (name: string) => `Authorization header requires '${name}' parameter.`;
  const needsDate = "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header.";

  test.each([
    ['', [needs('Credential'), needs('Signature'), needs('SignedHeaders')], ''],
    ['Bearer abc', [needs('Credential'), needs('Signature'), needs('SignedHeaders')], 'Bearer abc'],
    [
      'AWS4-HMAC-SHA256 Credential=x, Signature=secret',
      [needs('SignedHeaders')],
      'AWS4-HMAC-SHA256 Credential=x, Signature=',
    ],
    [
      'AWS4-HMAC-SHA256 SignedHeaders=host,Signature=secret',
      [needs('Credential')],
      'AWS4-HMAC-SHA256 SignedHeaders=host,Signature=',
    ],
    [
      'AWS4-HMAC-SHA256 Credential=x, SignedHeaders=host, Signature=',
      [needs('Signature')],
      'AWS4-HMAC-SHA256 Credential=x, SignedHeaders=host, Signature=',
    ],
  ])('Authorization %j lacks parameters', (text, sentences, shown) => {
    expect(readAuthorization(text)).toEqual({
      kind: 'malformed',
      message: [...sentences, `Authorization=${shown}`].join(' '),
    });
  });

  test('no date at all', () => {
    expect(readHeaders('Host', 'h', 'Authorization', authorization())).toEqual({
      kind: 'malformed',
      message: `${needsDate} Authorization=${authorization().replace(DIGEST, '')}`,
    });
    expect(readHeaders('Authorization', 'AWS4-HMAC-SHA256')).toEqual({
      kind: 'malformed',
      message: [
        needs('Credential'),
        needs('Signature'),
        needs('SignedHeaders'),
        needsDate,
        'Authorization=AWS4-HMAC-SHA256',
      ].join(' '),
    });
  });

  test.each([
    [authorization().replace('SHA256', 'SHA1'), "Unsupported AWS 'algorithm': 'AWS4-HMAC-SHA1'."],
    [
      `${authorization()}, Credential=other`,
      "Authorization header takes 'Credential', 'SignedHeaders' and 'Signature', each once. " +
        `Authorization=${authorization().replace(DIGEST, '')}, Credential=other`,
    ],
    [
      authorization('host;x-amz-date', 'AKIAEXAMPLE/20261120/us-east-1/cognito-sync'),
      'Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, ' +
        "got 'AKIAEXAMPLE/20261120/us-east-1/cognito-sync'.",
    ],
    [
      authorization('host;x-amz-date', `${CREDENTIAL}/more`),
      'Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, ' +
        `got '${CREDENTIAL}/more'.`,
    ],
    [
      authorization('host;x-amz-date', CREDENTIAL.replace('EXAMPLE', '\xe9')),
      'Credential must consist of printable ASCII characters.',
    ],
    ...['Host;x-amz-date', 'x-amz-date;host', 'host;host', 'host;;x-amz-date', 'host:x'].map((list) => [
      authorization(list),
      `SignedHeaders must be lower-case header names in ascending order, got '${list}'.`,
    ]),
  ] as [string, string][])('Authorization %j', (text, message) => {
    expect(readAuthorization(text)).toEqual({ kind: 'malformed', message });
  });

  test.each([
    '2026-11-20T12:00:00Z',
    '20260230T120000Z',
    '20261301T120000Z',
    '20261120T240000Z',
    '20261120T126000Z',
    '20261120T120000',
    'Fri, 20 Nov 2026 12:00:00 PST',
    '20261120T120000Z,20261120T120000Z',
  ])('date %j', (date) => {
    expect(readHeaders('X-Amz-Date', date, 'Authorization', authorization())).toEqual({
      kind: 'malformed',
      message: `Date must be in ISO-8601 'basic format'. Got '${date}'. See http://en.wikipedia.org/wiki/ISO_8601`,
    });
  });

  test.each(['Authorization', 'HOST', 'x-amz-date', 'X-Amz-Security-Token', 'x-amz-content-sha256'])(
    'a second %s header',
    (name) => {
      const first = ['authorization', authorization(), 'host', 'h', 'X-Amz-Date', '20261120T120000Z'];
      const twice = ['x-amz-security-token', 'T', 'X-Amz-Content-Sha256', DIGEST, name, 'other'];
      expect(readHeaders(...first, ...twice)).toEqual({
        kind: 'malformed',
        message: `The header '${name.toLowerCase()}' must not be repeated.`,
      });
    },
  );

  test('a presigned URL that lacks parameters', () => {
    expect(readUrl('/?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=')).toEqual({
      kind: 'malformed',
      message:
        "AWS query-string parameters must include 'X-Amz-Credential'. " +
        "AWS query-string parameters must include 'X-Amz-Signature'. " +
        "AWS query-string parameters must include 'X-Amz-SignedHeaders'. " +
        "AWS query-string parameters must include 'X-Amz-Date'. " +
        'Re-examine the query-string parameters.',
    });
  });

  const lifetime = 'X-Amz-Expires must be a whole number of seconds from 1 to 604800.';
  test.each([
    [presignedUrl({ 'X-Amz-Algorithm': 'AWS4-ECDSA' }), "Unsupported AWS 'algorithm': 'AWS4-ECDSA'."],
    ...['0', '-1', '1.5', '1e3', '604801', ''].map((seconds) => [
      presignedUrl({ 'X-Amz-Expires': seconds }),
      lifetime,
    ]),
    [
      presignedUrl({ 'X-Amz-Date': 'Fri, 20 Nov 2026 12:00:00 GMT' }),
      "Date must be in ISO-8601 'basic format'. Got 'Fri, 20 Nov 2026 12:00:00 GMT'. " +
        'See http://en.wikipedia.org/wiki/ISO_8601',
    ],
    [
      presignedUrl({ 'X-Amz-Credential': `AKIA\n${CREDENTIAL}` }),
      'Credential must consist of printable ASCII characters.',
    ],
    [
      `${presignedUrl()}&X-Amz-Date=20261120T120000Z`,
      "AWS query-string parameter 'X-Amz-Date' must not be repeated.",
    ],
    [
      `${presignedUrl()}&X-Amz%2dSignature=${DIGEST}`,
      "AWS query-string parameter 'X-Amz-Signature' must not be repeated.",
    ],
    [
      `${presignedUrl()}&X-Amz-Security-Token=%FF`,
      "AWS query-string parameter 'X-Amz-Security-Token' must be UTF-8.",
    ],
  ] as [string, string][])('presigned %j', (url, message) => {
    expect(readUrl(url)).toEqual({ kind: 'malformed', message });
  });

  test('a signature in both places', () => {
    expect(readUrl(presignedUrl(), [...DATE, 'Authorization', authorization()])).toEqual({
      kind: 'malformed',
      message: "Found both 'X-Amz-Algorithm' as a query-string param and 'Authorization' as HTTP header.",
    });
  });
});
