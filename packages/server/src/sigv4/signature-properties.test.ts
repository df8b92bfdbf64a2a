import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import {
  independentSigner,
  judge,
  latin1,
  received,
  type WrittenRequest,
} from '../../test/fixtures/signed-requests.ts';

const SECRET = 'SECRETEXAMPLE';
const SCOPE = { region: 'us-east-1', service: 'cognito-sync' };
const RUNS = { numRuns: 300 };
const MINUTE = 60_000;

type Presigned = boolean;
type Query = Readonly<Record<string, string | string[]>>;

interface Draft {
  readonly method: string;
  readonly path: string;
  readonly query: Query;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
  readonly sessionToken: string | undefined;
  readonly applyChecksum: boolean;
  readonly signedAt: Date;
  readonly formEncoded: boolean;
}

const piece = fc.constantFrom(
  ...['a', 'Z', '7', '-', '.', '_', '~', '%3A', ':', '%2F', '%C3%A9', '%e2%82%ac', 'é', '日', '%', ' '],
  ...['@', '!', '$', '&', "'", '(', ')', '*', '+', ',', ';', '=', '%25', '%20'],
);

/** No empty, `.` or `..` segments: the signer normalises those away, while this service signs what was sent. */
const segment = fc
  .array(piece, { minLength: 1, maxLength: 8 })
  .map((pieces) => pieces.join(''))
  .filter((text) => text !== '.' && text !== '..');

const path = fc.array(segment, { maxLength: 5 }).map((segments) => `/${segments.join('/')}`);

const text = fc.string({
  unit: fc.oneof(fc.constantFrom(' ', '+', '%', '&', '=', '~', '*', '/'), anyCharacter()),
});

const query = fc
  .dictionary(text, fc.oneof(text, fc.array(text, { minLength: 1, maxLength: 3 })), { noNullPrototype: true })
  .filter((parameters) => !Object.keys(parameters).some((name) => /^x-amz-|^__proto__$/i.test(name)));

const headerName = fc.constantFrom(
  'x-amz-client-context',
  'x-amz-user-agent',
  'my-header',
  'content-type',
  'a_b',
);

/** As a parser delivers them: without blanks at the ends. */
const headerValue = fc
  .array(fc.oneof(anyCharacter(), fc.constantFrom(' ', '  ', '\t', ',', '"')))
  .map((characters) => characters.join('').replace(/^[ \t]+|[ \t]+$/g, ''));

const draft: fc.Arbitrary<Draft> = fc.record({
  method: fc.constantFrom('GET', 'POST', 'DELETE', 'PUT'),
  path,
  query,
  headers: fc.dictionary(headerName, headerValue, { noNullPrototype: true }),
  body: fc.uint8Array({ maxLength: 64 }),
  sessionToken: fc.option(fc.base64String({ minLength: 4 }), { nil: undefined }),
  applyChecksum: fc.boolean(),
  signedAt: fc
    .integer({ min: Date.UTC(2014, 0) / 1000, max: Date.UTC(2099, 0) / 1000 })
    .map((seconds) => new Date(seconds * 1000)),
  formEncoded: fc.boolean(),
});

function anyCharacter(): fc.Arbitrary<string> {
  return fc
    .string({ unit: 'grapheme', minLength: 1, maxLength: 1 })
    .filter((character) => !/[\p{Cc}\p{Cs}]/u.test(character));
}

function encodeQuery(parameters: Query, formEncoded: boolean): string {
  const encode = (raw: string) => {
    const encoded = encodeURIComponent(raw);
    return formEncoded ? encoded.replaceAll('%20', '+').replaceAll('~', '%7e') : encoded;
  };
  return Object.entries(parameters)
    .flatMap(([name, values]) => [values].flat().map((value) => `${encode(name)}=${encode(value)}`))
    .reverse()
    .join('&');
}

async function sign(from: Draft, presigned: Presigned): Promise<WrittenRequest> {
  const { sessionToken } = from;
  const signer = independentSigner({
    secret: SECRET,
    applyChecksum: from.applyChecksum,
    ...(sessionToken === undefined ? {} : { sessionToken }),
  });
  const unsigned = {
    method: from.method,
    protocol: 'http:',
    hostname: '127.0.0.1',
    path: from.path,
    query: structuredClone(from.query) as Record<string, string | string[]>,
    headers: { host: '127.0.0.1:8080', ...from.headers },
    body: from.body,
  };
  const signingDate = from.signedAt;
  const signed = presigned
    ? await signer.presign(unsigned, { signingDate })
    : await signer.sign(unsigned, { signingDate });
  const encoded = encodeQuery(signed.query as Query, from.formEncoded);
  return {
    method: signed.method,
    url: latin1(signed.path) + (encoded === '' ? '' : `?${encoded}`),
    headers: Object.entries(signed.headers).flat().map(latin1),
    body: from.body,
  };
}

function verdict(request: WrittenRequest, now: number, secret = SECRET): string {
  return judge(received(request), secret, { ...SCOPE, now }).kind;
}

