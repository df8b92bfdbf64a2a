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
  readonly roles?: PoolRoles;
  /** By login provider. */
  readonly principalTags?: Readonly<Record<string, PrincipalTagMap>>;
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

/** Kept and reported, in the wire's own words. */
export interface PoolRoles {
  readonly Roles: Readonly<Record<string, string>>;
  /** By login provider. */
  readonly RoleMappings?: Readonly<Record<string, RoleMapping>>;
}

export interface RoleMapping {
  readonly Type: 'Token' | 'Rules';
  readonly AmbiguousRoleResolution?: 'AuthenticatedRole' | 'Deny';
  readonly RulesConfiguration?: {
    readonly Rules: readonly {
      readonly Claim: string;
      readonly MatchType: 'Equals' | 'Contains' | 'StartsWith' | 'NotEqual';
      readonly Value: string;
      readonly RoleARN: string;
    }[];
  };
}

/** Kept and reported, in the wire's own words. */
export interface PrincipalTagMap {
  readonly UseDefaults?: boolean;
  readonly PrincipalTags?: Readonly<Record<string, string>>;
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
  /** The stream that it goes to. It fails when that is no longer the pool's. */
  readonly streamName?: string;
  /** Datasets that the stream has taken. */
  readonly published?: number;
  /** The last of them: a run that was interrupted goes on after it. */
  readonly after?: { readonly identityId: string; readonly datasetName: string };
}

/** A change to a pool. A part that is absent is left as it is. */
export interface PoolChange {
  /** An empty object clears push sync. */
  readonly pushSync?: PushSync;
  /** An empty object clears streams. */
  readonly streams?: CognitoStreams;
  /** Switches streaming off, if this is still the name of the pool's stream. */
  readonly stoppedStream?: string;
  /** Only the given events change; an empty ARN removes its event. */
  readonly events?: Readonly<Record<string, string>>;
  readonly bulkPublish?: BulkPublish;
  /**
   * Replaces all settings, but for two: a developer provider name, once set, stays, because users are known by it; and
   * tags, which have operations of their own, stay unless there are new ones.
   */
  readonly settings?: PoolSettings;
  readonly roles?: PoolRoles;
  /** Of the given login providers; the others stay. */
  readonly principalTags?: Readonly<Record<string, PrincipalTagMap>>;
  readonly tags?: TagChange;
}

export interface TagChange {
  readonly set?: Readonly<Record<string, string>>;
  readonly remove?: readonly string[];
}

/** The pool after the change. */
export function changedPool(pool: IdentityPool, change: PoolChange): IdentityPool {
  const { pushSync, streams, stoppedStream, events, bulkPublish, principalTags, settings, tags, ...kept } = {
    ...pool,
    ...change,
  };
  return {
    ...kept,
    settings: withTags(change.settings ? replacedSettings(pool.settings, change.settings) : settings, tags),
    ...(pushSync && Object.keys(pushSync).length > 0 && { pushSync }),
    ...(streams && Object.keys(streams).length > 0 && { streams: stopped(streams, stoppedStream) }),
    events: change.events ? mergedEvents(pool.events, change.events) : pool.events,
    ...(bulkPublish && { bulkPublish }),
    ...(principalTags && { principalTags: { ...pool.principalTags, ...principalTags } }),
  };
}

function stopped(streams: CognitoStreams, streamName: string | undefined): CognitoStreams {
  if (streamName === undefined || (streams.StreamName ?? '') !== streamName) return streams;
  return { ...streams, StreamingStatus: 'DISABLED' };
}

function replacedSettings(before: PoolSettings, after: PoolSettings): PoolSettings {
  const { DeveloperProviderName = after.DeveloperProviderName, IdentityPoolTags } = before;
  return {
    ...(IdentityPoolTags && { IdentityPoolTags }),
    ...after,
    ...(DeveloperProviderName !== undefined && { DeveloperProviderName }),
  };
}

function withTags(settings: PoolSettings, change: TagChange | undefined): PoolSettings {
  if (!change) return settings;
  const tags = new Map(Object.entries({ ...settings.IdentityPoolTags, ...change.set }));
  for (const key of change.remove ?? []) tags.delete(key);
  return { ...settings, IdentityPoolTags: Object.fromEntries(tags) };
}

function mergedEvents(
  before: Readonly<Record<string, string>>,
  changes: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  // fromEntries defines own properties, so an event named like a member of Object.prototype is just an event.
  const merged = new Map([...Object.entries(before), ...Object.entries(changes)]);
  return Object.fromEntries([...merged].filter(([, arn]) => arn !== ''));
}
