import type { AutoSyncOptions } from './auto-sync.ts';
import type { Clock } from './clock.ts';
import type { Connectivity } from './connectivity.ts';
import type { IdentityProvider } from './identity.ts';
import type { Limits } from './limits.ts';
import type { Live } from './live-port.ts';
import type { LocalStore } from './local-store.ts';
import type { RetryPolicy } from './retry.ts';
import type { Tabs } from './tabs.ts';

/** What `createSyncClient` is told. */
export interface SyncClientOptions {
  /** Of the service: `https://sync.example.com`, or Amazon's `https://cognito-sync.eu-west-1.amazonaws.com`. */
  readonly endpoint: string;
  /** The one the service signs for. Default: `us-east-1`. */
  readonly region?: string;
  /** Who the user is: `guest`, `openIdToken`, `developerToken`, `staticCredentials`, or one of your own. */
  readonly identity: IdentityProvider;
  /** Where data is kept on the device. The client closes it. */
  readonly store: LocalStore;
  /** Whether datasets are synchronised without being asked, and when. Default: true. */
  readonly autoSync?: boolean | AutoSyncOptions;
  /** How changes elsewhere are heard of as they happen: `liveChanges()`. Without it they are looked for now and then. */
  readonly live?: Live;
  /** The service's quotas, where they are not those of the original. */
  readonly limits?: Partial<Limits>;
  /** When and how often a request is repeated that failed. Default: `fullJitter()`, six times. */
  readonly retry?: RetryPolicy;
  /** Milliseconds that a request may take. Default: 30,000. */
  readonly requestTimeoutMs?: number;
  readonly tabs?: Tabs;
  readonly connectivity?: Connectivity;
  readonly fetch?: typeof fetch;
  readonly clock?: Clock;
  readonly random?: () => number;
}
