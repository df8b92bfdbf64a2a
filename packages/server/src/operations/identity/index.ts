import type { identityOperations } from '@holdall/protocol';
import type { CredentialIssuer } from '../../ports/credential-issuer.ts';
import type { LoginVerifier } from '../../ports/login-verifier.ts';
import type { OpenIdTokens } from '../../ports/open-id-tokens.ts';
import type { Sealer } from '../../ports/sealer.ts';
import type { Store } from '../../ports/store.ts';
import type { Handlers } from '../handler.ts';
import { createIdentityPool } from './create-identity-pool.ts';
import { deleteIdentities } from './delete-identities.ts';
import { deleteIdentityPool } from './delete-identity-pool.ts';
import { describeIdentity } from './describe-identity.ts';
import { describeIdentityPool } from './describe-identity-pool.ts';
import { getCredentialsForIdentity } from './get-credentials-for-identity.ts';
import { getId } from './get-id.ts';
import { getIdentityPoolRoles } from './get-identity-pool-roles.ts';
import { getOpenIdToken } from './get-open-id-token.ts';
import { getOpenIdTokenForDeveloperIdentity } from './get-open-id-token-for-developer-identity.ts';
import { getPrincipalTagAttributeMap } from './get-principal-tag-attribute-map.ts';
import { listIdentities } from './list-identities.ts';
import { listIdentityPools } from './list-identity-pools.ts';
import { listTagsForResource } from './list-tags-for-resource.ts';
import { lookupDeveloperIdentity } from './lookup-developer-identity.ts';
import { mergeDeveloperIdentities } from './merge-developer-identities.ts';
import { setIdentityPoolRoles } from './set-identity-pool-roles.ts';
import { setPrincipalTagAttributeMap } from './set-principal-tag-attribute-map.ts';
import { tagResource } from './tag-resource.ts';
import { unlinkDeveloperIdentity } from './unlink-developer-identity.ts';
import { unlinkIdentity } from './unlink-identity.ts';
import { untagResource } from './untag-resource.ts';
import { updateIdentityPool } from './update-identity-pool.ts';

export interface IdentityNeeds {
  readonly store: Store;
  readonly sealer: Sealer;
  readonly issuer: CredentialIssuer;
  readonly logins: LoginVerifier;
  readonly openIdTokens: OpenIdTokens;
  readonly region: string;
  readonly newUuid: () => string;
  readonly purgeSoon: () => void;
}

export function identityHandlers(needs: IdentityNeeds): Handlers<typeof identityOperations> {
  return {
    CreateIdentityPool: createIdentityPool(needs),
    DeleteIdentities: deleteIdentities(needs),
    DeleteIdentityPool: deleteIdentityPool(needs),
    DescribeIdentity: describeIdentity(needs),
    DescribeIdentityPool: describeIdentityPool(needs),
    GetCredentialsForIdentity: getCredentialsForIdentity(needs),
    GetId: getId(needs),
    GetIdentityPoolRoles: getIdentityPoolRoles(needs),
    GetOpenIdToken: getOpenIdToken(needs),
    GetOpenIdTokenForDeveloperIdentity: getOpenIdTokenForDeveloperIdentity(needs),
    GetPrincipalTagAttributeMap: getPrincipalTagAttributeMap(needs),
    ListIdentities: listIdentities(needs),
    ListIdentityPools: listIdentityPools(needs),
    ListTagsForResource: listTagsForResource(needs),
    LookupDeveloperIdentity: lookupDeveloperIdentity(needs),
    MergeDeveloperIdentities: mergeDeveloperIdentities(needs),
    SetIdentityPoolRoles: setIdentityPoolRoles(needs),
    SetPrincipalTagAttributeMap: setPrincipalTagAttributeMap(needs),
    TagResource: tagResource(needs),
    UnlinkDeveloperIdentity: unlinkDeveloperIdentity(needs),
    UnlinkIdentity: unlinkIdentity(needs),
    UntagResource: untagResource(needs),
    UpdateIdentityPool: updateIdentityPool(needs),
  };
}
