import type { identityOperations } from '@holdall/protocol';
import type { CredentialIssuer } from '../../ports/credential-issuer.ts';
import type { Sealer } from '../../ports/sealer.ts';
import type { Store } from '../../ports/store.ts';
import type { Handlers } from '../handler.ts';
import { createIdentityPool } from './create-identity-pool.ts';
import { deleteIdentityPool } from './delete-identity-pool.ts';
import { describeIdentityPool } from './describe-identity-pool.ts';
import { getCredentialsForIdentity } from './get-credentials-for-identity.ts';
import { getId } from './get-id.ts';
import { listIdentityPools } from './list-identity-pools.ts';

export interface IdentityNeeds {
  readonly store: Store;
  readonly sealer: Sealer;
  readonly issuer: CredentialIssuer;
  readonly region: string;
  readonly newUuid: () => string;
  readonly purgeSoon: () => void;
}

export function identityHandlers(needs: IdentityNeeds): Handlers<typeof identityOperations> {
  return {
    CreateIdentityPool: createIdentityPool(needs),
    DeleteIdentityPool: deleteIdentityPool(needs),
    DescribeIdentityPool: describeIdentityPool(needs),
    GetCredentialsForIdentity: getCredentialsForIdentity(needs),
    GetId: getId(needs),
    ListIdentityPools: listIdentityPools(needs),
  };
}
