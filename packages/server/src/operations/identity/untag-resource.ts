import type { identityOperations } from '@holdall/protocol';
import type { Store } from '../../ports/store.ts';
import { poolNotFound } from '../access.ts';
import type { Handler } from '../handler.ts';
import { poolIdOfArn } from './pool-arn.ts';

interface Needs {
  readonly store: Pick<Store, 'changePool'>;
}

export const untagResource =
  ({ store }: Needs): Handler<typeof identityOperations.UntagResource> =>
  async (input) => {
    const poolId = poolIdOfArn(input.ResourceArn);
    if (!(await store.changePool(poolId, { tags: { remove: input.TagKeys } }))) throw poolNotFound(poolId);
    return {};
  };
