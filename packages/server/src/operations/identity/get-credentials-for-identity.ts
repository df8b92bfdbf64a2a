import type { identityOperations } from '@holdall/protocol';
import type { CredentialIssuer } from '../../ports/credential-issuer.ts';
import type { Handler } from '../handler.ts';
import { presentIdentity, type SignInNeeds } from './sign-in.ts';

interface Needs extends SignInNeeds {
  readonly issuer: CredentialIssuer;
}

export const getCredentialsForIdentity =
  (needs: Needs): Handler<typeof identityOperations.GetCredentialsForIdentity> =>
  async (input, call) => {
    const { identity } = await presentIdentity(needs, input, call);
    const credentials = needs.issuer.issue({ poolId: identity.poolId, identityId: identity.id }, call.at);
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
