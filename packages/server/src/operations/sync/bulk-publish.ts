import { ServiceError, type syncOperations } from '@holdall/protocol';
import type { Store } from '../../ports/store.ts';
import { existingPool } from '../access.ts';
import type { Handler } from '../handler.ts';

interface Needs {
  readonly store: Pick<Store, 'pool' | 'changePool'>;
}

/**
 * Nothing sends streams yet, so every run ends at once as FAILED, and its details say why: what the original does when
 * it cannot reach the stream.
 */
export const bulkPublish =
  ({ store }: Needs): Handler<typeof syncOperations.BulkPublish> =>
  async (input, call) => {
    const pool = await existingPool(store, input.IdentityPoolId);
    if (pool.streams?.StreamingStatus !== 'ENABLED') {
      throw new ServiceError(
        'InvalidParameterException',
        `Identity pool ${pool.id} has no stream: enable CognitoStreams with SetIdentityPoolConfiguration first`,
      );
    }
    await store.changePool(pool.id, {
      bulkPublish: {
        startedAt: call.at,
        status: 'FAILED',
        failureMessage: `This server cannot reach the stream ${pool.streams.StreamName ?? ''}: it has no stream target`,
      },
    });
    return { IdentityPoolId: pool.id };
  };
