import { resolvers, type SyncClient } from '@holdall/client';
import { equal, failure, holds } from './check.ts';
import { network, onceBefore, refusal, times } from './network.ts';
import { type Scenario, type Stage, scenario } from './stage.ts';

// What amazon-cognito-js gets wrong. Names as in its code, numbers of its issues.

/** Phone and tablet both know `theme: light`. */
async function pair(stage: Stage, options: Parameters<Stage['devices']>[1] = {}) {
  const [phone, tablet] = (await stage.devices(2, options)) as [SyncClient, SyncClient];
  await phone.dataset('settings').set('theme', 'light');
  await phone.dataset('settings').sync();
  await tablet.dataset('settings').sync();
  return { phone: phone.dataset('settings'), tablet: tablet.dataset('settings') };
}

export const oldJavaScriptBugs: readonly Scenario[] = [
  scenario(
    'a conflict resolved with the local record loses the other changes of the batch',
    async (stage) => {
      const { phone } = await pair(stage);
      const client = await stage.device().open({ identity: stage.user() });
      const tablet = client.dataset('settings', { resolve: resolvers.local });
      await tablet.sync();
      await phone.transact((edit) => {
        edit.set('theme', 'dark');
        edit.set('font', 'serif');
      });
      await phone.sync();
      await tablet.set('theme', 'sepia');
      const { resolved, pulled } = await tablet.sync();
      equal([resolved, pulled.added], [['theme'], ['font']], 'what the sync says');
      await phone.sync();
      const values = { theme: 'sepia', font: 'serif' };
      equal([await tablet.all(), await phone.all()], [values, values], 'tablet and phone');
    },
  ),

  scenario('a change between list and push is skipped for ever (#67, #65)', async (stage) => {
    const { phone } = await pair(stage);
    const faster = network(
      onceBefore('UpdateRecords', async () => {
        await phone.set('font', 'serif');
        await phone.sync();
      }),
    );
    const client = await stage.device().open({ identity: stage.user(), fetch: faster.fetch });
    const tablet = client.dataset('settings');
    await tablet.set('size', '12');
    const result = await tablet.sync();
    equal(result.pulled.added, ['theme', 'font'], 'what was pulled');
    equal(await tablet.all(), { theme: 'light', font: 'serif', size: '12' }, 'the tablet');
    equal(result.syncCount, 3, 'the bookmark, past what was applied and no further');
  }),

  scenario('a removed record comes back as an empty text (#44, #58)', async (stage) => {
    const { phone, tablet } = await pair(stage);
    await phone.remove('theme');
    await phone.sync();
    const { pulled } = await tablet.sync();
    equal(pulled, { added: [], updated: [], removed: ['theme'] }, 'what was pulled');
    for (const device of [phone, tablet]) {
      equal(
        [await device.all(), await device.keys(), await device.get('theme')],
        [{}, [], undefined],
        'a device',
      );
    }
    await tablet.set('theme', '');
    await tablet.sync();
    await phone.sync();
    equal(await phone.all(), { theme: '' }, 'an empty text, which is another thing');
  }),

  scenario('an answer without records never calls back (#49, #53)', async (stage) => {
    const { phone } = await pair(stage);
    const silent = network({
      answer: ({ operation }, json) => (operation === 'UpdateRecords' ? { ...json, Records: [] } : json),
    });
    const client = await stage.device().open({ identity: stage.user(), fetch: silent.fetch });
    const tablet = client.dataset('settings');
    await tablet.sync();
    await tablet.remove('theme');
    await tablet.sync();
    equal([tablet.state.get().pending, await tablet.all()], [0, {}], 'the tablet');
    equal(times(silent, 'UpdateRecords'), 1, 'updates');
    await phone.sync();
    equal(await phone.all(), {}, 'the phone');
  }),

  scenario('a dataset that was emptied never synchronises again (#49, #53)', async (stage) => {
    const { phone, tablet } = await pair(stage);
    await phone.remove('theme');
    await phone.sync();
    await phone.sync();
    await tablet.sync();
    await tablet.set('font', 'serif');
    await tablet.sync();
    await phone.sync();
    equal(await phone.all(), { font: 'serif' }, 'the phone');
  }),

  scenario('what is no text is taken, and fails at the sync (#6, #8)', async (stage) => {
    const client = await stage.device().open({ identity: stage.user() });
    const settings = client.dataset<Record<string, unknown>>('settings');
    await settings.set('theme', 'light');
    const error = await failure(settings.set('size', 12), 'INVALID');
    holds(error.message.includes(`'size' in 'settings'`), `the message names the place: ${error.message}`);
    const all = settings.transact((edit) => {
      edit.set('theme', 'dark');
      edit.set('size', 12);
    });
    await failure(all, 'INVALID');
    equal(await settings.all(), { theme: 'light' }, 'the dataset');
    equal((await settings.sync()).pushed.added, ['theme'], 'what was sent');
  }),

  scenario('calls of synchronize at one time run over each other', async (stage) => {
    let running = 0;
    let most = 0;
    const watched = network({
      async before({ operation, init, url }) {
        if (operation !== 'UpdateRecords') return;
        most = Math.max(most, ++running);
        const response = await fetch(url, init);
        running -= 1;
        return response;
      },
    });
    const client = await stage.device().open({ identity: stage.user(), fetch: watched.fetch });
    const settings = client.dataset('settings');
    await settings.set('theme', 'dark');
    const first = settings.sync();
    const others = Array.from({ length: 20 }, () => settings.sync());
    await Promise.all([first, ...others]);
    equal([most, times(watched, 'UpdateRecords'), times(watched, 'ListRecords')], [1, 1, 2], 'requests');
  }),

  scenario('a failed push is repeated at once and without end of patience', async (stage) => {
    const delays: number[] = [];
    const busy = network({
      before: ({ operation }) =>
        operation === 'UpdateRecords' ? refusal(429, 'TooManyRequestsException', 'Rate exceeded') : undefined,
    });
    const client = await stage.device().open({
      identity: stage.user(),
      fetch: busy.fetch,
      retry(failures) {
        delays.push(failures);
        return failures < 4 ? 0 : undefined;
      },
    });
    const settings = client.dataset('settings');
    await settings.set('theme', 'dark');
    const error = await failure(settings.sync(), 'THROTTLED');
    equal([error.message, error.retryable], ['Rate exceeded', true], 'the first cause is told');
    equal(delays, [1, 2, 3, 4], 'each failure asked how long to wait');
    equal([times(busy, 'UpdateRecords'), settings.state.get().pending], [4, 1], 'pushes, and what waits');
  }),

  scenario(`a dataset 'a.b' makes every sync of 'a' stop as merged`, async (stage) => {
    const client = await stage.device().open({ identity: stage.user() });
    for (const name of ['a', 'a.b', 'a_b', 'A.b', 'aXb']) await client.dataset(name).set('name', name);
    const results = await client.syncAll();
    equal(
      [...results.values()].map(({ merged }) => merged.length),
      [0, 0, 0, 0, 0],
      'merged datasets',
    );
    for (const dataset of client.openDatasets())
      equal(await dataset.all(), { name: dataset.name }, dataset.name);
    equal((await client.syncAll()).size, 5, 'all are still there');
  }),

  scenario('an edit during the push is overwritten by its echo', async (stage) => {
    const { phone } = await pair(stage);
    let edit = async () => {};
    const slow = network(onceBefore('UpdateRecords', () => edit()));
    const client = await stage.device().open({ identity: stage.user(), fetch: slow.fetch });
    const tablet = client.dataset('settings');
    await tablet.sync();
    edit = () => tablet.set('theme', 'sepia');
    await tablet.set('theme', 'dark');
    await tablet.sync();
    equal(await tablet.get('theme'), 'sepia', 'the later edit');
    await tablet.sync();
    await phone.sync();
    equal(await phone.all(), { theme: 'sepia' }, 'the phone');
  }),

  scenario(
    'an edit before the first answer of the network is an error (must provide an identity id)',
    async (stage) => {
      const dead = network({ before: () => Promise.reject(new TypeError('no network')) });
      const device = stage.device();
      const offline = await device.open({ identity: stage.user(), fetch: dead.fetch });
      await offline.dataset('settings').set('theme', 'dark');
      equal(await offline.dataset('settings').get('theme'), 'dark', 'without an identity');
      await offline[Symbol.asyncDispose]();
      const online = await device.open({ identity: stage.user() });
      equal((await online.dataset('settings').sync()).pushed.added, ['theme'], 'what was sent');
    },
  ),

  scenario('synchronize says nothing of what it pulled (#60, #67)', async (stage) => {
    const { phone, tablet } = await pair(stage);
    await phone.transact((edit) => {
      edit.set('theme', 'dark');
      edit.set('font', 'serif');
    });
    const { pushed } = await phone.sync();
    equal(pushed, { added: ['font'], updated: ['theme'], removed: [] }, 'what the phone pushed');
    equal(
      (await tablet.sync()).pulled,
      { added: ['font'], updated: ['theme'], removed: [] },
      'what the tablet pulled',
    );
    equal((await tablet.sync()).pulled, { added: [], updated: [], removed: [] }, 'what it pulled after that');
  }),

  scenario('a removed key that is set again never synchronises (#61)', async (stage) => {
    const { phone, tablet } = await pair(stage);
    for (const value of ['dark', 'sepia']) {
      await phone.remove('theme');
      await phone.sync();
      await phone.set('theme', value);
      await phone.sync();
      await tablet.sync();
      equal(await tablet.all(), { theme: value }, 'the tablet');
    }
    await tablet.remove('theme');
    await tablet.set('theme', 'light');
    equal((await tablet.sync()).pushed.updated, ['theme'], 'removed and set again before anybody was told');
  }),
];
