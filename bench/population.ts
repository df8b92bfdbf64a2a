import { createHash } from 'node:crypto';

/** Who is in a store: `ordinary` identities with ten small records each, and some `large` ones with 1 MB each. */
export interface Population {
  readonly ordinary: number;
  readonly large: number;
}

export const region = 'us-east-1';
export const poolId = `${region}:00000000-0000-4000-8000-000000000000`;
export const datasetName = 'settings';

/** Scattered like the random ids of real life, and the same in every run. */
export function identityId(kind: keyof Population, index: number): string {
  const hex = createHash('sha256').update(`${kind} ${index}`).digest('hex');
  const parts = [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)];
  return `${region}:${parts.join('-')}`;
}
