import {
  createSyncClient,
  openIdToken,
  type SyncClientOptions,
  staticCredentials,
  systemClock,
} from '@holdall/client';
import { emptyMemory, memoryStore } from '@holdall/client/stores/memory';
import {
  createTestServer,
  createVirtualClock,
  type Fault,
  type FaultPlan,
  withFaults,
} from '@holdall/client/testing';
import { startTestServer } from '@holdall/server/testing';
import fc from 'fast-check';
import { describe, expect, onTestFinished, test } from 'vitest';
import { loginProvider, openWorld } from './convergence/world.ts';
import { network } from './scenarios/network.ts';

// What the way to the service does to a device.

/** A device at a service in memory, on a clock of its own. */
function deviceAt(plan: FaultPlan, options: Partial<SyncClientOptions> = {}) {
  const clock = createVirtualClock();
  const server = createTestServer({ clock });
  const { identityId, credentials } = server.createIdentity();
  const faulty = withFaults(server.fetch, plan, clock);
  const memory = emptyMemory();
  const client = createSyncClient({
    endpoint: server.url,
    fetch: faulty.fetch,
    identity: staticCredentials({ identityId, identityPoolId: server.identityPoolId, ...credentials }),
    store: memoryStore(memory),
    autoSync: false,
    clock,
    random: () => 1,
    ...options,
  });
  onTestFinished(() => client[Symbol.asyncDispose]());
  return { clock, server, faulty, client, settings: client.dataset('settings'), identityId };
}

const oneFault = (operation: string, ...faults: Fault[]): FaultPlan => {
  let left = 1;
  return (request) => (request.operation === operation && left-- > 0 ? faults : undefined);
};
const always =
  (operation: string, fault: Fault): FaultPlan =>
  (request) =>
    request.operation === operation ? fault : undefined;

describe.each<[string, Fault]>([
  ['a lost request', { kind: 'lost-request' }],
  ['a lost answer', { kind: 'lost-answer' }],
  ['silence', { kind: 'silence' }],
  ['a request that arrives twice', { kind: 'twice' }],
  ['an answer whose connection breaks', { kind: 'cut-body', bytes: 10 }],
  ['an answer that is cut unnoticed', { kind: 'cut-body', bytes: 10, unnoticed: true }],
  ['an empty answer', { kind: 'cut-body', bytes: 0, unnoticed: true }],
  ['a proxy without a service behind it', { kind: 'bad-gateway' }],
  ['a network that wants a login', { kind: 'captive-portal' }],
  ['a busy service', { kind: 'error', error: 'TooManyRequestsException', retryAfterSeconds: 3 }],
  ['a broken service', { kind: 'error', error: 'InternalErrorException' }],
  ['a conflict of others', { kind: 'error', error: 'ResourceConflictException' }],
])('%s', (_, fault) => {
  test.each(['ListRecords', 'UpdateRecords', 'DeleteDataset'])('during %s passes', async (operation) => {
    const { clock, settings } = deviceAt(oneFault(operation, fault));
    await clock.run(settings.set('old', 'value'));
    await clock.run(settings.sync());
    if (operation === 'DeleteDataset') await clock.run(settings.delete());
    await clock.run(settings.set('theme', 'dark'));
    await clock.run(settings.sync());
    await clock.run(settings.sync());
    expect(settings.state.get()).toMatchObject({ pending: 0, error: undefined });
    const { pulled } = await clock.run(settings.sync({ full: true }));
    expect(pulled).toEqual({ added: [], updated: [], removed: [] });
    expect(await settings.get('theme')).toBe('dark');
  });
});

test('a network that wants a login for good is an error of the network, and nothing is lost', async () => {
  const { clock, settings } = deviceAt(always('ListRecords', { kind: 'captive-portal' }));
  await clock.run(settings.set('theme', 'dark'));
  await expect(clock.run(settings.sync())).rejects.toMatchObject({ code: 'NETWORK', retryable: true });
  expect(settings.state.get().pending).toBe(1);
});

test('a page of a proxy is told with its status, not as JSON that is wrong', async () => {
  const { clock, settings } = deviceAt(always('ListRecords', { kind: 'bad-gateway' }));
  await expect(clock.run(settings.sync())).rejects.toMatchObject({
    code: 'SERVICE',
    status: 502,
    retryable: true,
  });
});

