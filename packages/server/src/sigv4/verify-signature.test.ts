import { createHash, createHmac } from 'node:crypto';

import { describe, expect, test } from 'vitest';

import { judge, latin1, received, type WrittenRequest } from '../../test/fixtures/signed-requests.ts';
import { canonicalRequest } from './canonical-request.ts';
import { deriveSigningKey } from './signing-key.ts';
import { formatBasicTimestamp } from './timestamp.ts';

const SECRET = 'SECRETEXAMPLE';
const SCOPE = { region: 'us-east-1', service: 'cognito-sync' };
const NOON = Date.UTC(2026, 10, 20, 12);
const MINUTE = 60_000;

interface Changes {
  readonly date?: string;
  readonly region?: string;
  readonly service?: string;
  readonly terminator?: string;
  readonly timestamp?: string;
  readonly signedHeaders?: readonly string[];
  readonly headers?: readonly string[];
  readonly body?: string;
  readonly url?: string;
}

const sha256 = (data: string | Uint8Array) => createHash('sha256').update(data).digest('hex');

/** Signs correctly whatever it is given, so that only the rule under test can refuse. */
function signed(changes: Changes = {}): WrittenRequest {
  const { timestamp = '20261120T120000Z', signedHeaders = ['host', 'x-amz-date'], body = '{}' } = changes;
  const { date = timestamp.slice(0, 8), region = 'us-east-1', service = 'cognito-sync' } = changes;
  const scope = { date, region, service, terminator: changes.terminator ?? 'aws4_request' };
  const headers = ['Host', '127.0.0.1', 'X-Amz-Date', timestamp, ...(changes.headers ?? [])];
  const request = { method: 'POST', url: changes.url ?? '/a%3Ab?q=1', headers, body };
  const canonical = canonicalRequest(received(request), { signedHeaders, presigned: false }, sha256(body));
  const scopeText = `${date}/${region}/${service}/${scope.terminator}`;
  const toSign = `AWS4-HMAC-SHA256\n${timestamp}\n${scopeText}\n${sha256(Buffer.from(canonical, 'latin1'))}`;
  const signature = createHmac('sha256', deriveSigningKey(SECRET, scope)).update(toSign).digest('hex');
  const authorization =
    `AWS4-HMAC-SHA256 Credential=AKIAEXAMPLE/${scopeText}, ` +
    `SignedHeaders=${signedHeaders.join(';')}, Signature=${signature}`;
  return { ...request, headers: [...headers, 'Authorization', authorization] };
}

function outcome(request: WrittenRequest, now = NOON) {
  return judge(received(request), SECRET, { ...SCOPE, now });
}

function refused(reason: string, message: string) {
  return { kind: 'refused', code: 'InvalidSignatureException', reason, message };
}

test('what is signed by all the rules verifies', () => {
  expect(outcome(signed())).toEqual({ kind: 'verified' });
});

describe('time', () => {
  test('a signature holds 15 minutes both ways, the ends included', () => {
    expect(outcome(signed(), NOON + 15 * MINUTE)).toEqual({ kind: 'verified' });
    expect(outcome(signed(), NOON - 15 * MINUTE)).toEqual({ kind: 'verified' });
  });

  test('expired', () => {
    expect(outcome(signed({ timestamp: '20261120T000000Z' }), Date.UTC(2026, 10, 20, 0, 30))).toEqual(
      refused(
        'expired',
        'Signature expired: 20261120T000000Z is now earlier than 20261120T001500Z (20261120T003000Z - 15 min.)',
      ),
    );
    expect(outcome(signed(), NOON + 15 * MINUTE + 1)).toMatchObject({ reason: 'expired' });
  });

  test('not yet current', () => {
    expect(outcome(signed(), NOON - 16 * MINUTE)).toEqual(
      refused(
        'notYetCurrent',
        'Signature not yet current: 20261120T120000Z is still later than 20261120T115900Z (20261120T114400Z + 15 min.)',
      ),
    );
    expect(outcome(signed(), NOON - 15 * MINUTE - 1)).toMatchObject({ reason: 'notYetCurrent' });
  });
});

describe('a presigned URL', () => {
  const presigned = (seconds: number): WrittenRequest => {
    const scope = 'AKIAEXAMPLE/20261120/us-east-1/cognito-sync/aws4_request';
    const query =
      `X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=${encodeURIComponent(scope)}` +
      `&X-Amz-Date=20261120T120000Z&X-Amz-Expires=${seconds}&X-Amz-SignedHeaders=host`;
    return {
      method: 'GET',
      url: `/?${query}&X-Amz-Signature=${'0'.repeat(64)}`,
      headers: ['Host', 'h'],
      body: '',
    };
  };

  test('lasts as long as it says, and 15 minutes at most', () => {
    expect(outcome(presigned(604_800), NOON + 15 * MINUTE)).toMatchObject({ reason: 'mismatch' });
    expect(outcome(presigned(604_800), NOON + 15 * MINUTE + 1)).toMatchObject({ reason: 'expired' });
    expect(outcome(presigned(90), NOON + 2 * MINUTE)).toEqual(
      refused(
        'expired',
        'Signature expired: 20261120T120000Z is now earlier than 20261120T120030Z (20261120T120200Z - 90 sec.)',
      ),
    );
  });

  test('is not good earlier than any other signature, however long it lasts', () => {
    expect(outcome(presigned(604_800), NOON - 16 * MINUTE)).toMatchObject({ reason: 'notYetCurrent' });
  });
});

