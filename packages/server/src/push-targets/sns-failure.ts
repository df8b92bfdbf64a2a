import { SNSServiceException } from '@aws-sdk/client-sns';
import { refusal } from '../outgoing/refusal.ts';
import { DeliveryError, type DeliveryFailure } from '../ports/delivery-error.ts';

/** By the name without its `Exception`, which some of SNS's error codes have and others do not. */
const failures: Readonly<Record<string, DeliveryFailure>> = {
  AccessDenied: 'gone',
  AuthorizationError: 'gone',
  IncompleteSignature: 'gone',
  InvalidClientTokenId: 'gone',
  InvalidSecurity: 'gone',
  KMSAccessDenied: 'gone',
  KMSDisabled: 'gone',
  KMSNotFound: 'gone',
  NotFound: 'gone',
  OptInRequired: 'gone',
  PlatformApplicationDisabled: 'gone',
  SignatureDoesNotMatch: 'gone',
  UnrecognizedClient: 'gone',
  InvalidParameter: 'refused',
  InvalidParameterValue: 'refused',
  Validation: 'refused',
  InternalError: 'unavailable',
  KMSThrottling: 'unavailable',
  RequestLimitExceeded: 'unavailable',
  Throttled: 'unavailable',
  Throttling: 'unavailable',
  TooManyRequests: 'unavailable',
  // Temporary credentials: the next ones are on their way, or a person has to see to it and will be told again.
  ExpiredToken: 'unavailable',
};

/** Whether SNS answered with this error, however it spells it. */
export function isSnsError(error: unknown, name: string): error is SNSServiceException {
  return error instanceof SNSServiceException && plainName(error) === name;
}

/** An error of the SDK in the terms of deliveries; one that SNS did not answer stays what it is. */
export function snsFailure(error: unknown, now: number): unknown {
  if (!(error instanceof SNSServiceException)) return error;
  const name = plainName(error);
  const status = error.$metadata.httpStatusCode ?? 0;
  const headers = { 'retry-after': error.$response?.headers['retry-after'] };
  const { failure: usual, retryAfterMs } = refusal('SNS', { status, headers }, now);
  const failure = Object.hasOwn(failures, name) ? failures[name] : undefined;
  return new DeliveryError(failure ?? usual, `SNS answered ${status} ${name}.`, {
    ...(retryAfterMs !== undefined && { retryAfterMs }),
  });
}

function plainName({ name }: SNSServiceException): string {
  const plain = name.replace(/(?:Exception|Error)$/, '');
  if (['Authorization', 'Internal'].includes(plain)) return `${plain}Error`;
  return /^\w{1,64}$/.test(plain) ? plain : 'an error without a name';
}
