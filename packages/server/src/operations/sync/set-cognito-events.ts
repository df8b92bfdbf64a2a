import type { syncOperations } from '@holdall/protocol';
import type { Store } from '../../ports/store.ts';
import { poolNotFound } from '../access.ts';
import type { Handler } from '../handler.ts';

interface Needs {
  readonly store: Pick<Store, 'changePool'>;
}

export const setCognitoEvents =
  ({ store }: Needs): Handler<typeof syncOperations.SetCognitoEvents> =>
  async (input) => {
    const pool = await store.changePool(input.IdentityPoolId, { events: input.Events });
    if (!pool) throw poolNotFound(input.IdentityPoolId);
    return undefined;
  };
