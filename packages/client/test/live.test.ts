import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CognitoIdentityClient, CreateIdentityPoolCommand } from '@aws-sdk/client-cognito-identity';
import {
  createSyncClient,
  guest,
  type IdentityProvider,
  type SyncClientOptions,
  staticCredentials,
} from '@holdall/client';
import { liveChanges } from '@holdall/client/live';
import { handlePush, registerPush } from '@holdall/client/push';
import { memoryStore } from '@holdall/client/stores/memory';
import { createTestServer } from '@holdall/client/testing';
import { startTestServer } from '@holdall/server/testing';
import { expect, onTestFinished, test } from 'vitest';
import { until } from './scenarios/check.ts';
import { type NetworkHooks, network, refusal, times } from './scenarios/network.ts';

// Changes that are heard of as they happen, at the real server; and push notifications.

async function openService() {
  const data = mkdtempSync(join(tmpdir(), 'holdall-live-'));
  let server = await startTestServer({ data });
  onTestFinished(async () => {
    await server.close();
    rmSync(data, { recursive: true, force: true });
    expect(server.faults).toEqual([]);
  });
  const { url, region, credentials } = server;
  const identities = new CognitoIdentityClient({ endpoint: url, region, credentials });
  const request = new CreateIdentityPoolCommand({
    IdentityPoolName: 'live',
    AllowUnauthenticatedIdentities: true,
  });
  const identityPoolId = (await identities.send(request)).IdentityPoolId ?? '';
  identities.destroy();
  const pool = guest({ identityPoolId });
  const own = { endpoint: url, fetch, signal: new AbortController().signal };
  const identity = await pool.identity({ ...own, known: undefined, guest: undefined });
  /** Both devices are this guest. */
  const user: IdentityProvider = {
    identity: async () => identity,
    credentials: (identity, request) => pool.credentials(identity, request),
  };
  return {
    url,
    user,
    identity,
    close: () => server.close(),
    async startAgain() {
      server = await startTestServer({ data, flags: { port: new URL(url).port } });
    },
    open(hooks: NetworkHooks = {}, options: Partial<SyncClientOptions> = {}) {
      const watched = network(hooks);
      const client = createSyncClient({
        endpoint: url,
        identity: user,
        store: memoryStore(),
        fetch: watched.fetch,
        retry: () => 10,
        ...options,
      });
      onTestFinished(() => client[Symbol.asyncDispose]());
      const settings = client.dataset('settings');
      const isLive = () => until('it is live', [client.status], () => client.status.get().live === 'live');
      const shows = (value: string) =>
        until(`it shows ${value}`, [settings.values], () => settings.peek('theme') === value);
      return { client, settings, watched, isLive, shows };
    },
  };
}

/** Never looks by itself. */
const listening = () => ({ live: liveChanges(), autoSync: { debounceMs: 0, pollMs: 3_600_000 } });

test('what changes on one device is there on the other, which did not look for it', async () => {
  const service = await openService();
  const phone = service.open({}, { autoSync: false });
  const tablet = service.open({}, listening());
  await Promise.all([tablet.isLive(), tablet.settings.firstSync]);
  const looks = times(tablet.watched, 'ListRecords');
  for (const value of ['dark', 'light', 'sepia']) {
    await phone.settings.set('theme', value);
    await phone.settings.sync();
    await tablet.shows(value);
  }
  expect(tablet.client.status.get()).toMatchObject({ live: 'live', isLeader: true });
  // One for each change; and a device that is new looks once more when it knows its user.
  expect(times(tablet.watched, 'ListRecords') - looks).toBeLessThanOrEqual(4);
  expect(times(tablet.watched, 'Listen')).toBe(1);
});

test('after a restart of the service nothing is missed', async () => {
  const service = await openService();
  const gate = Promise.withResolvers<void>();
  let isUp = true;
  const tablet = service.open(
    { before: ({ operation }) => (operation === 'Listen' && !isUp ? gate.promise : undefined) },
    listening(),
  );
  await Promise.all([tablet.isLive(), tablet.settings.firstSync]);
  isUp = false;
  await service.close();
  await until(
    'the connection is gone',
    [tablet.client.status],
    () => tablet.client.status.get().live === 'connecting',
  );
  await service.startAgain();
  const phone = service.open({}, { autoSync: false });
  await phone.settings.set('theme', 'dark');
  await phone.settings.sync();
  expect(tablet.settings.peek('theme')).toBeUndefined();
  gate.resolve();
  await tablet.shows('dark');
  await phone.settings.set('theme', 'light');
  await phone.settings.sync();
  await tablet.shows('light');
});

