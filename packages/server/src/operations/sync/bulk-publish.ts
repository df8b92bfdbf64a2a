import { ServiceError, type syncOperations } from '@holdall/protocol';
import type { Deliveries } from '../../ports/deliveries.ts';
import type { Store } from '../../ports/store.ts';
import { poolNotFound } from '../access.ts';
import type { Handler } from '../handler.ts';

interface Needs {
  readonly store: Pick<Store, 'startBulkPublish'>;
  readonly deliveries: Pick<Deliveries, 'publishSoon'>;
}

/** Only starts it; GetBulkPublishDetails tells what becomes of it. */
export const bulkPublish =
  ({ store, deliveries }: Needs): Handler<typeof syncOperations.BulkPublish> =>
  async (input, call) => {
    const poolId = input.IdentityPoolId;
    const start = await store.startBulkPublish(poolId, call.at);
    if (!start) throw poolNotFound(poolId);
    switch (start.kind) {
      case 'started':
        deliveries.publishSoon();
        return { IdentityPoolId: poolId };
      case 'noStream':
        throw new ServiceError(
          'InvalidParameterException',
          `Identity pool ${poolId} has no stream: enable CognitoStreams with SetIdentityPoolConfiguration first`,
        );
      case 'running':
        throw new ServiceError(
          'DuplicateRequestException',
          `A bulk publish of identity pool ${poolId} is in progress`,
        );
      case 'publishedLately':
        throw new ServiceError(
          'AlreadyStreamedException',
          `Identity pool ${poolId} was published less than 24 hours ago`,
        );
    }
  };
