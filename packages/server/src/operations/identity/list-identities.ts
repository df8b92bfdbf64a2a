import type { identityOperations } from '@holdall/protocol';
import type { Sealer } from '../../ports/sealer.ts';
import type { Store } from '../../ports/store.ts';
import { existingPool } from '../access.ts';
import type { Handler } from '../handler.ts';
import { cutPage, openPage } from '../page.ts';
import { wireIdentity } from './wire-identity.ts';

interface Needs {
  readonly store: Pick<Store, 'pool' | 'identities'>;
  readonly sealer: Sealer;
}

export const listIdentities =
  ({ store, sealer }: Needs): Handler<typeof identityOperations.ListIdentities> =>
  async (input) => {
    const { id: poolId } = await existingPool(store, input.IdentityPoolId);
    const scope = `identities of ${poolId}`;
    const size = input.MaxResults;
    const identities = await store.identities({
      ...openPage(sealer, scope, input.NextToken),
      poolId,
      hideDisabled: input.HideDisabled ?? false,
      limit: size + 1,
    });
    const { items, nextToken } = cutPage(sealer, scope, identities, size, ({ id }) => id);
    return {
      IdentityPoolId: poolId,
      Identities: items.map(wireIdentity),
      ...(nextToken && { NextToken: nextToken }),
    };
  };
