import { type Conflict, type Connectivity, resolvers, type SyncClient } from '@holdall/client';
import { equal, failure, holds, until } from './check.ts';
import { network, refusal, times } from './network.ts';
import { type Scenario, type Stage, scenario } from './stage.ts';

// Synchronising one dataset: whose calls end how, conflicts, and the network.

/** Both sides changed `theme` from `light`: here to `ours`, elsewhere to `theirs`, which the service has. */
async function conflicting(stage: Stage, resolve: Parameters<SyncClient['dataset']>[1]) {
  const [phone, tablet] = (await stage.devices(2)) as [SyncClient, SyncClient];
  const [ours, theirs] = [phone.dataset('settings', resolve), tablet.dataset('settings')];
  await ours.set('theme', 'light');
  await ours.sync();
  await theirs.sync();
  await theirs.set('theme', 'theirs');
  await theirs.sync();
  await ours.set('theme', 'ours');
  return { ours, theirs };
}

/** A device whose network and screen go on and off. */
export function switches(isOnline = true) {
  const listeners = new Set<(event: 'changed' | 'leaving') => void>();
  const state = { isOnline, isVisible: true };
  return {
    connectivity: {
      get isOnline() {
        return state.isOnline;
      },
      get isVisible() {
        return state.isVisible;
      },
      subscribe(listener) {
        listeners.add(listener);
        return () => listeners.delete(listener);
      },
    } satisfies Connectivity,
    turn(change: Partial<typeof state>, event: 'changed' | 'leaving' = 'changed') {
      Object.assign(state, change);
      for (const listener of [...listeners]) listener(event);
    },
  };
}

/** A network whose answers to listings wait until they are let go. */
function held() {
  const arrived = Promise.withResolvers<void>();
  const released = Promise.withResolvers<void>();
  const held = network({
    async before({ operation, init }) {
      if (operation !== 'ListRecords') return;
      arrived.resolve();
      const { signal } = init;
      await Promise.race([
        released.promise,
        new Promise((_, reject) => signal?.addEventListener('abort', () => reject(signal.reason))),
      ]);
    },
  });
  return { network: held, arrived: arrived.promise, release: released.resolve };
}

