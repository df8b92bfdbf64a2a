import { ServiceError, type syncOperations } from '@holdall/protocol';
import type { Device } from '../../domain/identity.ts';
import { pushApplication } from '../../domain/outbox.ts';
import { mostDevices } from '../../domain/quotas.ts';
import type { Deliveries } from '../../ports/deliveries.ts';
import { DeliveryError } from '../../ports/delivery-error.ts';
import type { PushAddress } from '../../ports/push-target.ts';
import type { Store } from '../../ports/store.ts';
import { existingPool, identityNotFound } from '../access.ts';
import type { Handler } from '../handler.ts';

interface Needs {
  readonly store: Pick<Store, 'pool' | 'registerDevice'>;
  readonly deliveries: Pick<Deliveries, 'registerDevice'>;
  readonly newUuid: () => string;
}

export const registerDevice =
  ({ store, deliveries, newUuid }: Needs): Handler<typeof syncOperations.RegisterDevice> =>
  async (input, call) => {
    const pool = await existingPool(store, input.IdentityPoolId);
    const application = pushApplication(pool.pushSync, input.Platform);
    if (application === undefined) {
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
      ...(await makeKnown(deliveries, application, { platform: input.Platform, token: input.Token })),
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

/**
 * What is to be kept of the device's registration at the application: nothing, when that cannot be reached now. Then the
 * device is made known before its first notice.
 *
 * @throws ServiceError when the application says that the token is not one
 */
async function makeKnown(
  deliveries: Pick<Deliveries, 'registerDevice'>,
  application: string,
  address: PushAddress,
): Promise<Pick<Device, 'application' | 'endpoint'>> {
  try {
    const endpoint = await deliveries.registerDevice(application, address);
    return { application, ...(endpoint !== undefined && { endpoint }) };
  } catch (error) {
    if (!(error instanceof DeliveryError)) throw error;
    if (error.failure !== 'refused') return {};
    throw new ServiceError('InvalidParameterException', `Token is not one of ${address.platform}`);
  }
}
