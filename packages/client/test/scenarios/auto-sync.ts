import { type AutoSyncOptions, createSyncClient, type Live, staticCredentials } from '@holdall/client';
import { memoryStore } from '@holdall/client/stores/memory';
import {
  createTabs,
  createTestServer,
  createVirtualClock,
  type FaultPlan,
  seededFaults,
  withFaults,
} from '@holdall/client/testing';
import { equal, holds } from './check.ts';
import { switches } from './dataset-syncs.ts';
import { type Scenario, scenario } from './stage.ts';

// When a dataset is synchronised without being asked, on a clock that the scenario moves.

const minute = 60_000;

interface Settings {
  readonly autoSync?: AutoSyncOptions;
  readonly plan?: FaultPlan;
  readonly live?: Live;
  readonly random?: () => number;
}

async function opened({ autoSync = {}, plan = () => undefined, live, random = () => 0.5 }: Settings = {}) {
  const clock = createVirtualClock();
  const begun = clock.now();
  const server = createTestServer({ clock });
  const { identityId } = server.createIdentity();
  const credentials = server.credentialsFor(identityId, 30 * 24 * 60 * minute);
  const { identityPoolId } = server;
  // An app that was opened before: the user is known.
  const store = memoryStore();
  const identity = { identityId, identityPoolId, guest: false };
  await store.setNote('identity', JSON.stringify({ identity }));
  /** When, in milliseconds since the beginning; and what was asked. */
  const asked: {
    readonly at: number;
    readonly operation: string | undefined;
    readonly keepalive: boolean;
  }[] = [];
  let keepalive = false;
  const faulty = withFaults(
    server.fetch,
    (request) => {
      asked.push({ at: clock.now() - begun, operation: request.operation, keepalive });
      return plan(request);
    },
    clock,
  );
  const device = switches();
  const client = createSyncClient({
    endpoint: server.url,
    fetch: (input, init) => {
      keepalive = init?.keepalive ?? false;
      return faulty.fetch(input, init);
    },
    identity: staticCredentials({ ...credentials, identityId, identityPoolId }),
    store,
    tabs: createTabs().tab('only').tabs,
    connectivity: device.connectivity,
    autoSync,
    clock,
    random,
    ...(live && { live }),
  });
  const settings = client.dataset('settings');
  await clock.advance(0);
  await settings.firstSync;
  const listings = () => asked.filter(({ operation }) => operation === 'ListRecords').map(({ at }) => at);
  const updates = () => asked.filter(({ operation }) => operation === 'UpdateRecords');
  return {
    clock,
    server,
    client,
    settings,
    device,
    asked,
    faulty,
    listings,
    updates,
    now: () => clock.now() - begun,
    notice: (syncCount: number) => ({ identityId, identityPoolId, datasetName: 'settings', syncCount }),
    writeElsewhere: (values: Record<string, string>) => server.write(identityId, 'settings', values),
    [Symbol.asyncDispose]: () => client[Symbol.asyncDispose](),
  };
}

/** Hears what the scenario tells it. */
function heard() {
  const listening = Promise.withResolvers<Parameters<Live>[0]>();
  const live: Live = async (needs) => {
    needs.leads(true);
    needs.became('live');
    listening.resolve(needs);
    await new Promise<void>((resolve) => needs.signal.addEventListener('abort', () => resolve()));
  };
  return { live, listening: listening.promise };
}

