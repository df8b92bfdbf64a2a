import type { Instant } from './dataset.ts';
import type { Identity } from './identity.ts';
import { type JoinRefusal, joinIdentities } from './join-identities.ts';

export interface MergeDeveloperUsersCommand {
  readonly poolId: string;
  readonly developerProvider: string;
  /** The user whose identity ends. */
  readonly source: string;
  /** The user whose identity goes on, with the logins and the data of both. */
  readonly destination: string;
  readonly at: Instant;
}

export type MergeDeveloperUsersOutcome =
  /** They are one already: nothing is written. */
  | { readonly kind: 'known'; readonly identity: Identity }
  | { readonly kind: 'joined'; readonly identity: Identity; readonly disabled: readonly Identity[] }
  | { readonly kind: 'userNotFound'; readonly user: string }
  | JoinRefusal;

/** @param owners the identities that the two users belong to */
export function mergeDeveloperUsers(
  owners: { readonly source: Identity | undefined; readonly destination: Identity | undefined },
  command: MergeDeveloperUsersCommand,
): MergeDeveloperUsersOutcome {
  const { source, destination } = owners;
  if (!source) return { kind: 'userNotFound', user: command.source };
  if (!destination) return { kind: 'userNotFound', user: command.destination };
  if (source.id === destination.id) return { kind: 'known', identity: destination };
  return joinIdentities({ ...command, winner: destination, losers: [source], logins: [] });
}
