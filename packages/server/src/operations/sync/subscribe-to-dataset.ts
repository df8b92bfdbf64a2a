import type { syncOperations } from '@holdall/protocol';
import type { Store } from '../../ports/store.ts';
import type { Handler } from '../handler.ts';
import { checkSubscriptionDone, subscriptionOf } from './subscription.ts';

interface Needs {
  readonly store: Pick<Store, 'subscribe'>;
}

export const subscribeToDataset =
  ({ store }: Needs): Handler<typeof syncOperations.SubscribeToDataset> =>
  async (input) => {
    checkSubscriptionDone(await store.subscribe(subscriptionOf(input)), input);
    return {};
  };