function withHeader(
  request: WrittenRequest,
  name: string,
  change: (value: string) => string,
): WrittenRequest {
  const index = request.headers.findIndex((text, at) => at % 2 === 0 && text.toLowerCase() === name);
  const headers = request.headers.map((value, at) => (at === index + 1 ? change(value) : value));
  return { ...request, headers: index < 0 ? [...request.headers, name, change('')] : headers };
}

/** The next character of its kind: '9' is followed by '0' and 'f' by 'a'. */
function otherDigit(digit: string): string {
  const digits = '0123456789abcdef';
  return digits.charAt((digits.indexOf(digit) + 1) % digits.length);
}

function withDigit(signature: string, index: number): string {
  return signature.slice(0, index) + otherDigit(signature.charAt(index)) + signature.slice(index + 1);
}

function changedSignature(request: WrittenRequest, index: number): WrittenRequest {
  const pattern = /(Signature=)([0-9a-f]{64})/;
  const change = (value: string) =>
    value.replace(pattern, (_, name: string, signature: string) => name + withDigit(signature, index));
  return pattern.test(request.url)
    ? { ...request, url: change(request.url) }
    : withHeader(request, 'authorization', change);
}

function anotherDate(request: WrittenRequest): WrittenRequest {
  const change = (value: string) =>
    value.replace(/(T\d{4})(\d)(\d)Z/, (_, start: string, tens: string, ones: string) => {
      return `${start}${tens}${ones === '9' ? '0' : Number(ones) + 1}Z`;
    });
  return request.url.includes('X-Amz-Date=')
    ? { ...request, url: request.url.replace(/X-Amz-Date=[^&]*/, change) }
    : withHeader(request, 'x-amz-date', change);
}

/** `index` says where, for those that have a place. */
const mutations: Readonly<Record<string, (request: WrittenRequest, index: number) => WrittenRequest>> = {
  method: (request) => ({ ...request, method: request.method === 'GET' ? 'POST' : 'GET' }),
  'path longer': (request) => ({ ...request, url: request.url.replace(/^[^?]*/, (path) => `${path}x`) }),
  'path decoded otherwise': (request) => ({ ...request, url: request.url.replace('/', '/%41') }),
  'parameter added': (request) => ({
    ...request,
    url: `${request.url}${request.url.includes('?') ? '&' : '?'}zz=1`,
  }),
  'header value': (request) => withHeader(request, 'host', (value) => `${value}1`),
  'header dropped': (request) => {
    const at = request.headers.findIndex((name, index) => index % 2 === 0 && name === 'host');
    return { ...request, headers: request.headers.filter((_, index) => index !== at && index !== at + 1) };
  },
  'body longer': (request) => ({
    ...request,
    body: Buffer.concat([Buffer.from(request.body), Buffer.from('x')]),
  }),
  'body byte': (request, index) => {
    const body = Uint8Array.from(Buffer.from(request.body));
    if (body.length === 0) {
      return { ...request, body: Uint8Array.of(0) };
    }
    body[index % body.length] = (body[index % body.length] ?? 0) ^ 1;
    return { ...request, body };
  },
  date: anotherDate,
  'signature digit': changedSignature,
};

describe.each([
  ['in the header', false],
  ['in the query', true],
] as const)('a signature %s', (_, presigned) => {
  test('of the independent signer verifies', async () => {
    const skew = fc.integer({ min: -15 * MINUTE, max: 15 * MINUTE });
    await fc.assert(
      fc.asyncProperty(draft, skew, async (from, skewMs) => {
        expect(verdict(await sign(from, presigned), from.signedAt.getTime() + skewMs)).toBe('verified');
      }),
      RUNS,
    );
  });

  test.each(Object.entries(mutations))('does not survive a change: %s', async (_name, mutate) => {
    await fc.assert(
      fc.asyncProperty(draft, fc.nat({ max: 63 }), async (from, index) => {
        const request = await sign(from, presigned);
        const now = from.signedAt.getTime();
        expect(verdict(mutate(request, index), now)).not.toBe('verified');
        expect(verdict(request, now)).toBe('verified');
      }),
      { numRuns: 100 },
    );
  });

  test('does not survive another value of any signed header', async () => {
    await fc.assert(
      fc.asyncProperty(draft, fc.nat(), async (from, index) => {
        const request = await sign(from, presigned);
        const names = request.headers.filter((_, at) => at % 2 === 0);
        const name = names[index % names.length] ?? '';
        const changed = withHeader(request, name, (value) => `${value}!`);
        expect(verdict(changed, from.signedAt.getTime())).not.toBe('verified');
      }),
      RUNS,
    );
  });

  test('is not good for another secret', async () => {
    await fc.assert(
      fc.asyncProperty(draft, fc.string(), async (from, secret) => {
        fc.pre(secret !== SECRET);
        expect(verdict(await sign(from, presigned), from.signedAt.getTime(), secret)).toBe('refused');
      }),
      RUNS,
    );
  });
});
