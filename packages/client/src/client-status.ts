import type { ChangeNotice } from './change-notice.ts';
import type { Identity } from './identity.ts';
import type { LiveState } from './live-port.ts';
import type { ObservedRequest } from './signed-fetch.ts';
import type { SyncResult } from './sync/report.ts';
import type { SyncError } from './sync-error.ts';

/** What the client is doing; replaced whenever a member changes. */
export interface ClientStatus {
  /** Undefined before the service has ever told. */
  readonly identity: Identity | undefined;
  readonly isOnline: boolean;
  /** This tab holds the live connection for all tabs. */
  readonly isLeader: boolean;
  readonly live: LiveState;
}

/** For logs and developer tools. */
export type ClientEvent =
  | ({ readonly type: 'request' } & ObservedRequest)
  | {
      readonly type: 'sync';
      readonly at: number;
      readonly dataset: string;
      readonly outcome: SyncResult | SyncError;
    };

/** What `asUser` gives. */
export interface UserConnection {
  readonly identity: Identity;
  /** `path`: below the endpoint, percent-encoded, with its query. The answer's JSON. @throws SyncError */
  readonly ask: (method: 'GET' | 'POST' | 'DELETE', path: string, body?: unknown) => Promise<unknown>;
}

/** What tabs tell each other; without a kind it is a change of a replica. */
export type Message =
  | { readonly kind: 'identity'; readonly identity: Identity | undefined }
  | { readonly kind: 'change'; readonly notice: ChangeNotice }
  | { readonly kind: 'live'; readonly state: LiveState }
  | { readonly kind: 'hello' }
  | { readonly kind?: undefined };
