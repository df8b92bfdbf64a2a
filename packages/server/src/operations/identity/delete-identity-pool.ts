import type { identityOperations } from '@holdall/protocol';
import type { Store } from '../../ports/store.ts';
import { poolNotFound } from '../access.ts';
import type { Handler } from '../handler.ts';

interface Needs {
  readonly store: Pick<Store, 'deletePool'>;
  /** Has what was in the pool erased in the background. */
  readonly purgeSoon: () => void;
}

export const deleteIdentityPool =
  ({ store, purgeSoon }: Needs): Handler<typeof identityOperations.DeleteIdentityPool> =>
  async (input) => {
    if (!(await store.deletePool(input.IdentityPoolId))) throw poolNotFound(input.IdentityPoolId);
    purgeSoon();
    return undefined;
  };