test('Retry-After is heeded, and what is waited on top grows and is random', async () => {
  const times: number[] = [];
  const clock = createVirtualClock();
  const busy = always('ListRecords', {
    kind: 'error',
    error: 'TooManyRequestsException',
    retryAfterSeconds: 7,
  });
  const { settings } = deviceAt(
    (request) => {
      if (request.operation === 'ListRecords') times.push(clock.now());
      return busy(request);
    },
    { clock },
  );
  await expect(clock.run(settings.sync())).rejects.toMatchObject({ code: 'THROTTLED', retryAfterMs: 7000 });
  const waits = times.slice(1).map((time, index) => time - (times[index] ?? 0));
  expect(waits).toEqual([7500, 8000, 9000, 11_000, 15_000]);
});

test('a request that is never answered ends in its time, and so does a sync', async () => {
  const slow = deviceAt(always('ListRecords', { kind: 'silence' }), {
    requestTimeoutMs: 1000,
    retry: () => undefined,
  });
  const started = slow.clock.now();
  await expect(slow.clock.run(slow.settings.sync())).rejects.toMatchObject({
    code: 'TIMEOUT',
    retryable: true,
  });
  expect(slow.clock.now() - started).toBe(1000);
  const patient = deviceAt(always('ListRecords', { kind: 'silence' }), { requestTimeoutMs: 60_000 });
  const begun = patient.clock.now();
  await expect(patient.clock.run(patient.settings.sync({ timeoutMs: 5000 }))).rejects.toMatchObject({
    code: 'TIMEOUT',
  });
  expect(patient.clock.now() - begun).toBe(5000);
});

test('an abort at any moment of any request ends the sync, and the next one completes', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.nat({ max: 3 }),
      fc.nat({ max: 1000 }),
      fc.boolean(),
      async (index, afterMs, isLate) => {
        const fault: Fault = isLate ? { kind: 'late-answer', ms: 500 } : { kind: 'latency', ms: 500 };
        const { clock, settings, server, identityId } = deviceAt((request) =>
          request.index >= 1 ? fault : undefined,
        );
        server.write(identityId, 'settings', { theirs: '1' });
        await clock.run(settings.sync());
        server.write(identityId, 'settings', { theirs: '2', more: '1' });
        await clock.run(settings.set('ours', '1'));
        const stop = new AbortController();
        const outcome = settings.sync({ signal: stop.signal }).then(
          () => 'done',
          (error: { code: string }) => error.code,
        );
        await clock.advance(index * 500 + afterMs);
        stop.abort();
        expect(['done', 'ABORTED']).toContain(await clock.run(outcome));
        await clock.run(settings.sync());
        expect(await settings.all()).toEqual({ theirs: '2', more: '1', ours: '1' });
        expect(settings.state.get()).toMatchObject({ pending: 0, isSyncing: false, error: undefined });
      },
    ),
    { numRuns: 40 },
  );
});

describe('a device whose clock is wrong', () => {
  test.each([-3600, -301, 301, 3600, 86_400 * 365])(
    'by %i seconds synchronises, and stamps with the time of the service',
    async (seconds) => {
      const sent: number[] = [];
      const world = await openWorld();
      onTestFinished(() => world[Symbol.asyncDispose]());
      const watched = network({
        before({ operation, body }) {
          if (operation !== 'UpdateRecords') return;
          const { RecordPatches } = JSON.parse(body ?? '') as {
            RecordPatches: { DeviceLastModifiedDate: number }[];
          };
          sent.push(...RecordPatches.map((patch) => patch.DeviceLastModifiedDate));
        },
      });
      const clock = { ...systemClock, now: () => Date.now() + seconds * 1000 };
      const token = async () => 'ann';
      const { url: endpoint, identityPoolId } = world;
      await using client = createSyncClient({
        endpoint,
        identity: openIdToken({ identityPoolId, provider: loginProvider, token }),
        store: memoryStore(),
        autoSync: false,
        clock,
        fetch: watched.fetch,
      });
      const settings = client.dataset('settings');
      await settings.sync();
      await settings.set('theme', 'dark');
      await settings.sync();
      expect(settings.state.get()).toMatchObject({ pending: 0, error: undefined });
      expect(Math.abs((sent[0] ?? 0) * 1000 - Date.now())).toBeLessThan(30_000);
      expect(world.faults).toEqual([]);
    },
  );
});

test('a service that is not there is an error of the network', async () => {
  const server = await startTestServer();
  const { url } = server;
  await server.close();
  await using client = createSyncClient({
    endpoint: url,
    identity: staticCredentials({
      identityId: 'a:b',
      identityPoolId: 'a:p',
      accessKeyId: 'k',
      secretAccessKey: 's',
    }),
    store: memoryStore(),
    autoSync: false,
    retry: () => undefined,
  });
  await expect(client.dataset('settings').sync()).rejects.toMatchObject({ code: 'NETWORK', retryable: true });
});
