import type { identityOperations } from '@holdall/protocol';
import type { Store } from '../../ports/store.ts';
import type { Handler } from '../handler.ts';

interface Needs {
  readonly store: Pick<Store, 'deleteIdentities'>;
  /** Has what the identities had erased in the background. */
  readonly purgeSoon: () => void;
}

export const deleteIdentities =
  ({ store, purgeSoon }: Needs): Handler<typeof identityOperations.DeleteIdentities> =>
  async (input, call) => {
    const deleted = new Set(await store.deleteIdentities(input.IdentityIdsToDelete, call.at));
    purgeSoon();
    const unknown = new Set(input.IdentityIdsToDelete.filter((id) => !deleted.has(id)));
    return {
      // The only word of the original's two that can mean that there is no such identity.
      UnprocessedIdentityIds: [...unknown].map((id) => ({ IdentityId: id, ErrorCode: 'AccessDenied' })),
    };
  };
