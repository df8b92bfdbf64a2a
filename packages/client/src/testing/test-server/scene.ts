import { ServiceError } from '@holdall/protocol';
import type { ChangeStreams } from './change-streams.ts';
import type { Identity, Instant, Kept, Pool } from './state.ts';

/** Whose credentials signed a request. */
export type Caller =
  | { readonly kind: 'developer'; readonly accountId: string }
  | { readonly kind: 'identity'; readonly poolId: string; readonly identityId: string }
  | { readonly kind: 'anyone' };

export interface Call {
  readonly caller: Caller;
  readonly at: Instant;
  /** When the caller's credentials expire. */
  readonly expiresAt?: Instant | undefined;
  /** The request's own. */
  readonly signal?: AbortSignal;
}

/** What one identity may store; the service's figures unless a test sets its own. */
export interface TestQuotas {
  /** 20. */
  readonly datasetsPerIdentity: number;
  /** 1,024; tombstones are not counted. */
  readonly recordsPerDataset: number;
  /** 1,048,576 UTF-8 bytes of keys and values. */
  readonly bytesPerDataset: number;
}

/** What handlers have at hand. */
export interface Scene {
  readonly kept: Kept;
  readonly quotas: TestQuotas;
  readonly region: string;
  readonly newUuid: () => string;
  readonly streams: ChangeStreams;
}

/** What listeners are told of, besides what is kept. */
export interface Change {
  readonly datasetName: string;
  readonly deviceId?: string | undefined;
}

export function existingPool({ kept }: Scene, poolId: string): Pool {
  const pool = kept.pools.get(poolId);
  if (!pool) throw new ServiceError('ResourceNotFoundException', `IdentityPool '${poolId}' not found.`);
  return pool;
}

export function existingIdentity({ kept }: Scene, identityId: string): Identity {
  const identity = kept.identities.get(identityId);
  if (!identity) throw notFound('Identity', identityId);
  return identity;
}

/** The identity if it is of that very pool: a developer may name any two. */
export function inPool(
  { kept }: Scene,
  { IdentityId, IdentityPoolId }: { readonly IdentityId: string; readonly IdentityPoolId: string },
): Identity | undefined {
  const identity = kept.identities.get(IdentityId);
  return identity?.poolId === IdentityPoolId ? identity : undefined;
}

export function notFound(what: 'Identity' | 'Dataset' | 'Device', name: string): ServiceError {
  return new ServiceError('ResourceNotFoundException', `${what} '${name}' not found.`);
}

export function disabled({ id }: Identity): ServiceError {
  return new ServiceError('NotAuthorizedException', `Identity '${id}' is disabled.`);
}

export function invalid(message: string): ServiceError {
  return new ServiceError('InvalidParameterException', message);
}
