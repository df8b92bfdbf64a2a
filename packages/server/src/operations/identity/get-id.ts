import type { identityOperations } from '@holdall/protocol';
import { regionalId } from '../../domain/identity.ts';
import type { Store } from '../../ports/store.ts';
import { existingPool, poolNotFound } from '../access.ts';
import type { Handler } from '../handler.ts';
import { checkGuest } from './guest.ts';

interface Needs {
  readonly store: Pick<Store, 'pool' | 'createIdentity'>;
  readonly region: string;
  readonly newUuid: () => string;
}

export const getId =
  ({ store, region, newUuid }: Needs): Handler<typeof identityOperations.GetId> =>
  async (input, call) => {
    const pool = await existingPool(store, input.IdentityPoolId);
    checkGuest(pool, input.Logins);
    const id = regionalId(region, newUuid());
    const identity = { id, poolId: pool.id, createdAt: call.at, lastModifiedAt: call.at };
    if (!(await store.createIdentity(identity))) throw poolNotFound(pool.id);
    return { IdentityId: id };
  };
