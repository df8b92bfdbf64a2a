import type { Identity } from './identity.ts';

export type GuestAccess = 'granted' | 'identityDisabled' | 'loginsDoNotMatch';

/** Whether who names the identity, and proves nothing, may have its tokens. */
export function guestAccess(identity: Identity): GuestAccess {
  if (identity.disabled) return 'identityDisabled';
  return identity.logins.length === 0 ? 'granted' : 'loginsDoNotMatch';
}
