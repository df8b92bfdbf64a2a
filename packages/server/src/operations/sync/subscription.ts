import type { InputOf, syncOperations } from '@holdall/protocol';
import type { Subscription, SubscriptionOutcome } from '../../ports/store.ts';
import { datasetNotFound, deviceNotFound } from '../access.ts';

type SubscriptionInput = InputOf<typeof syncOperations.SubscribeToDataset>;

export function subscriptionOf(input: SubscriptionInput): Subscription {
  return {
    poolId: input.IdentityPoolId,
    identityId: input.IdentityId,
    datasetName: input.DatasetName,
    deviceId: input.DeviceId,
  };
}

/** @throws ServiceError `ResourceNotFoundException` for whatever is not there */
export function checkSubscriptionDone(outcome: SubscriptionOutcome, input: SubscriptionInput): void {
  if (outcome === 'datasetNotFound') throw datasetNotFound(input.DatasetName);
  if (outcome === 'deviceNotFound') throw deviceNotFound(input.DeviceId);
}
