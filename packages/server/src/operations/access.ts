import { ServiceError } from '@holdall/protocol';
import type { IdentityPool } from '../domain/identity-pool.ts';
import type { Store } from '../ports/store.ts';
import type { Call } from './handler.ts';

interface IdentityPath {
  readonly IdentityPoolId: string;
  readonly IdentityId: string;
}

/** The pool, which a developer may name at will. */
export async function existingPool(store: Pick<Store, 'pool'>, poolId: string): Promise<IdentityPool> {
  const pool = await store.pool(poolId);
  if (!pool) throw poolNotFound(poolId);
  return pool;
}

/**
 * Whether the identity that the request names is one of the pool that it names. A developer may name any two; an
 * identity's credentials were checked against both already.
 */
export async function isInPool(
  store: Pick<Store, 'identity'>,
  path: IdentityPath,
  call: Call,
): Promise<boolean> {
  if (call.caller.kind === 'identity') return true;
  return (await store.identity(path.IdentityId))?.poolId === path.IdentityPoolId;
}

/** @throws ServiceError `ResourceNotFoundException` unless `isInPool` */
export async function checkInPool(
  store: Pick<Store, 'identity'>,
  path: IdentityPath,
  call: Call,
): Promise<void> {
  if (!(await isInPool(store, path, call))) throw identityNotFound(path.IdentityId);
}

/** Who a change is put down to: the device that the request named, else whose credentials signed it. */
export function modifiedBy(call: Call, deviceId?: string): string {
  if (deviceId !== undefined) return deviceId;
  switch (call.caller.kind) {
    case 'identity':
      return call.caller.identityId;
    case 'developer':
      return call.caller.accountId;
    case 'anyone':
      throw new Error('An operation that changes data is open to anyone.');
  }
}

export function poolNotFound(poolId: string): ServiceError {
  return new ServiceError('ResourceNotFoundException', `IdentityPool '${poolId}' not found.`);
}

export function identityNotFound(identityId: string): ServiceError {
  return new ServiceError('ResourceNotFoundException', `Identity '${identityId}' not found.`);
}

export function identityDisabled(identityId: string): ServiceError {
  return new ServiceError('NotAuthorizedException', `Identity '${identityId}' is disabled.`);
}

/** For who writes with credentials that were given out before the identity was disabled. */
export function identityGone(identityId: string, mergedInto: string | undefined): ServiceError {
  const where = mergedInto === undefined ? '' : `: it was merged into '${mergedInto}'`;
  return new ServiceError('ResourceNotFoundException', `Identity '${identityId}' is disabled${where}.`);
}

export function datasetNotFound(datasetName: string): ServiceError {
  return new ServiceError('ResourceNotFoundException', `Dataset '${datasetName}' not found.`);
}

export function deviceNotFound(deviceId: string): ServiceError {
  return new ServiceError('ResourceNotFoundException', `Device '${deviceId}' not found.`);
}
