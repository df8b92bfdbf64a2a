import { createHash, createHmac } from 'node:crypto';
import { SignatureV4 } from '@smithy/signature-v4';
import { AwsV4Signer } from 'aws4fetch';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Credentials } from './identity.ts';
import { signatureHeaders } from './sign.ts';

// Our signatures are those of two libraries that others have written.

const region = 'eu-west-1';
const service = 'cognito-sync';

interface Request {
  readonly method: string;
  readonly segments: readonly string[];
  readonly query: readonly (readonly [string, string])[];
  readonly body: string | undefined;
  readonly credentials: Credentials;
  readonly at: Date;
}

/** As devices ask: names percent-encoded, whatever is in them. */
const part = fc.oneof(
  fc.constantFrom('us-east-1:0a1b', "it's (a) dataset!*", 'a b+c~d_e.f-g', '100%', 'Grüße 👋', '%3A', 'ﷺ'),
  fc.string({ unit: 'grapheme', minLength: 1, maxLength: 12 }),
);
const word = fc.string({ unit: fc.constantFrom(...'abcXYZ019/+='), minLength: 1, maxLength: 30 });
const request: fc.Arbitrary<Request> = fc.record({
  method: fc.constantFrom('GET', 'POST', 'DELETE'),
  segments: fc.array(
    part.filter((name) => name.isWellFormed()),
    { minLength: 1, maxLength: 5 },
  ),
  query: fc.uniqueArray(fc.tuple(part, part), { selector: ([name]) => name, maxLength: 4 }),
  body: fc.option(fc.oneof(fc.json(), fc.constant('{"Value":"Grüße 👋"}')), { nil: undefined }),
  credentials: fc
    .record({ accessKeyId: word, secretAccessKey: word, sessionToken: fc.option(word, { nil: undefined }) })
    .map(({ sessionToken, ...keys }) => ({ ...keys, ...(sessionToken !== undefined && { sessionToken }) })),
  at: fc.date({ min: new Date('2000-01-01'), max: new Date('2099-12-31'), noInvalidDate: true }),
});

const urlOf = ({ segments, query }: Request) => {
  const url = new URL(`https://sync.example.com:8443/${segments.map(encodeURIComponent).join('/')}`);
  url.search = new URLSearchParams(query.map(([name, value]) => [name, value])).toString();
  return url;
};

const ours = (request: Request, keys = new Map<string, Promise<CryptoKey>>()) =>
  signatureHeaders(
    { method: request.method, url: urlOf(request), body: request.body },
    request.credentials,
    region,
    request.at,
    keys,
  );

const signatureIn = (authorization: string | undefined) => authorization?.replace(/^.*Signature=/, '');

test('signs as @smithy/signature-v4 does', async () => {
  await fc.assert(
    fc.asyncProperty(request, async (request) => {
      const url = urlOf(request);
      const signer = new SignatureV4({
        service,
        region,
        credentials: request.credentials,
        sha256: Sha256,
        applyChecksum: false,
      });
      const theirs = await signer.sign(
        {
          method: request.method,
          protocol: 'https:',
          hostname: url.hostname,
          path: url.pathname,
          query: Object.fromEntries(url.searchParams),
          headers: { host: url.host },
          ...(request.body !== undefined && { body: request.body }),
        },
        { signingDate: request.at },
      );
      const headers = await ours(request);
      expect(headers.authorization).toBe(theirs.headers.authorization);
      expect(headers['x-amz-date']).toBe(theirs.headers['x-amz-date']);
      expect(headers['x-amz-security-token']).toBe(theirs.headers['x-amz-security-token']);
    }),
    { numRuns: 300 },
  );
});

test('signs as aws4fetch does', async () => {
  await fc.assert(
    fc.asyncProperty(request, async (request) => {
      const { credentials, method, body } = request;
      const headers = await ours(request);
      const signer = new AwsV4Signer({
        ...credentials,
        method,
        url: urlOf(request).href,
        service,
        region,
        datetime: headers['x-amz-date'] ?? '',
        ...(body !== undefined && { body }),
      });
      expect(signatureIn(headers.authorization)).toBe(await signer.signature());
    }),
    { numRuns: 300 },
  );
});

test('keys are derived once for a day, and for each secret', async () => {
  const keys = new Map<string, Promise<CryptoKey>>();
  await fc.assert(
    fc.asyncProperty(request, async (request) => {
      expect(await ours(request, keys)).toEqual(await ours(request));
      expect(keys.size).toBe(1);
    }),
    { numRuns: 50 },
  );
});

class Sha256 {
  readonly #hash;
  constructor(secret?: string | ArrayBuffer | ArrayBufferView) {
    this.#hash = secret === undefined ? createHash('sha256') : createHmac('sha256', bytes(secret));
  }
  update(data: string | ArrayBuffer | ArrayBufferView): void {
    this.#hash.update(bytes(data));
  }
  async digest(): Promise<Uint8Array> {
    return this.#hash.digest();
  }
}

function bytes(data: string | ArrayBuffer | ArrayBufferView): Uint8Array {
  if (typeof data === 'string') return new TextEncoder().encode(data);
  return ArrayBuffer.isView(data)
    ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
    : new Uint8Array(data);
}
