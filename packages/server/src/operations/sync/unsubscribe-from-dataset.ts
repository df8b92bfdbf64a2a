import type { syncOperations } from '@holdall/protocol';
import type { Store } from '../../ports/store.ts';
import type { Handler } from '../handler.ts';
import { checkSubscriptionDone, subscriptionOf } from './subscription.ts';

interface Needs {
  readonly store: Pick<Store, 'unsubscribe'>;
}

export const unsubscribeFromDataset =
  ({ store }: Needs): Handler<typeof syncOperations.UnsubscribeFromDataset> =>
  async (input) => {
    checkSubscriptionDone(await store.unsubscribe(subscriptionOf(input)), input);
    return {};
  };
