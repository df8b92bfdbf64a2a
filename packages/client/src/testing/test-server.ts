import type { Clock } from '../clock.ts';
import { systemClock } from '../clock.ts';
import { randomUuid, seededRandom } from './seeded-random.ts';
import { ChangeStreams } from './test-server/change-streams.ts';
import { CredentialBook, type IssuedCredentials } from './test-server/credentials.ts';
import { extensionHandlers } from './test-server/extension-handlers.ts';
import { identityHandlers } from './test-server/identity-handlers.ts';
import { type KeptState, readState } from './test-server/kept-state.ts';
import { issueLoginToken } from './test-server/logins.ts';
import { existingIdentity, existingPool, type Scene, type TestQuotas } from './test-server/scene.ts';
import { type AnsweredRequest, createService } from './test-server/service.ts';
import { issueSession } from './test-server/sessions.ts';
import { signIn } from './test-server/sign-in.ts';
import { newIdentity, type Pool, type PoolConfiguration, type PoolSettings } from './test-server/state.ts';
import { syncHandlers } from './test-server/sync-handlers.ts';
import { updateRecords } from './test-server/update-records.ts';
import { keepBusy } from './virtual-clock.ts';

/** What `createTestServer` is told. */
export interface TestServerOptions {
  /** The time of day and its timers; the system's when absent. */
  readonly clock?: Clock;
  /** Ids and secrets come out the same for the same seed: 1 when absent. */
  readonly seed?: number;
  /** `us-east-1` when absent. */
  readonly region?: string;
  readonly quotas?: Partial<TestQuotas>;
  /** What the pool is like: guests, classic flow and a developer provider `login.test` when absent. */
  readonly pool?: Partial<PoolSettings>;
}

/** A service in memory that speaks the real wire. Everything in it is gone with it. */
export interface TestServer {
  /** Where it seems to be. `fetch` answers whatever the host is. */
  readonly url: string;
  readonly region: string;
  readonly clock: Clock;
  /** The pool that is there from the start. */
  readonly identityPoolId: string;
  /** Signs what only developers may do. */
  readonly developerCredentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
  /** Requests are answered one at a time, in the order in which they came. */
  readonly fetch: typeof fetch;
  /** What was answered so far, the latest 10,000. */
  readonly requests: readonly AnsweredRequest[];
  /** How many live streams are open. */
  readonly liveStreams: number;
  /** All identities with their datasets, as they are now: plain values that a test can compare. */
  state(): KeptState;
  /** A new guest, with credentials for an hour. */
  createIdentity(): { readonly identityId: string; readonly credentials: IssuedCredentials };
  /** Credentials of an identity; negative milliseconds give expired ones. */
  credentialsFor(identityId: string, lifetimeMs?: number): IssuedCredentials;
  /** What a login provider would give its user, for a `Logins` map; good for an hour when absent. */
  loginToken(provider: string, subject: string, lifetimeMs?: number): string;
  /**
   * Signs in as the developer's backend does: the identity of its user, which takes over, or is merged with, the one
   * that is presented.
   */
  signInDeveloperUser(user: string, presentedId?: string): { readonly identityId: string };
  /** Writes as another device would: key → value, null to remove. Nothing conflicts. */
  write(identityId: string, datasetName: string, values: Readonly<Record<string, string | null>>): void;
  /** Breaks the connections of all live streams. */
  cutLiveStreams(): void;
}

const accountId = '123456789012';
const developerProvider = 'login.test';

const usualSettings: PoolSettings = {
  IdentityPoolName: 'test',
  AllowUnauthenticatedIdentities: true,
  AllowClassicFlow: true,
  DeveloperProviderName: developerProvider,
  SupportedLoginProviders: {
    'accounts.google.com': 'test-client',
    'appleid.apple.com': 'test-client',
    'graph.facebook.com': 'test-client',
  },
};

/** Devices may register for push messages of any platform, though none are sent. */
const configuration: PoolConfiguration = {
  PushSync: {
    ApplicationArns: ['APNS', 'APNS_SANDBOX', 'GCM', 'ADM'].map(
      (platform) => `arn:aws:sns:us-east-1:${accountId}:app/${platform}/test`,
    ),
  },
};

/** A test server with one identity pool. There is nothing to close. */
export function createTestServer(options: TestServerOptions = {}): TestServer {
  const { clock = systemClock, seed = 1, region = 'us-east-1' } = options;
  const random = seededRandom(seed);
  const newUuid = () => randomUuid(random);
  const streams = new ChangeStreams(clock);
  const scene: Scene = {
    kept: { pools: new Map(), identities: new Map() },
    quotas: {
      datasetsPerIdentity: 20,
      recordsPerDataset: 1024,
      bytesPerDataset: 1_048_576,
      ...options.quotas,
    },
    region,
    newUuid,
    streams,
  };
  const pool: Pool = {
    id: `${region}:${newUuid()}`,
    settings: { ...usualSettings, ...options.pool },
    configuration,
  };
  scene.kept.pools.set(pool.id, pool);
  const credentials = new CredentialBook(random, accountId);
  const handlers = {
    ...syncHandlers(scene),
    ...identityHandlers(scene, credentials, accountId),
    ...extensionHandlers(scene),
  };
  const service = createService({ handlers, credentials, region, clock, newUuid });
  const credentialsFor = (identityId: string, lifetimeMs?: number) =>
    credentials.issue(existingIdentity(scene, identityId), clock.now(), lifetimeMs);

  return {
    url: 'https://holdall.test',
    region,
    clock,
    identityPoolId: pool.id,
    developerCredentials: credentials.developer,
    fetch: (input, init) => keepBusy(clock, service.fetch(input, init)),
    requests: service.requests,
    get liveStreams() {
      return streams.size;
    },
    state: () => readState(scene.kept),
    credentialsFor,
    createIdentity() {
      const identity = newIdentity(`${region}:${newUuid()}`, pool.id, [], clock.now());
      scene.kept.identities.set(identity.id, identity);
      return { identityId: identity.id, credentials: credentialsFor(identity.id) };
    },
    loginToken: (provider, subject, lifetimeMs = 3_600_000) =>
      issueLoginToken({ provider, subject }, clock.now() + lifetimeMs),
    signInDeveloperUser(user, presentedId) {
      const provider = pool.settings.DeveloperProviderName ?? developerProvider;
      const developerLogin = { provider, subject: user };
      const request = { logins: [developerLogin], developerLogin, isProven: true, presentedId };
      const call = { caller: { kind: 'developer', accountId }, at: clock.now() } as const;
      return { identityId: signIn(scene, existingPool(scene, pool.id), request, call).id };
    },
    write(identityId, datasetName, values) {
      const { poolId, datasets } = existingIdentity(scene, identityId);
      const at = clock.now();
      const place = { IdentityPoolId: poolId, IdentityId: identityId, DatasetName: datasetName };
      const SyncCount = datasets.get(datasetName)?.syncCount ?? 0;
      const RecordPatches = Object.entries(values).map(([Key, Value]) =>
        Value === null
          ? ({ Op: 'remove', Key, SyncCount } as const)
          : ({ Op: 'replace', Key, Value, SyncCount } as const),
      );
      const input = { ...place, RecordPatches, SyncSessionToken: issueSession(newUuid(), place, at) };
      updateRecords(scene, input, { caller: { kind: 'identity', poolId, identityId }, at });
    },
    cutLiveStreams: () => streams.cut(),
  };
}
