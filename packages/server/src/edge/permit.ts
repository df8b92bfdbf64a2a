import { type Operation, ServiceError } from '@holdall/protocol';
import type { Caller } from '../domain/caller.ts';
import type { RawMembers } from './protocol.ts';

/**
 * Lets a caller through if the row names its kind and, for an identity's credentials, if the request is about that very
 * identity of that very pool. The answer is the same whether what was asked for exists or not.
 *
 * @throws ServiceError `NotAuthorizedException` in the original's words
 */
export function permit(operation: Operation, caller: Caller, raw: RawMembers): void {
  const ownData =
    caller.kind !== 'identity' ||
    (raw.IdentityPoolId === caller.poolId && raw.IdentityId === caller.identityId);
  if (!operation.callers.includes(caller.kind) || !ownData) {
    throw new ServiceError(
      'NotAuthorizedException',
      'These credentials are not valid for accessing this resource',
    );
  }
}
