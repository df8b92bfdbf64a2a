import type { identityOperations } from '@holdall/protocol';
import type { CredentialIssuer } from '../../ports/credential-issuer.ts';
import type { Store } from '../../ports/store.ts';
import { existingPool, identityNotFound } from '../access.ts';
import type { Handler } from '../handler.ts';
import { checkGuest } from './guest.ts';

interface Needs {
  readonly store: Pick<Store, 'pool' | 'identity'>;
  readonly issuer: CredentialIssuer;
}

export const getCredentialsForIdentity =
  ({ store, issuer }: Needs): Handler<typeof identityOperations.GetCredentialsForIdentity> =>
  async (input, call) => {
    const identity = await store.identity(input.IdentityId);
    if (!identity) throw identityNotFound(input.IdentityId);
    checkGuest(await existingPool(store, identity.poolId), input.Logins);
    const credentials = issuer.issue({ poolId: identity.poolId, identityId: identity.id }, call.at);
    return {
      IdentityId: identity.id,
      Credentials: {
        AccessKeyId: credentials.accessKeyId,
        SecretKey: credentials.secretAccessKey,
        SessionToken: credentials.sessionToken,
        Expiration: credentials.expiresAt,
      },
    };
  };
