import { hash } from 'node:crypto';

import { describe, expect, test } from 'vitest';

import {
  fixture,
  judge,
  latin1,
  received,
  type WrittenRequest,
} from '../../test/fixtures/signed-requests.ts';
import { canonicalRequest } from './canonical-request.ts';
import { readSignature } from './read-signature.ts';

interface Vector extends WrittenRequest {
  readonly name: string;
  readonly canonicalRequest?: string;
  readonly stringToSign?: string;
  /** Why this service does not verify it. */
  readonly notApplicable?: string;
}

interface TestVectors {
  readonly credentials: { accessKeyId: string; secret: string; region: string; service: string };
  readonly vectors: readonly Vector[];
}

const { credentials, vectors } = fixture<TestVectors>('sigv4-test-vectors.json');
const { secret, region, service } = credentials;
const context = { region, service, now: Date.UTC(2015, 7, 30, 12, 36) };

const applicable = vectors.filter(({ notApplicable }) => notApplicable === undefined);
const notApplicable = vectors.filter((vector) => vector.notApplicable !== undefined);

function onTheWire(vector: Vector) {
  return received({ ...vector, url: latin1(vector.url), headers: vector.headers.map(latin1) });
}

describe('the published test vectors', () => {
  test('all but those with a reason apply', () => {
    expect(applicable).toHaveLength(37);
    expect(notApplicable.map(({ name }) => name).sort()).toEqual([
      'get-header-value-multiline',
      'get-relative',
      'get-relative-relative',
      'get-slash',
      'get-slash-dot-slash',
      'get-slash-pointless-dot',
      'get-slashes',
      'get-vanilla-with-session-token (presigned)',
      'post-sts-header-after',
    ]);
  });

  for (const vector of applicable) {
    test(`${vector.name} verifies`, () => {
      expect(judge(onTheWire(vector), secret, context)).toEqual({ kind: 'verified' });
    });
  }

  for (const vector of notApplicable) {
    test(`${vector.name} is refused: it ${vector.notApplicable}`, () => {
      expect(judge(onTheWire(vector), secret, context).kind).toMatch(/^(refused|malformed)$/);
    });
  }

  test('the canonical requests are those published', () => {
    const published = applicable.filter((vector) => vector.canonicalRequest !== undefined);
    expect(published).toHaveLength(20);
    for (const vector of published) {
      const request = onTheWire(vector);
      const reading = readSignature(request);
      if (reading.kind !== 'signed') {
        throw new Error(`${vector.name}: ${JSON.stringify(reading)}`);
      }
      const canonical = canonicalRequest(request, reading.signature, hash('sha256', request.body));
      expect(canonical).toBe(vector.canonicalRequest);
      if (vector.stringToSign !== undefined) {
        expect(vector.stringToSign.split('\n').at(-1)).toBe(hash('sha256', canonical));
      }
    }
  });
});
