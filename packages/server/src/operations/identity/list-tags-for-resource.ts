import type { identityOperations } from '@holdall/protocol';
import type { Store } from '../../ports/store.ts';
import { existingPool } from '../access.ts';
import type { Handler } from '../handler.ts';
import { poolIdOfArn } from './pool-arn.ts';

interface Needs {
  readonly store: Pick<Store, 'pool'>;
}

export const listTagsForResource =
  ({ store }: Needs): Handler<typeof identityOperations.ListTagsForResource> =>
  async (input) => {
    const { settings } = await existingPool(store, poolIdOfArn(input.ResourceArn));
    return { Tags: settings.IdentityPoolTags ?? {} };
  };