test('credentials that have expired are renewed, and it listens again', async () => {
  const service = await openService();
  let asked = 0;
  let refusals = 0;
  const { user } = service;
  const counting: IdentityProvider = {
    ...user,
    credentials: (identity, request) => {
      asked += 1;
      return user.credentials(identity, request);
    },
  };
  const tablet = service.open(
    {
      before: ({ operation }) =>
        operation === 'Listen' && refusals++ === 0 ? refusal(403, 'ExpiredTokenException') : undefined,
    },
    { ...listening(), identity: counting },
  );
  await tablet.isLive();
  expect([asked, times(tablet.watched, 'Listen')]).toEqual([2, 2]);
});

test.each([
  [404, 'UnknownOperationException'],
  [404, 'ResourceNotFoundException'],
  [400, 'InvalidParameterException'],
  [405, 'MethodNotAllowed'],
])(
  'a service that answers %i %s has no such path: it is looked for changes instead',
  async (status, type) => {
    const service = await openService();
    const tablet = service.open(
      { before: ({ operation }) => (operation === 'Listen' ? refusal(status, type) : undefined) },
      { live: liveChanges(), autoSync: { debounceMs: 0, pollMs: 20 } },
    );
    await until('it is off', [tablet.client.status], () => tablet.client.status.get().live === 'off');
    const phone = service.open({}, { autoSync: false });
    await phone.settings.set('theme', 'dark');
    await phone.settings.sync();
    await tablet.shows('dark');
    expect(times(tablet.watched, 'Listen')).toBe(1);
  },
);

test('a client that is closed listens no more', async () => {
  const service = await openService();
  const tablet = service.open({}, listening());
  await tablet.isLive();
  const { init } = tablet.watched.asked.find(({ operation }) => operation === 'Listen') ?? {};
  await tablet.client[Symbol.asyncDispose]();
  expect(init?.signal?.aborted).toBe(true);
});

test('a notice brings what it tells of, in whatever wrapping it comes; all else is ignored', async () => {
  const service = await openService();
  const { identityId, identityPoolId } = service.identity;
  const phone = service.open({}, { autoSync: false });
  const tablet = service.open({}, { autoSync: false });
  await tablet.settings.sync();
  const notice = { source: 'cognito-sync', identityPoolId, identityId, datasetName: 'settings' };
  const wrappings: ((syncCount: number) => unknown)[] = [
    // FCM and ADM: strings.
    (syncCount) => ({ ...notice, syncCount: `${syncCount}` }),
    (syncCount) => ({ data: { ...notice, syncCount: `${syncCount}` }, from: '1234', collapseKey: 'x' }),
    // APNs: an object beside the system's.
    (syncCount) => ({ aps: { 'content-available': 1 }, data: { ...notice, syncCount } }),
  ];
  for (const [index, wrap] of wrappings.entries()) {
    await phone.settings.set('theme', `${index}`);
    const { syncCount } = await phone.settings.sync();
    const result = await handlePush(tablet.client, wrap(syncCount));
    expect(result).toMatchObject({
      syncCount,
      pulled: index === 0 ? { added: ['theme'] } : { updated: ['theme'] },
    });
    expect(await handlePush(tablet.client, wrap(syncCount))).toBe('ignored');
  }
  const { length } = tablet.watched.asked;
  const others: unknown[] = [
    undefined,
    null,
    'text',
    {},
    { aps: { alert: 'Hello' } },
    { ...notice, syncCount: 'many' },
    { ...notice, syncCount: 99, source: 'another' },
    { ...notice, syncCount: 99, datasetName: 'not open' },
    { ...notice, syncCount: 99, identityId: 'us-east-1:somebody-else' },
    { ...notice, syncCount: 99, datasetName: undefined },
  ];
  for (const other of others) expect(await handlePush(tablet.client, other)).toBe('ignored');
  expect(tablet.watched.asked).toHaveLength(length);
});

test('a device registers for push, and names itself in what it sends', async () => {
  const server = createTestServer();
  const { identityId, credentials } = server.createIdentity();
  const { identityPoolId } = server;
  const bodies: string[] = [];
  await using client = createSyncClient({
    endpoint: server.url,
    fetch: (input, init) => {
      if (typeof init?.body === 'string') bodies.push(init.body);
      return server.fetch(input, init);
    },
    identity: staticCredentials({ identityId, identityPoolId, ...credentials }),
    store: memoryStore(),
    autoSync: false,
  });
  const settings = client.dataset('settings');
  await settings.set('theme', 'dark');
  await expect(registerPush(client, 'GCM', 'token')).rejects.toMatchObject({ code: 'NOT_FOUND' });
  await settings.sync();
  for (const platform of ['GCM', 'ADM', 'APNS', 'APNS_SANDBOX'] as const) {
    await registerPush(client, platform, platform.startsWith('APNS') ? 'AB'.repeat(32) : 'token');
  }
  await settings.set('theme', 'light');
  await settings.sync();
  expect(JSON.parse(bodies.at(-1) ?? '')).toMatchObject({
    DeviceId: expect.any(String),
    RecordPatches: [{ Key: 'theme' }],
  });
});
