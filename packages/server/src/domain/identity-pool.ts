import type { Instant } from './dataset.ts';

/** An identity pool: who may have identities, and where its data goes. */
export interface IdentityPool {
  readonly id: string;
  readonly createdAt: Instant;
  readonly settings: PoolSettings;
  readonly pushSync?: PushSync;
  readonly streams?: CognitoStreams;
  /** Event name → function ARN. The only event in use is `SyncTrigger`. */
  readonly events: Readonly<Record<string, string>>;
  readonly bulkPublish?: BulkPublish;
}

/** What CreateIdentityPool took, in the wire's own words. */
export interface PoolSettings {
  readonly IdentityPoolName: string;
  readonly AllowUnauthenticatedIdentities: boolean;
  readonly AllowClassicFlow?: boolean;
  readonly SupportedLoginProviders?: Readonly<Record<string, string>>;
  readonly DeveloperProviderName?: string;
  readonly OpenIdConnectProviderARNs?: readonly string[];
  readonly CognitoIdentityProviders?: readonly {
    readonly ProviderName?: string;
    readonly ClientId?: string;
    readonly ServerSideTokenCheck?: boolean;
  }[];
  readonly SamlProviderARNs?: readonly string[];
  readonly IdentityPoolTags?: Readonly<Record<string, string>>;
}

export interface PushSync {
  readonly ApplicationArns?: readonly string[];
  readonly RoleArn?: string;
}

export interface CognitoStreams {
  readonly StreamName?: string;
  readonly RoleArn?: string;
  readonly StreamingStatus?: 'ENABLED' | 'DISABLED';
}

export interface BulkPublish {
  readonly startedAt: Instant;
  readonly completedAt?: Instant;
  readonly status: 'IN_PROGRESS' | 'FAILED' | 'SUCCEEDED';
  readonly failureMessage?: string;
}

/** A change to a pool. A part that is absent is left as it is. */
export interface PoolChange {
  /** An empty object clears push sync. */
  readonly pushSync?: PushSync;
  /** An empty object clears streams. */
  readonly streams?: CognitoStreams;
  /** Only the given events change; an empty ARN removes its event. */
  readonly events?: Readonly<Record<string, string>>;
  readonly bulkPublish?: BulkPublish;
}

/** The pool after the change. */
export function changedPool(pool: IdentityPool, change: PoolChange): IdentityPool {
  const { pushSync, streams, events, bulkPublish, ...kept } = { ...pool, ...change };
  return {
    ...kept,
    ...(pushSync && Object.keys(pushSync).length > 0 && { pushSync }),
    ...(streams && Object.keys(streams).length > 0 && { streams }),
    events: change.events ? mergedEvents(pool.events, change.events) : pool.events,
    ...(bulkPublish && { bulkPublish }),
  };
}

function mergedEvents(
  before: Readonly<Record<string, string>>,
  changes: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  // fromEntries defines own properties, so an event named like a member of Object.prototype is just an event.
  const merged = new Map([...Object.entries(before), ...Object.entries(changes)]);
  return Object.fromEntries([...merged].filter(([, arn]) => arn !== ''));
}

/** The platforms that a pool can push to, from its platform application ARNs (`…:app/<platform>/<name>`). */
export function pushPlatforms(pushSync: PushSync | undefined): readonly string[] {
  return (pushSync?.ApplicationArns ?? []).map((arn) => arn.split('/')[1] ?? '');
}
