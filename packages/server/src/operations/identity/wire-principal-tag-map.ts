import type { IdentityPool } from '../../domain/identity-pool.ts';

export function wirePrincipalTagMap({ id, principalTags = {} }: IdentityPool, provider: string) {
  const map = Object.hasOwn(principalTags, provider) ? principalTags[provider] : undefined;
  return { IdentityPoolId: id, IdentityProviderName: provider, UseDefaults: false, ...map };
}