export const autoSyncScenarios: readonly Scenario[] = [
  scenario('a dataset is looked up when it is opened, and an edit is sent half a second later', async () => {
    await using app = await opened();
    equal(app.listings(), [0], 'at the beginning');
    await app.settings.set('theme', 'dark');
    await app.clock.advance(499);
    equal(app.updates(), [], 'after 499 ms');
    await app.clock.advance(1);
    equal(
      app.updates().map(({ at }) => at),
      [500],
      'after 500 ms',
    );
    equal(app.settings.state.get().pending, 0, 'what waits');
  }),

  scenario(
    'edits that follow each other are sent together, and at the latest after five seconds',
    async () => {
      await using app = await opened();
      for (let index = 0; index < 30; index++) {
        await app.settings.set('text', `${index}`);
        await app.clock.advance(300);
      }
      equal(
        app.updates().map(({ at }) => at),
        [5000],
        'while the user types',
      );
      await app.clock.advance(1000);
      equal(app.updates().length, 2, 'when they pause');
    },
  ),

  scenario('while the network is gone tries become rare, are not in step, and never end', async () => {
    let isGone = false;
    const lost = { kind: 'lost-request' } as const;
    let seed = 1;
    const random = () => {
      seed = (seed * 16_807) % 2_147_483_647;
      return seed / 2_147_483_647;
    };
    await using app = await opened({ plan: () => (isGone ? lost : undefined), random });
    isGone = true;
    await app.settings.set('theme', 'dark');
    await app.clock.advance(60 * minute);
    const inHour = app.listings().filter((at) => at > 0);
    holds(inHour.length > 20 && inHour.length < 400, `${inHour.length} tries in an hour`);
    const inFirstMinute = inHour.filter((at) => at < minute).length;
    const inLastMinutes = inHour.filter((at) => at >= 50 * minute).length / 10;
    holds(
      inLastMinutes < inFirstMinute,
      `${inFirstMinute} in the first minute, ${inLastMinutes} in each of the last ten`,
    );
    const busiest = Math.max(
      ...inHour.map((at) => inHour.filter((other) => other >= at && other < at + 1000).length),
    );
    holds(busiest <= 6, `${busiest} tries within a second`);
    isGone = false;
    await app.clock.advance(3 * minute);
    equal(
      [app.settings.state.get().pending, app.settings.state.get().error],
      [0, undefined],
      'when it is back',
    );
  }),

  scenario('typing does not hurry a service that is in trouble', async () => {
    let isBusy = false;
    const busy = { kind: 'error', error: 'TooManyRequestsException', retryAfterSeconds: 30 } as const;
    await using app = await opened({ plan: () => (isBusy ? busy : undefined) });
    isBusy = true;
    for (let index = 0; index < 240; index++) {
      await app.settings.set('text', `${index}`);
      await app.clock.advance(500);
    }
    const gaps = app
      .listings()
      .slice(1)
      .map((at, index, all) => at - (all[index - 1] ?? 0))
      .slice(1);
    holds(
      gaps.every((gap) => gap >= 30_000),
      `the service asked for 30 seconds: ${gaps}`,
    );
    holds(gaps.length >= 2, 'there were several tries');
  }),

  scenario('a quiet dataset is looked up less and less often', async () => {
    await using app = await opened();
    await app.clock.advance(8 * 60 * minute);
    const looks = app.listings();
    const gaps = looks.slice(1).map((at, index) => at - (looks[index] ?? 0));
    holds((gaps[0] ?? 0) >= minute && (gaps[0] ?? 0) < 2 * minute, `the first gap: ${gaps[0]}`);
    equal(
      gaps.every((gap, index) => index === 0 || gap >= (gaps[index - 1] ?? 0)),
      true,
      'gaps grow',
    );
    equal(gaps.at(-1), 10 * minute, 'the last gap');
    await app.settings.set('theme', 'dark');
    await app.clock.advance(3 * minute);
    holds(app.listings().length >= looks.length + 2, 'after an edit it is looked up sooner again');
  }),

  scenario(
    'what is told of is brought here at once, and what we wrote ourselves is not asked for',
    async () => {
      const { live, listening } = heard();
      await using app = await opened({ live });
      const { changed } = await listening;
      app.writeElsewhere({ theme: 'dark' });
      changed(app.notice(1));
      await app.clock.advance(0);
      equal([app.settings.peek('theme'), app.listings()], ['dark', [0, 0]], 'after the notice');
      await app.settings.set('font', 'serif');
      await app.clock.advance(500);
      const { length } = app.asked;
      changed(app.notice(2));
      changed(app.notice(1));
      await app.clock.advance(5000);
      equal(app.asked.length, length, 'requests after the notice of our own change');
    },
  ),

  scenario('while changes are told, looking for them is rare', async () => {
    const { live, listening } = heard();
    await using app = await opened({ live });
    await listening;
    await app.clock.advance(5 * minute);
    equal(app.listings(), [0], 'listings');
    await app.clock.advance(20 * minute);
    holds(app.listings().length > 1, 'but it is looked for now and then');
  }),

  scenario('offline nothing is asked; online again all that waits is sent at once', async () => {
    await using app = await opened();
    app.device.turn({ isOnline: false });
    const { length } = app.asked;
    await app.settings.set('theme', 'dark');
    await app.clock.advance(60 * minute);
    equal(app.asked.length, length, 'requests');
    app.device.turn({ isOnline: true });
    await app.clock.advance(0);
    equal(
      app.updates().map(({ at }) => at),
      [60 * minute],
      'the update',
    );
  }),

  scenario(
    'in the background nothing is looked for, edits are sent all the same, and in front again it looks at once',
    async () => {
      await using app = await opened();
      app.device.turn({ isVisible: false });
      await app.clock.advance(3 * minute);
      const looks = app.listings().length;
      holds(looks <= 2, 'at most the look that was due already');
      await app.clock.advance(120 * minute);
      equal(app.listings().length, looks, 'listings in the background');
      await app.settings.set('theme', 'dark');
      await app.clock.advance(500);
      equal(app.updates().length, 1, 'updates');
      const before = app.listings().length;
      app.device.turn({ isVisible: true });
      await app.clock.advance(0);
      equal(app.listings().length, before + 1, 'listings when in front again');
    },
  ),

  scenario('leaving the page sends what waits at once, in one request that outlives it', async () => {
    await using app = await opened();
    await app.settings.set('theme', 'dark');
    const { length } = app.asked;
    app.device.turn({ isVisible: false }, 'leaving');
    await app.clock.advance(0);
    equal(
      app.asked.slice(length).map(({ operation, keepalive }) => [operation, keepalive]),
      [['UpdateRecords', true]],
      'requests',
    );
    const { length: after } = app.asked;
    app.device.turn({}, 'leaving');
    await app.clock.advance(0);
    equal(app.asked.length, after, 'requests when nothing waits');
  }),

  scenario('in any weather all is well in the end', async () => {
    for (const seed of [1, 2, 3, 4, 5]) {
      const faults = seededFaults(seed, { rate: 0.5 });
      let isFair = true;
      await using app = await opened({ plan: (request) => (isFair ? undefined : faults(request)) });
      isFair = false;
      for (let index = 0; index < 20; index++) {
        await app.settings.set(`k${index % 7}`, `${index}`);
        await app.clock.advance(20_000);
      }
      isFair = true;
      await app.clock.advance(15 * minute);
      equal(app.settings.state.get().pending, 0, `what waits, seed ${seed}`);
      equal((await app.settings.all()).k5, '19', `the last edit, seed ${seed}`);
      equal(app.client.openDatasets().length, 1, 'datasets');
    }
  }),

  scenario('a client that was told not to asks nothing by itself', async (stage) => {
    const watched: string[] = [];
    const client = await stage.device().open({
      fetch: (input, init) => {
        watched.push(String(input));
        return fetch(input, init);
      },
    });
    await client.dataset('settings').set('theme', 'dark');
    await client.dataset('other', { autoSync: false }).set('theme', 'dark');
    equal(watched, [], 'requests');
  }),
];
