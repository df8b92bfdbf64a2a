import { createHash } from 'node:crypto';
import { ServiceError, type stsOperations } from '@holdall/protocol';
import { stillAuthenticated } from '../../domain/authentication-methods.ts';
import type { Instant } from '../../domain/dataset.ts';
import type { CredentialIssuer } from '../../ports/credential-issuer.ts';
import type { OpenIdClaims, OpenIdTokens } from '../../ports/open-id-tokens.ts';
import type { Store } from '../../ports/store.ts';
import type { Handler } from '../handler.ts';

interface Needs {
  readonly store: Pick<Store, 'pool' | 'identity'>;
  readonly issuer: CredentialIssuer;
  readonly openIdTokens: OpenIdTokens;
}

const usualDurationSeconds = 3600;

/**
 * The role is checked for its form and shown in the answer, and that is all: there is no IAM here, and what the
 * credentials reach is the identity's own data whatever a role or a policy says.
 */
export const assumeRoleWithWebIdentity =
  ({ store, issuer, openIdTokens }: Needs): Handler<typeof stsOperations.AssumeRoleWithWebIdentity> =>
  async (input, call) => {
    const role = parseRoleArn(input.RoleArn);
    const claims = await verifiedClaims(openIdTokens, input.WebIdentityToken, call.at);
    const { poolId, identityId } = claims;
    if (!(await mayAssumeRoles(store, claims))) {
      throw new ServiceError(
        'AccessDeniedException',
        'Not authorized to perform sts:AssumeRoleWithWebIdentity',
      );
    }
    const lifetimeMs = (input.DurationSeconds ?? usualDurationSeconds) * 1000;
    const credentials = issuer.issue({ poolId, identityId }, call.at, lifetimeMs);
    const session = input.RoleSessionName;
    return {
      Credentials: {
        AccessKeyId: credentials.accessKeyId,
        SecretAccessKey: credentials.secretAccessKey,
        SessionToken: credentials.sessionToken,
        Expiration: credentials.expiresAt,
      },
      SubjectFromWebIdentityToken: identityId,
      AssumedRoleUser: {
        AssumedRoleId: `${roleId(input.RoleArn)}:${session}`,
        Arn: `arn:${role.partition}:sts::${role.accountId}:assumed-role/${role.name}/${session}`,
      },
      Provider: 'cognito-identity.amazonaws.com',
      Audience: poolId,
    };
  };

async function verifiedClaims(tokens: OpenIdTokens, token: string, now: Instant): Promise<OpenIdClaims> {
  const verified = await tokens.verify(token, now);
  if (verified.kind === 'verified') return verified.claims;
  const code = verified.reason === 'expired' ? 'ExpiredTokenException' : 'InvalidIdentityTokenException';
  throw new ServiceError(code, verified.message);
}

/** Asked again although a token was issued: since then the pool may have changed, or who the identity is. */
async function mayAssumeRoles(
  store: Needs['store'],
  { poolId, identityId, amr }: OpenIdClaims,
): Promise<boolean> {
  const [pool, identity] = await Promise.all([store.pool(poolId), store.identity(identityId)]);
  if (!pool?.settings.AllowClassicFlow || identity?.poolId !== poolId) return false;
  const isAdmitted = identity.logins.length > 0 || pool.settings.AllowUnauthenticatedIdentities;
  return isAdmitted && stillAuthenticated(amr, pool, identity);
}

const roleArn =
  /^arn:(?<partition>aws[\w-]*):iam::(?<accountId>\d{12}):role\/(?:[\x21-\x7e]+\/)?(?<name>[\w+=,.@-]{1,64})$/;

function parseRoleArn(arn: string): { partition: string; accountId: string; name: string } {
  const groups = roleArn.exec(arn)?.groups;
  if (!groups) throw new ServiceError('InvalidParameterException', 'Request ARN is invalid');
  const { partition = '', accountId = '', name = '' } = groups;
  return { partition, accountId, name };
}

const base32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/** An id as roles have it, the same for the same role always. */
function roleId(arn: string): string {
  const digest = createHash('sha256').update(arn).digest();
  return `AROA${Array.from(digest.subarray(0, 17), (byte) => base32[byte % 32]).join('')}`;
}
