import { Administration } from '@holdall/server';

const poolName = 'notes';

/**
 * The id of the pool of the example; made on the first start. It admits guests, and whoever has signed in with the
 * provider.
 */
export async function existingOrNewPool(data: string, provider: string): Promise<string> {
  await using administration = await Administration.open({
    data,
    auditLog: 'audit.log',
    operator: 'example',
  });
  const pools = await administration.pools();
  const existing = pools.find(({ pool }) => pool.settings.IdentityPoolName === poolName);
  if (existing) return existing.pool.id;
  const settings = {
    IdentityPoolName: poolName,
    AllowUnauthenticatedIdentities: true,
    // The account in it may be any; what counts is what follows `oidc-provider/`.
    OpenIdConnectProviderARNs: [`arn:aws:iam::000000000000:oidc-provider/${provider}`],
  };
  return (await administration.createPool(settings, 'us-east-1')).id;
}
