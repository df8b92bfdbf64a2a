import { ServiceError, type syncOperations } from '@holdall/protocol';
import type { Store } from '../../ports/store.ts';
import { poolNotFound } from '../access.ts';
import type { Handler } from '../handler.ts';

interface Needs {
  readonly store: Pick<Store, 'changePool'>;
}

export const setCognitoEvents =
  ({ store }: Needs): Handler<typeof syncOperations.SetCognitoEvents> =>
  async (input) => {
    checkNames(Object.keys(input.Events));
    const pool = await store.changePool(input.IdentityPoolId, { events: input.Events });
    if (!pool) throw poolNotFound(input.IdentityPoolId);
    return undefined;
  };

/** Each request brings one event at the most; what they bring together must not be more than the model allows. */
function checkNames(names: readonly string[]): void {
  const unknown = names.find((name) => name !== 'SyncTrigger');
  if (unknown === undefined) return;
  throw new ServiceError(
    'InvalidParameterException',
    `There is no event '${unknown}': the only one is SyncTrigger`,
  );
}
