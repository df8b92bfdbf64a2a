import { ServiceError } from '@holdall/protocol';
import type { Caller } from '../domain/caller.ts';
import type { Instant } from '../domain/dataset.ts';
import type { CredentialSource, FoundCredentials } from '../ports/credential-source.ts';
import type { Signature } from '../sigv4/parse.ts';
import { readSignature } from '../sigv4/read-signature.ts';
import { type Refusal, type VerificationContext, verifySignature } from '../sigv4/verify-signature.ts';
import type { Route, WireRequest } from './protocol.ts';

/**
 * Who signed the request; a promise only where the credentials had to be looked up. Operations that are open to anyone are not signed by SDKs, and a signature that is there
 * all the same is not looked at.
 *
 * @throws ServiceError with the original's names and messages when the signature does not hold
 */
export function authenticate(
  { operation, service }: Route,
  request: WireRequest,
  credentials: CredentialSource,
  region: string,
  now: Instant,
): Caller | Promise<Caller> {
  if (operation.callers.includes('anyone')) return { kind: 'anyone' };

  const read = readSignature(request);
  if (read.kind === 'unsigned') {
    throw new ServiceError('MissingAuthenticationTokenException', 'Missing Authentication Token');
  }
  if (read.kind === 'malformed') throw new ServiceError('IncompleteSignatureException', read.message);

  const { signature } = read;
  const found = credentials.find(signature.accessKeyId, signature.sessionToken, now);
  const verify = (known: FoundCredentials) =>
    verified(request, signature, known, { region, service: service.signingName, now });
  return found instanceof Promise ? found.then(verify) : verify(found);
}

function verified(
  request: WireRequest,
  signature: Signature,
  found: FoundCredentials,
  context: VerificationContext,
): Caller {
  if (found.kind === 'unknown') {
    throw new ServiceError(
      'UnrecognizedClientException',
      'The security token included in the request is invalid.',
    );
  }
  if (found.kind === 'expired') {
    throw new ServiceError('ExpiredTokenException', 'The security token included in the request is expired');
  }
  const verification = verifySignature(request, signature, found.secretAccessKey, context);
  if (verification.kind === 'refused') throw refusal(verification);
  return found.caller;
}

function refusal({ reason, code, message }: Refusal): ServiceError {
  const late = reason === 'expired' || reason === 'notYetCurrent';
  return new ServiceError(late ? 'RequestExpiredException' : code, message);
}
