import { ServiceError, type syncOperations } from '@holdall/protocol';
import { pushPlatforms } from '../../domain/identity-pool.ts';
import { mostDevices } from '../../domain/quotas.ts';
import type { Store } from '../../ports/store.ts';
import { existingPool, identityNotFound } from '../access.ts';
import type { Handler } from '../handler.ts';

interface Needs {
  readonly store: Pick<Store, 'pool' | 'registerDevice'>;
  readonly newUuid: () => string;
}

export const registerDevice =
  ({ store, newUuid }: Needs): Handler<typeof syncOperations.RegisterDevice> =>
  async (input, call) => {
    const pool = await existingPool(store, input.IdentityPoolId);
    if (!pushPlatforms(pool.pushSync).includes(input.Platform)) {
      throw new ServiceError(
        'InvalidConfigurationException',
        `Identity pool ${pool.id} is not set up for push sync on ${input.Platform}`,
      );
    }
    const device = {
      id: newUuid(),
      identityId: input.IdentityId,
      platform: input.Platform,
      token: input.Token,
      registeredAt: call.at,
    };
    const outcome = await store.registerDevice(device, mostDevices);
    if (outcome.kind === 'identityNotFound') throw identityNotFound(input.IdentityId);
    if (outcome.kind === 'tooManyDevices') {
      throw new ServiceError(
        'InvalidParameterException',
        `Identity '${input.IdentityId}' may not register more than ${mostDevices} devices`,
      );
    }
    return { DeviceId: outcome.device.id };
  };
