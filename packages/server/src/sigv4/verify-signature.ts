import { hash, timingSafeEqual } from 'node:crypto';

import { canonicalRequest } from './canonical-request.ts';
import { ALGORITHM, DEFAULT_LIFETIME_SECONDS, type Signature } from './parse.ts';
import type { SignedRequest } from './signed-request.ts';
import { SCOPE_TERMINATOR, SigningKeyCache } from './signing-key.ts';
import { formatBasicTimestamp } from './timestamp.ts';

export interface VerificationContext {
  readonly region: string;
  readonly service: string;
  /** Epoch milliseconds. */
  readonly now: number;
}

export type RefusalReason = 'mismatch' | 'expired' | 'notYetCurrent' | 'scope' | 'payloadHash' | 'malformed';

export interface Refusal {
  readonly kind: 'refused';
  readonly code: 'InvalidSignatureException' | 'IncompleteSignatureException';
  /** For the caller only: it repeats what the caller sent, a session token included. */
  readonly message: string;
  readonly reason: RefusalReason;
}

export type Verification = { readonly kind: 'verified' } | Refusal;

const SIGNATURE_FORM = /^[0-9a-f]{64}$/;

const EMPTY_PAYLOAD_HASH = hash('sha256', '');

/** At most 20,000 keys of some 700 bytes (measured): 14 MB when full. */
const signingKeys = new SigningKeyCache(10_000);

const VERIFIED: Verification = { kind: 'verified' };

/**
 * Whether `secret` made this signature for this very request. The cheap checks come first; the comparison with the
 * computed signature is last and takes the same time whatever it finds.
 */
export function verifySignature(
  request: SignedRequest,
  signature: Signature,
  secret: string,
  context: VerificationContext,
): Verification {
  return (
    refuseUnsignedHeader(request, signature) ??
    refuseScope(signature, context) ??
    refuseTime(signature, context.now) ??
    refusePayloadOrSignature(request, signature, secret)
  );
}

function refuseUnsignedHeader(request: SignedRequest, signature: Signature): Refusal | undefined {
  const { headers } = request;
  const { signedHeaders } = signature;
  if (!signedHeaders.includes('host')) {
    return refused('malformed', "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.");
  }
  if (!signature.presigned) {
    const dateHeader = headers.get('x-amz-date') === undefined ? 'date' : 'x-amz-date';
    if (!signedHeaders.includes(dateHeader)) {
      return refused('malformed', `'${dateHeader}' must be a 'SignedHeader' in the AWS Authorization.`);
    }
  }
  // At `/` the target decides what is done; on REST paths it means nothing, and old Android leaves it unsigned there.
  const meaningful =
    request.path === '/' ? ['x-amz-security-token', 'x-amz-target'] : ['x-amz-security-token'];
  for (const name of meaningful) {
    if (headers.get(name) !== undefined && !signedHeaders.includes(name)) {
      return refused('malformed', `'${name}' must be a 'SignedHeader' in the AWS Authorization.`);
    }
  }
  return undefined;
}

function refuseScope(signature: Signature, context: VerificationContext): Refusal | undefined {
  const { scope, timestamp } = signature;
  const date = timestamp.slice(0, 8);
  let problems = '';
  if (scope.region !== context.region) {
    problems += ` Credential should be scoped to a valid region, not '${scope.region}'.`;
  }
  if (scope.service !== context.service) {
    problems += ` Credential should be scoped to correct service: '${context.service}'.`;
  }
  if (scope.terminator !== SCOPE_TERMINATOR) {
    problems += ` Credential should be scoped with a valid terminator: '${SCOPE_TERMINATOR}', not '${scope.terminator}'.`;
  }
  if (scope.date !== date) {
    problems +=
      ' Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: ' +
      `'${scope.date}' != '${date}', from '${timestamp}'.`;
  }
  return problems === '' ? undefined : refused('scope', problems.slice(1));
}

function refuseTime(signature: Signature, now: number): Refusal | undefined {
  const { signedAt, lifetimeSeconds, timestamp } = signature;
  const oldest = now - lifetimeSeconds * 1000;
  if (signedAt < oldest) {
    const bounds = `${formatBasicTimestamp(oldest)} (${formatBasicTimestamp(now)} - ${duration(lifetimeSeconds)})`;
    return refused('expired', `Signature expired: ${timestamp} is now earlier than ${bounds}`);
  }
  // However long a presigned URL lasts, its clock may be ahead by no more than any other.
  const newest = now + DEFAULT_LIFETIME_SECONDS * 1000;
  if (signedAt > newest) {
    const bounds = `${formatBasicTimestamp(newest)} (${formatBasicTimestamp(now)} + ${duration(DEFAULT_LIFETIME_SECONDS)})`;
    return refused('notYetCurrent', `Signature not yet current: ${timestamp} is still later than ${bounds}`);
  }
  return undefined;
}

function refusePayloadOrSignature(
  request: SignedRequest,
  signature: Signature,
  secret: string,
): Verification {
  const payloadHash = request.body.length === 0 ? EMPTY_PAYLOAD_HASH : hash('sha256', request.body);
  const claimedHash = request.headers.get('x-amz-content-sha256');
  if (claimedHash !== undefined && claimedHash !== payloadHash) {
    return refused(
      'payloadHash',
      "The provided 'x-amz-content-sha256' header must be the SHA-256 of the body in lower-case hexadecimal. " +
        `Got '${claimedHash}'; the body received has '${payloadHash}'.`,
    );
  }
  const canonical = canonicalRequest(request, signature, payloadHash);
  const toSign = stringToSign(signature, canonical);
  const key = signingKeys.get(signature.accessKeyId, secret, signature.scope);
  const expected = key.digest(toSign);
  return matches(expected, signature.signature)
    ? VERIFIED
    : refused('mismatch', mismatchMessage(canonical, toSign));
}

function stringToSign(signature: Signature, canonical: string): string {
  const { date, region, service, terminator } = signature.scope;
  const canonicalHash = hash('sha256', Buffer.from(canonical, 'latin1'));
  return `${ALGORITHM}\n${signature.timestamp}\n${date}/${region}/${service}/${terminator}\n${canonicalHash}`;
}

function matches(expected: Buffer, signature: string): boolean {
  return SIGNATURE_FORM.test(signature) && timingSafeEqual(expected, Buffer.from(signature, 'hex'));
}

function mismatchMessage(canonical: string, toSign: string): string {
  const readable = Buffer.from(canonical, 'latin1').toString('utf8');
  return (
    'The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key ' +
    'and signing method. Consult the service documentation for details.\n\nThe Canonical String for this request should ' +
    `have been\n'${readable}'\n\nThe String-to-Sign should have been\n'${toSign}'\n`
  );
}

function duration(seconds: number): string {
  return seconds % 60 === 0 ? `${seconds / 60} min.` : `${seconds} sec.`;
}

function refused(reason: RefusalReason, message: string): Refusal {
  return { kind: 'refused', code: 'InvalidSignatureException', message, reason };
}
