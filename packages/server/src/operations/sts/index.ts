import type { stsOperations } from '@holdall/protocol';
import type { CredentialIssuer } from '../../ports/credential-issuer.ts';
import type { OpenIdTokens } from '../../ports/open-id-tokens.ts';
import type { Store } from '../../ports/store.ts';
import type { Handlers } from '../handler.ts';
import { assumeRoleWithWebIdentity } from './assume-role-with-web-identity.ts';

export interface StsNeeds {
  readonly store: Store;
  readonly issuer: CredentialIssuer;
  readonly openIdTokens: OpenIdTokens;
}

export function stsHandlers(needs: StsNeeds): Handlers<typeof stsOperations> {
  return { AssumeRoleWithWebIdentity: assumeRoleWithWebIdentity(needs) };
}
