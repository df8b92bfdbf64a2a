import { findDevices } from '../devices.ts';
import { type Population, poolId, region } from '../population.ts';
import type { User } from './device.ts';

/** All users of a kind, with the credentials that the server gives them. */
export async function usersOf(
  port: number,
  population: Population,
  kind: keyof Population,
): Promise<readonly User[]> {
  const devices = await findDevices(port, population, kind, population[kind]);
  return devices.map(({ identityId, credentials }) => ({
    endpoint: `http://127.0.0.1:${port}`,
    region,
    identityPoolId: poolId,
    identityId,
    accessKeyId: credentials.AccessKeyId,
    secretAccessKey: credentials.SecretKey,
    sessionToken: credentials.SessionToken,
  }));
}