describe('scope', () => {
  test.each([
    [{ region: 'eu-west-1' }, "Credential should be scoped to a valid region, not 'eu-west-1'."],
    [{ service: 's3' }, "Credential should be scoped to correct service: 'cognito-sync'."],
    [
      { terminator: 'aws5_request' },
      "Credential should be scoped with a valid terminator: 'aws4_request', not 'aws5_request'.",
    ],
    [
      { date: '20261119' },
      'Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: ' +
        "'20261119' != '20261120', from '20261120T120000Z'.",
    ],
    [
      { region: 'x', service: 'y' },
      "Credential should be scoped to a valid region, not 'x'. Credential should be scoped to correct service: 'cognito-sync'.",
    ],
  ])('%j', (change, message) => {
    expect(outcome(signed(change))).toEqual(refused('scope', message));
  });
});

describe('headers that must be signed', () => {
  test.each([
    [
      { signedHeaders: ['x-amz-date'] },
      "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.",
    ],
    [{ signedHeaders: ['host'] }, "'x-amz-date' must be a 'SignedHeader' in the AWS Authorization."],
    [
      { signedHeaders: ['date', 'host'], headers: ['Date', 'Fri, 20 Nov 2026 12:00:00 GMT'] },
      "'x-amz-date' must be a 'SignedHeader' in the AWS Authorization.",
    ],
    [
      { headers: ['X-Amz-Security-Token', 'T'] },
      "'x-amz-security-token' must be a 'SignedHeader' in the AWS Authorization.",
    ],
  ])('%j', (change, message) => {
    expect(outcome(signed(change))).toEqual(refused('malformed', message));
  });

  test('the target, where it decides what is done', () => {
    const headers = ['X-Amz-Target', 'AWSCognitoSyncService.ListDatasets'];
    const message = "'x-amz-target' must be a 'SignedHeader' in the AWS Authorization.";
    expect(outcome(signed({ url: '/', headers }))).toEqual(refused('malformed', message));
    expect(outcome(signed({ url: '/identitypools', headers }))).toEqual({ kind: 'verified' });
  });

  test('no other header must be', () => {
    const headers = ['X-Amz-User-Agent', 'a', 'Content-Type', 'b', 'x-amz-client-context', 'c'];
    expect(outcome(signed({ headers }))).toEqual({ kind: 'verified' });
  });

  test('a header that was signed but did not come is not one that came empty', () => {
    const request = signed({ headers: ['A', ''], signedHeaders: ['a', 'host', 'x-amz-date'] });
    expect(outcome(request)).toEqual({ kind: 'verified' });
    const without = request.headers.filter((_, index) => index !== 4 && index !== 5);
    expect(outcome({ ...request, headers: without })).toMatchObject({ reason: 'mismatch' });
  });
});

describe('payload hash', () => {
  const withHash = (value: string) =>
    signed({
      headers: ['X-Amz-Content-Sha256', value],
      signedHeaders: ['host', 'x-amz-content-sha256', 'x-amz-date'],
    });

  test('must be that of the body', () => {
    expect(outcome(withHash(sha256('{}')))).toEqual({ kind: 'verified' });
  });

  test.each([
    sha256('other'),
    sha256('{}').toUpperCase(),
    'UNSIGNED-PAYLOAD',
    'STREAMING-AWS4-HMAC-SHA256-PAYLOAD',
    'STREAMING-UNSIGNED-PAYLOAD-TRAILER',
    '',
  ])('%j is refused', (value) => {
    expect(outcome(withHash(value))).toEqual(
      refused(
        'payloadHash',
        "The provided 'x-amz-content-sha256' header must be the SHA-256 of the body in lower-case hexadecimal. " +
          `Got '${value}'; the body received has '${sha256('{}')}'.`,
      ),
    );
  });
});

describe('mismatch', () => {
  test('shows the canonical request and the string to sign', () => {
    const request = signed({
      headers: ['X-Amz-Client-Context', latin1('é')],
      signedHeaders: ['host', 'x-amz-client-context', 'x-amz-date'],
    });
    const canonical = [
      'POST',
      '/a%253Ab',
      'q=1',
      'host:127.0.0.1',
      'x-amz-client-context:é',
      'x-amz-date:20261120T120000Z',
      '',
      'host;x-amz-client-context;x-amz-date',
      sha256('{}'),
    ].join('\n');
    expect(judge(received(request), 'another secret', { ...SCOPE, now: NOON })).toEqual(
      refused(
        'mismatch',
        'The request signature we calculated does not match the signature you provided. Check your AWS Secret Access ' +
          'Key and signing method. Consult the service documentation for details.\n\n' +
          `The Canonical String for this request should have been\n'${canonical}'\n\n` +
          "The String-to-Sign should have been\n'AWS4-HMAC-SHA256\n20261120T120000Z\n" +
          `20261120/us-east-1/cognito-sync/aws4_request\n${sha256(canonical)}'\n`,
      ),
    );
  });

  test.each([
    ['upper case', (signature: string) => signature.toUpperCase()],
    ['too short', (signature: string) => signature.slice(0, 62)],
    ['too long', (signature: string) => `${signature}00`],
    ['not hexadecimal', (signature: string) => `g${signature.slice(1)}`],
  ])('a signature that is %s', (_, change) => {
    const request = signed();
    const headers = request.headers.map((value) =>
      value.replace(/(?<=Signature=).*/, (signature) => change(signature)),
    );
    expect(outcome({ ...request, headers })).toMatchObject({
      kind: 'refused',
      code: 'InvalidSignatureException',
      reason: 'mismatch',
    });
  });
});

test('timestamps are written in the basic format', () => {
  expect(formatBasicTimestamp(NOON + 999)).toBe('20261120T120000Z');
});
