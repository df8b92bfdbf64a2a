import type { ChangeNotice } from './change-notice.ts';
import type { Clock } from './clock.ts';
import type { Identity } from './identity.ts';
import type { RetryPolicy } from './retry.ts';
import type { Session } from './session.ts';
import type { Connection } from './signed-fetch.ts';
import type { Tabs } from './tabs.ts';

/** `off`: this service has none, or the client was made without. */
export type LiveState = 'off' | 'connecting' | 'live';

/**
 * Tells of changes as they happen, in one tab for all, until the signal is aborted. `liveChanges()` of
 * `@holdall/client/live` makes one.
 */
export type Live = (needs: LiveNeeds) => Promise<void>;

/** What a way to hear of changes is given by the client, for as long as one user is the user. */
export interface LiveNeeds {
  readonly identity: Identity;
  readonly signal: AbortSignal;
  readonly tabs: Tabs;
  readonly clock: Clock;
  readonly retry: RetryPolicy;
  readonly session: Session;
  readonly connection: Connection;
  /** Resolves when the device is online and the app is in front. */
  readonly whenAwake: () => Promise<void>;
  /** Whether this tab is the one that listens for all. */
  readonly leads: (isLeader: boolean) => void;
  readonly became: (state: LiveState) => void;
  readonly changed: (notice: ChangeNotice) => void;
}
