import { type extensionOperations, ServiceError } from '@holdall/protocol';
import type { ChangeListening, ListenOutcome, OpeningListener } from '../../ports/change-feed.ts';
import type { Store } from '../../ports/store.ts';
import { identityDisabled, identityNotFound } from '../access.ts';
import type { Call, Handler } from '../handler.ts';

export interface WatchNeeds {
  readonly store: Pick<Store, 'identity'>;
  readonly changes: ChangeListening;
}

export const watchChanges =
  ({ store, changes }: WatchNeeds): Handler<typeof extensionOperations.WatchChanges> =>
  async (input, call) => {
    const { IdentityPoolId: identityPoolId, IdentityId: identityId } = input;
    // Before it listens: listeners of one identity have to agree about its pool.
    await checkEnabled(store, identityPoolId, identityId);
    const listener = listenerOf(changes.listen({ identityPoolId, identityId, ...credentialsOf(call) }));
    try {
      // And after: a deletion could have come between, and was told to nobody.
      await checkEnabled(store, identityPoolId, identityId);
      const stream = await listener.open(input.LastEventId ?? input.LastEventIdInQuery);
      if (stream) return stream;
      throw new ServiceError(
        'LimitExceededException',
        `Identity '${identityId}' has had too many datasets to be listened to: list them instead`,
      );
    } catch (error) {
      listener.closed();
      throw error;
    }
  };

async function checkEnabled(store: WatchNeeds['store'], poolId: string, identityId: string): Promise<void> {
  const identity = await store.identity(identityId);
  if (identity?.poolId !== poolId) throw identityNotFound(identityId);
  if (identity.disabled) throw identityDisabled(identityId);
}

function credentialsOf({ caller }: Call) {
  switch (caller.kind) {
    case 'identity':
      return { expiresAt: caller.expiresAt };
    case 'developer':
      return { expiresAt: Number.POSITIVE_INFINITY, accessKeyId: caller.accessKeyId };
    case 'anyone':
      throw new Error('Changes are open to anyone.');
  }
}

function listenerOf(outcome: ListenOutcome): OpeningListener {
  switch (outcome.kind) {
    case 'listening':
      return outcome.listener;
    case 'tooManyOfIdentity':
      throw tooMany(`The identity has ${outcome.limit} listeners, which is the most that it may have`);
    case 'tooManyOfServer':
      throw tooMany(`The server has ${outcome.limit} listeners, which is the most that it may have`);
  }
}

function tooMany(message: string): ServiceError {
  return new ServiceError('TooManyRequestsException', `${message}: ask for changes from time to time`);
}
