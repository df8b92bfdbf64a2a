import type { identityOperations } from '@holdall/protocol';
import { regionalId } from '../../domain/identity.ts';
import type { Store } from '../../ports/store.ts';
import type { Handler } from '../handler.ts';

interface Needs {
  readonly store: Pick<Store, 'createPool'>;
  readonly region: string;
  readonly newUuid: () => string;
}

export const createIdentityPool =
  ({ store, region, newUuid }: Needs): Handler<typeof identityOperations.CreateIdentityPool> =>
  async (settings, call) => {
    const id = regionalId(region, newUuid());
    await store.createPool({ id, createdAt: call.at, settings, events: {} });
    return { IdentityPoolId: id, ...settings };
  };
