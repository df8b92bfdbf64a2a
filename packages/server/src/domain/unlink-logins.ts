import type { Instant } from './dataset.ts';
import type { Identity } from './identity.ts';
import type { Login } from './login.ts';
import { owns } from './sign-in.ts';

export interface UnlinkLoginsCommand {
  readonly poolId: string;
  readonly identityId: string;
  /** What the caller has proved, one of which has to be the identity's; absent when a developer asks. */
  readonly proof?: readonly Login[];
  /** The caller has proved by other means that the identity is theirs. */
  readonly isProven?: boolean;
  /** What to take away: one login, or without a subject all of the provider. */
  readonly unlink: readonly { readonly provider: string; readonly subject?: string }[];
  readonly at: Instant;
}

export type UnlinkLoginsOutcome =
  /** Who signs in with the login next gets a new identity. Without its last login the identity is disabled. */
  | { readonly kind: 'unlinked'; readonly identity: Identity }
  | { readonly kind: 'identityNotFound' }
  | { readonly kind: 'identityDisabled' }
  | { readonly kind: 'loginsDoNotMatch' }
  /** The identity has none of them. */
  | { readonly kind: 'loginNotFound' };

/** @param identity the one that the command names, if it is in the command's pool */
export function unlinkLogins(
  identity: Identity | undefined,
  { proof, isProven, unlink, at }: UnlinkLoginsCommand,
): UnlinkLoginsOutcome {
  if (!identity) return { kind: 'identityNotFound' };
  if (identity.disabled) return { kind: 'identityDisabled' };
  if (proof && !isProven && !proof.some((login) => owns(identity, login)))
    return { kind: 'loginsDoNotMatch' };
  const goes = ({ provider, subject }: Login) =>
    unlink.some((one) => one.provider === provider && (one.subject === undefined || one.subject === subject));
  const logins = identity.logins.filter((login) => !goes(login));
  if (logins.length === identity.logins.length) return { kind: 'loginNotFound' };
  return {
    kind: 'unlinked',
    identity: { ...identity, logins, disabled: logins.length === 0, lastModifiedAt: at },
  };
}
