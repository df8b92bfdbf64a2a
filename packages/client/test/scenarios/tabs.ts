import { type ChangeSet, type Live, resolvers, type Tabs } from '@holdall/client';
import { equal, failure, until } from './check.ts';
import { network, times } from './network.ts';
import { type Device, type OpenOptions, type Scenario, type Stage, scenario } from './stage.ts';

// Several tabs of one device: in a browser each is a page of its own.

async function twoTabs(device: Device, options: OpenOptions) {
  const [one, other] = [await device.openTab(options), await device.openTab(options)];
  const [ours, theirs] = [one.client.dataset('settings'), other.client.dataset('settings')];
  await Promise.all([ours.ready, theirs.ready]);
  return { one, other, ours, theirs };
}

/** Both know who the user is. */
async function knownTabs(stage: Stage, options: OpenOptions = {}) {
  const device = stage.device();
  const client = await device.open({ identity: stage.user() });
  await client.dataset('settings').sync();
  await client[Symbol.asyncDispose]();
  return { device, ...(await twoTabs(device, { identity: stage.user(), ...options })) };
}

const numbers = {
  codec: { encode: (value: unknown) => `${value}`, decode: (text: string) => Number(text) },
  resolve: resolvers.counter,
};

export const tabScenarios: readonly Scenario[] = [
  scenario('what one tab writes shows in the other, as a change by a tab', async (stage) => {
    const { ours, theirs } = await knownTabs(stage);
    const told: ChangeSet[] = [];
    theirs.subscribe((changes) => told.push(changes));
    await ours.transact((edit) => {
      edit.set('theme', 'dark');
      edit.set('font', 'serif');
    });
    await until('the other tab shows it', [theirs.values], () => theirs.peek('font') === 'serif');
    await ours.set('theme', 'light');
    await until('the other tab shows the change', [theirs.values], () => theirs.peek('theme') === 'light');
    await ours.remove('font');
    await until('the other tab shows the removal', [theirs.values], () => theirs.peek('font') === undefined);
    equal(
      told,
      [
        { origin: 'tab', added: ['theme', 'font'], updated: [], removed: [] },
        { origin: 'tab', added: [], updated: ['theme'], removed: [] },
        { origin: 'tab', added: [], updated: [], removed: ['font'] },
      ],
      'changes',
    );
    equal([theirs.state.get().pending, await theirs.all()], [1, { theme: 'light' }], 'the other tab');
  }),

  scenario(
    'what one tab brings from the service shows in the other, which then has nothing to do',
    async (stage) => {
      const [phone] = await stage.devices(1);
      await phone?.dataset('settings').set('theme', 'dark');
      await phone?.dataset('settings').sync();
      const watched = network();
      const { ours, theirs } = await knownTabs(stage, { fetch: watched.fetch });
      await phone?.dataset('settings').set('theme', 'light');
      await phone?.dataset('settings').sync();
      await ours.sync();
      await until('the other tab shows it', [theirs.values], () => theirs.peek('theme') === 'light');
      equal(theirs.state.get().syncCount, ours.state.get().syncCount, 'bookmarks');
      const { pulled } = await theirs.sync();
      equal([pulled.updated, times(watched, 'UpdateRecords')], [[], 0], 'its own sync');
    },
  ),

  scenario('updates from all tabs at the same time all count', async (stage) => {
    const device = stage.device();
    const options = { identity: stage.user() };
    const tabs = await Promise.all([1, 2, 3].map(() => device.openTab(options)));
    const counts = tabs.map(({ client }) => client.dataset<{ count: number }>('counts', numbers));
    await Promise.all(
      counts.flatMap((dataset) =>
        Array.from({ length: 30 }, () => dataset.update('count', (count = 0) => count + 1)),
      ),
    );
    for (const dataset of counts) {
      await until('a tab shows all', [dataset.values], () => dataset.peek('count') === 90);
    }
    await Promise.all(counts.map((dataset) => dataset.sync()));
    const [other] = await stage.devices(1);
    const remote = other?.dataset<{ count: number }>('counts', numbers);
    await remote?.sync();
    equal(await remote?.get('count'), 90, 'another device');
  }),

  scenario('edits of one key in two tabs: the later commit is what both show', async (stage) => {
    const { ours, theirs } = await knownTabs(stage);
    for (let round = 0; round < 10; round++) {
      await Promise.all([ours.set('theme', `ours ${round}`), theirs.set('theme', `theirs ${round}`)]);
    }
    await ours.set('done', 'yes');
    await until('the other tab has heard of all', [theirs.values], () => theirs.peek('done') === 'yes');
    equal(theirs.peek('theme'), ours.peek('theme'), 'both tabs');
  }),

  scenario('of all tabs one synchronises a dataset at a time', async (stage) => {
    let running = 0;
    let most = 0;
    const watched = network({
      async before({ operation, url, init }) {
        if (operation === 'Identity') return undefined;
        most = Math.max(most, ++running);
        const response = await fetch(url, init);
        running -= 1;
        return response;
      },
    });
    const { ours, theirs } = await knownTabs(stage, { fetch: watched.fetch });
    await ours.set('a', '1');
    await theirs.set('b', '1');
    await Promise.all([ours.sync(), theirs.sync(), ours.sync(), theirs.sync()]);
    equal([most, ours.state.get().pending, theirs.state.get().pending], [1, 0, 0], 'requests at a time');
  }),

  scenario(
    'a tab that crashes during its sync hands over, and nothing is lost or sent twice',
    async (stage) => {
      const arrived = Promise.withResolvers<void>();
      const stuck = network({
        async before({ operation, url, init }) {
          if (operation !== 'UpdateRecords') return;
          await fetch(url, init);
          arrived.resolve();
          // The answer never comes: the tab is gone by then.
          await new Promise(() => {});
        },
      });
      const device = stage.device();
      const options = { identity: stage.user() };
      const first = await device.openTab({ ...options, fetch: stuck.fetch });
      const counts = first.client.dataset<{ count: number }>('counts', numbers);
      await counts.update('count', (count = 0) => count + 1);
      counts.sync().catch(() => undefined);
      await arrived.promise;
      const second = await device.openTab(options);
      const again = second.client.dataset<{ count: number }>('counts', numbers);
      await again.update('count', (count = 0) => count + 1);
      const sync = again.sync();
      await first.crash();
      await sync;
      const [other] = await stage.devices(1);
      const remote = other?.dataset<{ count: number }>('counts', numbers);
      await remote?.sync();
      equal([await remote?.get('count'), again.state.get().pending], [2, 0], 'another device');
    },
  ),

  scenario('one tab listens for all, and another takes over when it crashes', async (stage) => {
    const listening = new Set<object>();
    let begun = 0;
    const live: Live = async ({ tabs, identity, signal, leads, became }) => {
      await tabs
        .exclusively(`holdall:live:${identity.identityId}`, signal, async () => {
          const own = {};
          listening.add(own);
          begun += 1;
          leads(true);
          became('live');
          await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
          listening.delete(own);
        })
        .catch(() => undefined);
    };
    const { one, other } = await knownTabs(stage, { live });
    const [first, second] = [one.client.status, other.client.status];
    await until('a tab leads', [first, second], () => first.get().isLeader || second.get().isLeader);
    await until(
      'both know that changes are heard',
      [first, second],
      () => first.get().live === 'live' && second.get().live === 'live',
    );
    equal([first.get().isLeader, second.get().isLeader, begun], [true, false, 1], 'leaders');
    await one.crash();
    await until('the other leads', [second], () => second.get().isLeader);
    equal(begun, 2, 'connections that were begun');
  }),

  scenario('what one tab hears of, the others are told', async (stage) => {
    const heard = Promise.withResolvers<Parameters<Live>[0]['changed']>();
    const live: Live = async ({ tabs, identity, signal, changed, leads }) => {
      await tabs
        .exclusively(`holdall:live:${identity.identityId}`, signal, async () => {
          leads(true);
          heard.resolve(changed);
          await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
        })
        .catch(() => undefined);
    };
    const autoSync = { debounceMs: 0, pollMs: 3_600_000 };
    const { one, theirs } = await knownTabs(stage, { live, autoSync, random: () => 0 });
    await theirs.firstSync;
    const [phone] = await stage.devices(1);
    await phone?.dataset('settings').set('theme', 'dark');
    const { syncCount } = (await phone?.dataset('settings').sync()) ?? { syncCount: 0 };
    const { identityId, identityPoolId } = one.client.status.get().identity ?? {
      identityId: '',
      identityPoolId: '',
    };
    (await heard.promise)({ identityId, identityPoolId, datasetName: 'settings', syncCount });
    await until('the other tab shows it', [theirs.values], () => theirs.peek('theme') === 'dark');
  }),

  scenario('a user who signs in in one tab is the user of all', async (stage) => {
    const device = stage.device();
    const { one, other, ours, theirs } = await twoTabs(device, {});
    await ours.set('theme', 'of the guest');
    await theirs.set('font', 'of the guest');
    await ours.sync();
    await one.client.signIn(stage.user());
    await until(
      'the other tab follows',
      [other.client.status],
      () => other.client.status.get().identity?.guest === false,
    );
    await theirs.ready;
    equal(await theirs.all(), { theme: 'of the guest', font: 'of the guest' }, 'the other tab');
    await theirs.set('size', '12');
    await ours.sync();
    const [phone] = await stage.devices(1);
    await phone?.dataset('settings').sync();
    equal((await phone?.dataset('settings').keys())?.sort(), ['font', 'size', 'theme'], 'another device');
  }),

  scenario('a tab that was not told reads what others wrote before it writes', async (stage) => {
    const device = stage.device();
    // As where there is no BroadcastChannel.
    const ground = await stage.place.here('deaf');
    const tabs: Tabs = {
      exclusively: (name, signal, work) => ground.tabs.exclusively(name, signal, work),
      channel: () => ({ send() {}, close() {} }),
    };
    const one = (await device.open({ tabs })).dataset<{ count: number }>('counts', numbers);
    const other = (await device.open({ tabs })).dataset<{ count: number }>('counts', numbers);
    await Promise.all([one.ready, other.ready]);
    for (const dataset of [one, other, one, other]) await dataset.update('count', (count = 0) => count + 1);
    equal(await other.get('count'), 4, 'the count');
  }),

  scenario('closing one tab leaves the others at work', async (stage) => {
    const { one, theirs, ours } = await knownTabs(stage);
    await ours.set('theme', 'dark');
    await one.client[Symbol.asyncDispose]();
    await theirs.set('font', 'serif');
    equal([...(await theirs.sync()).pushed.added].sort(), ['font', 'theme'], 'what was sent');
    await failure(ours.sync(), 'ABORTED');
  }),
];
