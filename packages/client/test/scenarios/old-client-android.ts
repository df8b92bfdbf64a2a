import { resolvers, systemClock } from '@holdall/client';
import { equal, failure, holds } from './check.ts';
import { network, refusal } from './network.ts';
import { type Scenario, scenario } from './stage.ts';

// What the client for Android gets wrong, some of it with others.

export const oldAndroidBugs: readonly Scenario[] = [
  scenario('a cancelled conflict or merge ends the sync, and nobody hears of it (Android)', async (stage) => {
    const [phone, other] = await stage.devices(2);
    await other?.dataset('settings').set('theme', 'dark');
    await other?.dataset('settings').sync();
    const settings = phone?.dataset('settings', { resolve: resolvers.defer });
    await settings?.set('theme', 'light');
    await settings?.set('font', 'serif');
    const result = await settings?.sync();
    equal([result?.deferred, result?.pushed.added], [['theme'], ['font']], 'what the sync says');
    equal([settings?.state.get().conflicts, settings?.state.get().pending], [1, 0], 'the state');
  }),

  scenario(
    'the permanent 409: a row that was edited during a push hides behind the bookmark (aws-sdk-android#3515, aws-sdk-net#391, PR#409, cognito-js#31)',
    async (stage) => {
      let edit = async () => {};
      const slow = network({
        async before({ operation }) {
          if (operation !== 'UpdateRecords') return;
          const work = edit;
          edit = async () => {};
          await work();
        },
      });
      const client = await stage.device().open({ identity: stage.user(), fetch: slow.fetch });
      const settings = client.dataset('settings');
      for (const key of ['a', 'b', 'c']) {
        edit = () => settings.set(key, `${key}, edited during the push`);
        await settings.set(key, key);
        await settings.set('other', `with ${key}`);
        await settings.sync();
      }
      await settings.sync();
      equal(settings.state.get().pending, 0, 'what waits');
      const [other] = await stage.devices(1);
      await other?.dataset('settings').sync();
      equal(await other?.dataset('settings').all(), await settings.all(), 'another device');
    },
  ),

  scenario(
    'the permanent 409 of a device that has the trap in its storage already: any of its rows may be stale',
    async (stage) => {
      const device = stage.device();
      const client = await device.open({ identity: stage.user() });
      const settings = client.dataset('settings');
      for (const key of ['stale', 'x', 'current']) {
        await settings.set(key, 'one');
        await settings.sync();
      }
      const owner = client.status.get().identity?.identityId ?? '';
      await client[Symbol.asyncDispose]();
      const store = device.store();
      const kept = await store.load(owner, 'settings');
      holds(kept !== undefined, 'the device has the dataset');
      if (!kept) return;
      const { head, records } = kept;
      // `stale` is at count 0 with the bookmark at 3, where it is at 1 for the service; `current` is dirty too.
      const put = records.map((record) => ({
        ...record,
        value: 'two',
        changedAt: record.changedAt + 60_000,
        ...(record.key === 'stale' && { syncCount: 0, base: null }),
      }));
      const revision = head.revision + 1;
      await store.commit([
        { owner, dataset: 'settings', expected: head.revision, head: { ...head, revision }, put, erase: [] },
      ]);
      await store.close();
      const again = (await device.open({ identity: stage.user() })).dataset('settings');
      const { pushed, resolved } = await again.sync();
      equal([pushed.updated.length, resolved, again.state.get().pending], [3, ['stale'], 0], 'the sync');
    },
  ),

  scenario('a bookmark beyond 32 bits is cut (Android)', async (stage) => {
    const DatasetSyncCount = 5_000_000_001;
    const counts: number[] = [];
    const old = network({
      before({ operation, url }) {
        if (operation !== 'ListRecords') return undefined;
        const since = Number(url.searchParams.get('lastSyncCount'));
        counts.push(since);
        const Records = since === 0 ? [{ Key: 'theme', Value: 'dark', SyncCount: DatasetSyncCount }] : [];
        return Response.json({ Records, DatasetSyncCount, DatasetExists: true, SyncSessionToken: 't' });
      },
    });
    const device = stage.device();
    const first = await device.open({ identity: stage.user(), fetch: old.fetch });
    await first.dataset('settings').sync();
    await first[Symbol.asyncDispose]();
    const second = await device.open({ identity: stage.user(), fetch: old.fetch });
    await second.dataset('settings').sync();
    equal(counts, [0, DatasetSyncCount], 'what was listed from, the second time after a restart');
  }),

  scenario(
    'a wish to synchronise once online is forgotten with the process (Android, iOS, .NET)',
    async (stage) => {
      const device = stage.device();
      const dead = network({
        before: ({ operation }) =>
          operation === 'Identity' ? undefined : Promise.reject(new TypeError('no network')),
      });
      const tab = await device.openTab({ identity: stage.user(), fetch: dead.fetch });
      await tab.client.dataset('settings').set('theme', 'dark');
      await failure(tab.client.dataset('settings').sync(), 'NETWORK');
      await tab.crash();
      const client = await device.open({ identity: stage.user(), autoSync: { debounceMs: 0 } });
      const { pushed } = await client.dataset('settings').firstSync;
      equal(pushed.added, ['theme'], 'what was sent without being asked for again');
    },
  ),

  scenario('last writer wins is remote wins in practice (Android)', async (stage) => {
    let now = Date.now();
    const clock = { ...systemClock, now: () => now };
    const [phone, tablet] = await stage.devices(2, { clock });
    await phone?.dataset('settings').set('theme', 'light');
    await phone?.dataset('settings').sync();
    await tablet?.dataset('settings').sync();
    await phone?.dataset('settings').set('theme', 'earlier');
    now += 500;
    await tablet?.dataset('settings').set('theme', 'later');
    await phone?.dataset('settings').sync();
    await tablet?.dataset('settings').sync();
    await phone?.dataset('settings').sync();
    equal(
      [await phone?.dataset('settings').get('theme'), await tablet?.dataset('settings').get('theme')],
      ['later', 'later'],
      'phone and tablet',
    );
  }),

  scenario('the cause of an error is dropped (aws-sdk-android-samples#95, ios-samples#76)', async (stage) => {
    const refusing = network({
      before: ({ operation }) =>
        operation === 'ListRecords'
          ? refusal(400, 'LimitExceededException', 'Too much of everything')
          : undefined,
    });
    const client = await stage.device().open({ identity: stage.user(), fetch: refusing.fetch });
    const { message, status, serviceError, requestId } = await failure(
      client.dataset('settings').sync(),
      'QUOTA',
    );
    equal(
      [message, status, serviceError, requestId],
      ['Too much of everything', 400, 'LimitExceededException', 'planned'],
      'the error',
    );
    const cause = new TypeError('ENOTFOUND');
    const broken = await stage.device().open({ identity: stage.user(), fetch: () => Promise.reject(cause) });
    const error = await failure(broken.dataset('settings').sync(), 'NETWORK');
    holds(
      error.cause === cause && error.message.includes(stage.url),
      `the cause, and the address: ${error.message}`,
    );
  }),
];
