import { isRead, type Operation, ServiceError } from '@holdall/protocol';
import type { Caller } from '../domain/caller.ts';
import { isInScope } from '../domain/developer-key.ts';
import type { RawMembers } from './protocol.ts';

/**
 * Lets a caller through if the row names its kind and the request is about what its credentials reach: for an identity's
 * that very identity of that very pool, for a developer's the pools and the kind of operation in their scope. The answer
 * is the same whether what was asked for exists or not.
 *
 * @throws ServiceError `NotAuthorizedException` in the original's words
 */
export function permit(operation: Operation, caller: Caller, raw: RawMembers): void {
  if (!operation.callers.includes(caller.kind) || !isReached(operation, caller, raw)) {
    throw new ServiceError(
      'NotAuthorizedException',
      'These credentials are not valid for accessing this resource',
    );
  }
}

function isReached(operation: Operation, caller: Caller, raw: RawMembers): boolean {
  switch (caller.kind) {
    case 'identity':
      return raw.IdentityPoolId === caller.poolId && raw.IdentityId === caller.identityId;
    case 'developer':
      return isInScope(caller.scope, {
        isRead: isRead(operation),
        // A member that is not of the row is ignored later on, so it must not count as the pool's name here.
        poolId: Object.hasOwn(operation.input, 'IdentityPoolId') ? raw.IdentityPoolId : undefined,
        limitsItself: operation.limitsItself === true,
      });
    case 'anyone':
      return true;
  }
}
