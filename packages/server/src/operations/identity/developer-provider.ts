import { ServiceError } from '@holdall/protocol';
import type { IdentityPool } from '../../domain/identity-pool.ts';

/** @throws ServiceError unless the pool's developer provider has this name */
export function checkDeveloperProvider({ id, settings }: IdentityPool, provider: string): void {
  if (settings.DeveloperProviderName === provider) return;
  throw new ServiceError(
    'InvalidParameterException',
    `'${provider}' is not the developer provider of identity pool '${id}'`,
  );
}
