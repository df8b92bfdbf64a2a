import { ServiceError } from '@holdall/protocol';
import type { JoinRefusal } from '../../domain/join-identities.ts';
import type { SignInRefusal } from '../../domain/sign-in.ts';
import { identityDisabled, identityNotFound, poolNotFound } from '../access.ts';

export function loginsDoNotMatch(): ServiceError {
  return new ServiceError(
    'NotAuthorizedException',
    "Logins don't match. Please include at least one valid login for this identity or identity pool.",
  );
}

export function guestsNotSupported(): ServiceError {
  return new ServiceError(
    'NotAuthorizedException',
    'Unauthenticated access is not supported for this identity pool.',
  );
}

export function developerUserNotFound(user: string): ServiceError {
  return new ServiceError('ResourceNotFoundException', `Developer user '${user}' not found.`);
}

export function cannotJoin(refusal: JoinRefusal): ServiceError {
  switch (refusal.kind) {
    case 'providerTaken':
      return new ServiceError(
        'ResourceConflictException',
        `Identity '${refusal.identityId}' is linked to another user of ${refusal.provider} already.`,
      );
    case 'tooManyLogins':
      return new ServiceError(
        'ResourceConflictException',
        `An identity may not be linked to more than ${refusal.limit} logins.`,
      );
  }
}

export function cannotSignIn(
  refusal: SignInRefusal,
  { poolId, presentedId = '' }: { readonly poolId: string; readonly presentedId?: string },
): ServiceError {
  switch (refusal.kind) {
    case 'poolNotFound':
      return poolNotFound(poolId);
    case 'identityNotFound':
      return identityNotFound(presentedId);
    case 'identityDisabled':
      return identityDisabled(presentedId);
    case 'loginsDoNotMatch':
      return loginsDoNotMatch();
    case 'userTaken':
      return new ServiceError(
        'DeveloperUserAlreadyRegisteredException',
        `The developer user is registered with an identity other than '${presentedId}'.`,
      );
    case 'providerTaken':
    case 'tooManyLogins':
      return cannotJoin(refusal);
  }
}
