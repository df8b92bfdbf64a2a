import type { syncOperations } from '@holdall/protocol';
import { streamOf } from '../../domain/outbox.ts';
import type { Deliveries } from '../../ports/deliveries.ts';
import type { Store } from '../../ports/store.ts';
import { poolNotFound } from '../access.ts';
import type { Handler } from '../handler.ts';
import { wireConfiguration } from './get-identity-pool-configuration.ts';

interface Needs {
  readonly store: Pick<Store, 'changePool'>;
  readonly deliveries: Pick<Deliveries, 'resumeStream'>;
}

export const setIdentityPoolConfiguration =
  ({ store, deliveries }: Needs): Handler<typeof syncOperations.SetIdentityPoolConfiguration> =>
  async (input) => {
    const pool = await store.changePool(input.IdentityPoolId, {
      ...(input.PushSync && { pushSync: input.PushSync }),
      ...(input.CognitoStreams && { streams: input.CognitoStreams }),
    });
    if (!pool) throw poolNotFound(input.IdentityPoolId);
    const streamName = input.CognitoStreams && streamOf(pool);
    if (streamName !== undefined) await deliveries.resumeStream(streamName);
    return wireConfiguration(pool);
  };
