import type { identityOperations } from '@holdall/protocol';
import type { Store } from '../../ports/store.ts';
import { identityNotFound } from '../access.ts';
import type { Handler } from '../handler.ts';
import { wireIdentity } from './wire-identity.ts';

interface Needs {
  readonly store: Pick<Store, 'identity'>;
}

export const describeIdentity =
  ({ store }: Needs): Handler<typeof identityOperations.DescribeIdentity> =>
  async (input) => {
    const identity = await store.identity(input.IdentityId);
    if (!identity) throw identityNotFound(input.IdentityId);
    return wireIdentity(identity);
  };
