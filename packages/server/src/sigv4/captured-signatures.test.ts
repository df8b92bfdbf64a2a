import { describe, expect, test } from 'vitest';

import { fixture, judge, received, type WrittenRequest } from '../../test/fixtures/signed-requests.ts';
import { readSignature } from './read-signature.ts';

interface CapturedRequest extends WrittenRequest {
  readonly client: string;
  readonly signedBy: 'client' | 'fixture';
  readonly expected: 'verified' | 'refused';
}

interface Captured {
  readonly credentials: { accessKeyId: string; secret: string; sessionToken: string };
  readonly requests: readonly CapturedRequest[];
}

const { credentials, requests } = fixture<Captured>('captured-signatures.json');

/** boto 2 guesses its scope from the host name, and an IP address makes it guess this. */
const GUESSED_SCOPE = { region: '0', service: '127' };
const SCOPE = { region: 'us-east-1', service: 'cognito-sync' };

function claim(request: CapturedRequest) {
  const reading = readSignature(received(request));
  if (reading.kind !== 'signed') {
    throw new Error(`${request.client}: ${JSON.stringify(reading)}`);
  }
  return reading.signature;
}

describe('requests of real clients', () => {
  test('there are as many as were captured', () => {
    expect(requests.filter(({ signedBy }) => signedBy === 'client')).toHaveLength(27);
    expect(requests.filter(({ signedBy }) => signedBy === 'fixture')).toHaveLength(9);
    expect(requests.filter(({ expected }) => expected === 'refused')).toHaveLength(2);
    expect(new Set(requests.map(({ client }) => client)).size).toBe(12);
  });

  for (const [index, request] of requests.entries()) {
    test(`${index}: ${request.client} ${request.method} is ${request.expected}`, () => {
      const { accessKeyId, sessionToken, scope, signedAt } = claim(request);
      expect({ accessKeyId: accessKeyId.slice(1), sessionToken }).toEqual({
        accessKeyId: request.client.includes('Chromium') ? 'SIAEXAMPLE' : credentials.accessKeyId.slice(1),
        sessionToken: expect.any(String),
      });
      const expectedScope = scope.region === '0' ? GUESSED_SCOPE : SCOPE;
      const outcome = judge(received(request), credentials.secret, {
        ...expectedScope,
        now: signedAt + 60_000,
      });
      expect({ client: request.client, ...outcome }).toMatchObject(
        request.expected === 'verified' ? { kind: 'verified' } : { kind: 'refused', reason: 'mismatch' },
      );
    });
  }

  test('a scope that boto 2 guessed is refused as such', () => {
    const guessed = requests.filter((request) => claim(request).scope.region === '0');
    expect(guessed).toHaveLength(2);
    for (const request of guessed) {
      const { signedAt } = claim(request);
      expect(judge(received(request), credentials.secret, { ...SCOPE, now: signedAt })).toEqual({
        kind: 'refused',
        code: 'InvalidSignatureException',
        reason: 'scope',
        message:
          "Credential should be scoped to a valid region, not '0'. " +
          "Credential should be scoped to correct service: 'cognito-sync'.",
      });
    }
  });
});
