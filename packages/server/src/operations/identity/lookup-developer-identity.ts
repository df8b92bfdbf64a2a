import { type identityOperations, ServiceError } from '@holdall/protocol';
import type { Identity } from '../../domain/identity.ts';
import type { IdentityPool } from '../../domain/identity-pool.ts';
import type { Sealer } from '../../ports/sealer.ts';
import type { Store } from '../../ports/store.ts';
import { existingPool, identityNotFound } from '../access.ts';
import type { Handler } from '../handler.ts';
import { cutPage, openPage } from '../page.ts';
import { developerUserNotFound } from './refusals.ts';

interface Needs {
  readonly store: Pick<Store, 'pool' | 'identity' | 'identityByLogin'>;
  readonly sealer: Sealer;
}

const mostUsers = 60;

export const lookupDeveloperIdentity =
  ({ store, sealer }: Needs): Handler<typeof identityOperations.LookupDeveloperIdentity> =>
  async (input) => {
    const { IdentityId: identityId, DeveloperUserIdentifier: user } = input;
    const pool = await existingPool(store, input.IdentityPoolId);
    if (user !== undefined) {
      const identity = await identityOf(store, pool, user);
      if (identityId !== undefined && identity?.id !== identityId) {
        throw new ServiceError(
          'ResourceConflictException',
          `Developer user '${user}' does not belong to identity '${identityId}'.`,
        );
      }
      if (!identity) throw developerUserNotFound(user);
      return { IdentityId: identity.id, DeveloperUserIdentifierList: [user] };
    }
    if (identityId === undefined) {
      throw new ServiceError(
        'InvalidParameterException',
        'Either IdentityId or DeveloperUserIdentifier must be given',
      );
    }
    const identity = await store.identity(identityId);
    if (identity?.poolId !== pool.id) throw identityNotFound(identityId);
    const scope = `developer users of ${identityId}`;
    const { after } = openPage(sealer, scope, input.NextToken);
    const users = usersOf(identity, pool);
    // A page begins after the user that the one before it ended with, if that is still there.
    const rest = users.slice(after === undefined ? 0 : users.indexOf(after) + 1);
    const { items, nextToken } = cutPage(sealer, scope, rest, input.MaxResults ?? mostUsers, (one) => one);
    return {
      IdentityId: identityId,
      DeveloperUserIdentifierList: items,
      ...(nextToken && { NextToken: nextToken }),
    };
  };

async function identityOf(
  store: Needs['store'],
  { id, settings }: IdentityPool,
  user: string,
): Promise<Identity | undefined> {
  const provider = settings.DeveloperProviderName;
  return provider === undefined ? undefined : store.identityByLogin(id, { provider, subject: user });
}

function usersOf({ logins }: Identity, { settings }: IdentityPool): readonly string[] {
  return logins
    .filter(({ provider }) => provider === settings.DeveloperProviderName)
    .map(({ subject }) => subject);
}
