import type { Instant } from './dataset.ts';
import type { Identity } from './identity.ts';
import { joinLogins, type Login } from './login.ts';

/** API reference, MergeDeveloperIdentities: 20 linked logins. */
export const mostLogins = 20;

export interface JoinRequest {
  readonly winner: Identity;
  /** Identities that become part of the winner. */
  readonly losers: readonly Identity[];
  /** Logins that come to the winner besides those of the losers. */
  readonly logins: readonly Login[];
  /** The one provider of which an identity may have several logins. */
  readonly developerProvider?: string;
  readonly at: Instant;
}

export type Join =
  | { readonly kind: 'joined'; readonly identity: Identity; readonly disabled: readonly Identity[] }
  | JoinRefusal;

export type JoinRefusal =
  /** The identity would have two logins of one public provider. */
  | { readonly kind: 'providerTaken'; readonly identityId: string; readonly provider: string }
  | { readonly kind: 'tooManyLogins'; readonly limit: number };

/** The winner with all the logins, and the losers as they are without any: disabled, and telling where they went. */
export function joinIdentities({ winner, losers, logins, developerProvider, at }: JoinRequest): Join {
  const joined = joinLogins(winner.logins, logins, ...losers.map((loser) => loser.logins));
  const ofPublic = joined.filter(({ provider }) => provider !== developerProvider);
  // In order, two logins of one provider are neighbours.
  const second = ofPublic.find(({ provider }, index) => ofPublic[index - 1]?.provider === provider);
  if (second) return { kind: 'providerTaken', identityId: winner.id, provider: second.provider };
  if (joined.length > mostLogins && joined.length > winner.logins.length) {
    return { kind: 'tooManyLogins', limit: mostLogins };
  }
  return {
    kind: 'joined',
    identity: { ...winner, logins: joined, lastModifiedAt: at },
    disabled: losers.map((loser) => ({
      ...loser,
      logins: [],
      disabled: true,
      mergedInto: winner.id,
      lastModifiedAt: at,
    })),
  };
}