export const datasetSyncs: readonly Scenario[] = [
  scenario('what changes on one device is there on the other', async (stage) => {
    const [phone, tablet] = (await stage.devices(2)) as [SyncClient, SyncClient];
    const [ours, theirs] = [phone.dataset('settings'), tablet.dataset('settings')];
    const values = { theme: 'dark', 'a/b': 'Grüße 👋', empty: '', __proto_: 'x' };
    await ours.transact((edit) => {
      for (const [key, value] of Object.entries(values)) edit.set(key, value);
    });
    const { pushed, syncCount } = await ours.sync();
    equal([pushed.added.length, syncCount, ours.state.get().pending], [4, 1, 0], 'the first sync');
    await theirs.sync();
    equal(await theirs.all(), values, 'the other device');
    equal((await theirs.sync()).requests, 1, 'requests of a sync with nothing to do');
  }),

  scenario('calls during a run share one more run', async (stage) => {
    const { network: slow, arrived, release } = held();
    const client = await stage.device().open({ identity: stage.user(), fetch: slow.fetch });
    const settings = client.dataset('settings');
    const first = settings.sync();
    await arrived;
    const others = Array.from({ length: 10 }, () => settings.sync());
    holds(settings.state.get().isSyncing, 'it says that it runs');
    release();
    await first;
    const results = await Promise.all(others);
    equal([times(slow, 'ListRecords'), new Set(results).size], [2, 1], 'runs, and results of the ten');
    holds(!settings.state.get().isSyncing, 'it says that it has ended');
  }),

  scenario('a caller who gives up is told at once, and the run goes on for the others', async (stage) => {
    const { network: slow, arrived, release } = held();
    const client = await stage.device().open({ identity: stage.user(), fetch: slow.fetch });
    const settings = client.dataset('settings');
    const patient = settings.sync();
    await arrived;
    const stop = new AbortController();
    const impatient = settings.sync({ signal: stop.signal });
    const third = settings.sync();
    stop.abort(new Error('too slow'));
    holds(((await failure(impatient, 'ABORTED')).cause as Error).message === 'too slow', 'the reason');
    release();
    await Promise.all([patient, third]);
    await failure(settings.sync({ signal: AbortSignal.abort() }), 'ABORTED');
  }),

  scenario('a run ends when nobody wants it any more, and the next one is as good as ever', async (stage) => {
    const { network: slow, arrived, release } = held();
    const client = await stage.device().open({ identity: stage.user(), fetch: slow.fetch });
    const settings = client.dataset('settings');
    await settings.set('theme', 'dark');
    const stops = [new AbortController(), new AbortController()];
    const calls = stops.map(({ signal }) => settings.sync({ signal }));
    await arrived;
    for (const stop of stops) stop.abort();
    for (const call of calls) await failure(call, 'ABORTED');
    await until('the run has ended', [settings.state], () => !settings.state.get().isSyncing);
    equal(settings.state.get().error, undefined, 'that is no error of the dataset');
    release();
    equal((await settings.sync()).pushed.added, ['theme'], 'the next one');
  }),

  scenario('pull only leaves edits where they are', async (stage) => {
    const { ours, theirs } = await conflicting(stage, { resolve: resolvers.local });
    await theirs.set('font', 'serif');
    await theirs.sync();
    const { pulled, pushed } = await ours.sync({ direction: 'pull' });
    equal(
      [pulled.added, pushed, ours.state.get().pending],
      [['font'], { added: [], updated: [], removed: [] }, 1],
      'the sync',
    );
    equal((await ours.sync()).pushed.updated, ['theme'], 'the next one');
  }),

  scenario('a full sync reads everything again', async (stage) => {
    const watched = network();
    const client = await stage.device().open({ identity: stage.user(), fetch: watched.fetch });
    const settings = client.dataset('settings');
    await settings.set('theme', 'dark');
    await settings.sync();
    await settings.sync();
    await settings.sync({ full: true });
    const counts = watched.asked.flatMap(({ url }) => url.searchParams.get('lastSyncCount') ?? []);
    equal(counts, ['0', '1', '0'], 'bookmarks');
  }),

  scenario('offline: an error at once, or a wait until the device is online', async (stage) => {
    const watched = network();
    const device = switches(false);
    const client = await stage.device().open({ fetch: watched.fetch, connectivity: device.connectivity });
    const settings = client.dataset('settings');
    await settings.set('theme', 'dark');
    const { retryable } = await failure(settings.sync(), 'OFFLINE');
    equal(
      [retryable, settings.state.get().error?.code, client.status.get().isOnline],
      [true, 'OFFLINE', false],
      'the state',
    );
    const waiting = settings.sync({ whenOnline: true });
    const stop = new AbortController();
    const stopped = settings.sync({ whenOnline: true, signal: stop.signal });
    stop.abort();
    await failure(stopped, 'ABORTED');
    equal(watched.asked.length, 0, 'requests');
    device.turn({ isOnline: true });
    equal((await waiting).pushed.added, ['theme'], 'once online');
    equal([settings.state.get().error, client.status.get().isOnline], [undefined, true], 'the state');
  }),

  scenario('a sync has a time of its own, waiting included', async (stage) => {
    const { connectivity } = switches(false);
    const settings = (await stage.device().open({ connectivity })).dataset('settings');
    const { retryable, message } = await failure(
      settings.sync({ whenOnline: true, timeoutMs: 20 }),
      'TIMEOUT',
    );
    equal([retryable, message.includes('20 ms')], [true, true], 'the error');
  }),

  scenario('by default the later change wins, on both devices', async (stage) => {
    const { ours, theirs } = await conflicting(stage, {});
    const { resolved } = await ours.sync();
    await theirs.sync();
    equal(
      [resolved, await ours.get('theme'), await theirs.get('theme')],
      [['theme'], 'ours', 'ours'],
      'the outcome',
    );
  }),

  scenario(
    'a resolver sees base, local and remote, may take its time, and each key may have its own',
    async (stage) => {
      const seen: Conflict[] = [];
      const { ours, theirs } = await conflicting(stage, {
        resolve: {
          async theme(conflict: Conflict<string>) {
            seen.push(conflict);
            await Promise.resolve();
            return {
              use: 'value' as const,
              value: `${conflict.base}: ${conflict.local.value} + ${conflict.remote.value}`,
            };
          },
          '*': resolvers.remote,
        },
      });
      await theirs.set('other', 'theirs');
      await theirs.sync();
      await ours.set('other', 'ours');
      await ours.sync();
      await theirs.sync();
      const values = { theme: 'light: ours + theirs', other: 'theirs' };
      equal([await ours.all(), await theirs.all()], [values, values], 'both devices');
      const [conflict] = seen;
      equal(
        [seen.length, conflict?.dataset, conflict?.key, conflict?.remote.syncCount],
        [1, 'settings', 'theme', 2],
        'the conflict',
      );
      holds(
        (conflict?.remote.changedBy ?? '') !== '' &&
          Math.abs((conflict?.remote.changedAt ?? 0) - Date.now()) < 60_000,
        'by whom and when',
      );
    },
  ),

  scenario('a resolver that fails ends the sync, which has changed nothing', async (stage) => {
    let isBroken = true;
    const { ours, theirs } = await conflicting(stage, {
      resolve: () => {
        if (isBroken) throw new Error('of the app');
        return { use: 'value', value: undefined };
      },
    });
    const { message, key } = await failure(ours.sync(), 'INVALID');
    equal([message.includes('of the app'), key], [true, 'theme'], 'the error');
    equal([await ours.get('theme'), ours.state.get().pending], ['ours', 1], 'the dataset');
    isBroken = false;
    equal((await ours.sync()).resolved, ['theme'], 'the next one');
    await theirs.sync();
    equal([await ours.all(), await theirs.all()], [{}, {}], 'removed, as the resolver said');
  }),

  scenario('a deferred conflict waits beside the local value, and is decided later', async (stage) => {
    const { ours, theirs } = await conflicting(stage, { resolve: resolvers.defer });
    equal((await ours.sync()).deferred, ['theme'], 'the sync');
    equal(
      [await ours.get('theme'), ours.state.get().conflicts, ours.state.get().pending],
      ['ours', 1, 0],
      'the state',
    );
    equal((await ours.sync()).deferred, [], 'it is not asked again');
    const [conflict] = await ours.conflicts();
    equal(
      [conflict?.key, conflict?.base, conflict?.local.value, conflict?.remote.value],
      ['theme', 'light', 'ours', 'theirs'],
      'the conflict',
    );
    await failure(ours.resolveConflict('font', { use: 'local' }), 'NOT_FOUND');
    await theirs.set('theme', 'theirs, later');
    await theirs.sync();
    await ours.sync();
    await failure(ours.resolveConflict('theme', { use: 'remote' }, conflict), 'CONFLICT');
    const [changed] = await ours.conflicts();
    equal(changed?.remote.value, 'theirs, later', 'the conflict as it is now');
    await ours.resolveConflict('theme', { use: 'value', value: 'decided' }, changed);
    equal(
      [await ours.get('theme'), ours.state.get().conflicts, ours.state.get().pending],
      ['decided', 0, 1],
      'decided',
    );
    await ours.sync();
    await theirs.sync();
    equal(await theirs.get('theme'), 'decided', 'the other device');
  }),

  scenario('two that count from 5 to 6 have counted to 7', async (stage) => {
    const options = {
      codec: { encode: (value: unknown) => `${value}`, decode: Number },
      resolve: resolvers.counter,
    };
    const [phone, tablet] = (await stage.devices(2)) as [SyncClient, SyncClient];
    const ours = phone.dataset<{ count: number }>('counts', options);
    const theirs = tablet.dataset<{ count: number }>('counts', options);
    await ours.set('count', 5);
    await ours.sync();
    await theirs.sync();
    for (const dataset of [ours, theirs]) await dataset.update('count', (count = 0) => count + 1);
    await ours.sync();
    await theirs.sync();
    await ours.sync();
    equal([await ours.get('count'), await theirs.get('count')], [7, 7], 'the count');
  }),

  scenario('an update whose answer gets lost is not counted twice', async (stage) => {
    let isLost = true;
    const lossy = network({
      async before({ operation, url, init }) {
        if (operation !== 'UpdateRecords' || !isLost) return;
        isLost = false;
        await fetch(url, init);
        throw new TypeError('the answer got lost');
      },
    });
    const options = {
      codec: { encode: (value: unknown) => `${value}`, decode: Number },
      resolve: resolvers.counter,
    };
    const client = await stage.device().open({ identity: stage.user(), fetch: lossy.fetch });
    const counts = client.dataset<{ count: number }>('counts', options);
    await counts.update('count', (count = 0) => count + 1);
    await counts.sync();
    await counts.update('count', (count = 0) => count + 1);
    await counts.sync();
    equal([await counts.get('count'), counts.state.get().pending], [2, 0], 'the count');
  }),

  scenario('a dataset of many large records is sent in several updates', async (stage) => {
    const watched = network();
    const limits = { bytesPerDataset: 4_000_000 };
    const client = await stage.device().open({ identity: stage.user(), fetch: watched.fetch, limits });
    const settings = client.dataset('settings');
    await settings.transact((edit) => {
      for (let index = 0; index < 3; index++) edit.set(`k${index}`, 'x'.repeat(300_000));
    });
    await settings.sync();
    equal(
      [times(watched, 'UpdateRecords'), settings.state.get().pending],
      [1, 0],
      'one update of less than a megabyte',
    );
    // The service has no room for more; what is more is asked of it in a second update, and refused by it.
    await settings.transact((edit) => {
      for (let index = 3; index < 6; index++) edit.set(`k${index}`, 'x'.repeat(400_000));
    });
    await failure(settings.sync(), 'QUOTA');
    equal([settings.state.get().error?.code, settings.state.get().pending], ['QUOTA', 3], 'the state');
  }),

  scenario(
    'a service that says of everything that it was deleted does not keep a run going',
    async (stage) => {
      const wrong = network({
        answer: ({ operation }, json) =>
          operation === 'ListRecords' ? { ...json, DatasetDeletedAfterRequestedSyncCount: true } : json,
      });
      const client = await stage.device().open({ identity: stage.user(), fetch: wrong.fetch });
      const settings = client.dataset('settings');
      await settings.set('theme', 'dark');
      await settings.sync();
      await settings.set('theme', 'light');
      await settings.sync();
      equal([await settings.all(), settings.state.get().pending], [{ theme: 'light' }, 0], 'the dataset');
      holds(wrong.asked.length < 15, `${wrong.asked.length} requests`);
    },
  ),

  scenario('a deletion is sent once, and edits after it make a new dataset', async (stage) => {
    const [phone, tablet] = (await stage.devices(2)) as [SyncClient, SyncClient];
    const [ours, theirs] = [phone.dataset('settings'), tablet.dataset('settings')];
    await ours.set('old', '1');
    await ours.sync();
    await theirs.sync();
    await ours.delete();
    equal([await ours.all(), ours.state.get().pending, await phone.listDatasets()], [{}, 1, []], 'at once');
    await ours.set('new', '1');
    await ours.sync();
    await theirs.sync();
    equal([await ours.all(), await theirs.all()], [{ new: '1' }, { new: '1' }], 'both devices');
  }),

  scenario(
    'a service that was restored from a backup is read from the start, and told what it has lost',
    async (stage) => {
      let isRestored = false;
      const losing = network({
        before({ operation, url }) {
          if (!isRestored || operation !== 'ListRecords' || url.searchParams.get('lastSyncCount') === '0')
            return undefined;
          return refusal(400, 'InvalidParameterException', 'No such SyncCount: 1 exists for this Dataset');
        },
      });
      const client = await stage.device().open({ identity: stage.user(), fetch: losing.fetch });
      const settings = client.dataset('settings');
      await settings.set('theme', 'dark');
      await settings.sync();
      isRestored = true;
      const result = await settings.sync();
      equal([result.deletedElsewhere, await settings.all()], [false, { theme: 'dark' }], 'nothing is lost');
    },
  ),
];
