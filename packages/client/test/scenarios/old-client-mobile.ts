import { type ClientEvent, type LocalStore, SyncError } from '@holdall/client';
import { equal, failure, holds } from './check.ts';
import { network, onceBefore, refusal, times } from './network.ts';
import { type Scenario, scenario } from './stage.ts';

// What the clients for iOS, .NET, Unity, Xamarin and C++ get wrong.

export const oldMobileBugs: readonly Scenario[] = [
  scenario('values that are too big are dropped in silence (iOS)', async (stage) => {
    const client = await stage.device().open({ identity: stage.user() });
    const settings = client.dataset('settings');
    await failure(settings.set('big', 'x'.repeat(1_048_576)), 'QUOTA');
    await failure(settings.set('k'.repeat(1025), 'x'), 'INVALID');
    await settings.set('half', 'x'.repeat(600_000));
    await failure(settings.set('other half', 'x'.repeat(600_000)), 'QUOTA');
    equal([await settings.keys(), (await settings.usage()).bytes], [['half'], 600_004], 'the dataset');
  }),

  scenario('a full dataset takes new records and refuses changed ones (iOS)', async (stage) => {
    const client = await stage.device().open({ identity: stage.user(), limits: { recordsPerDataset: 2 } });
    const settings = client.dataset('settings');
    await settings.set('a', '1');
    await settings.set('b', '1');
    await failure(settings.set('c', '1'), 'QUOTA');
    await settings.set('a', '2');
    await settings.remove('b');
    await settings.set('c', '1');
    equal(await settings.all(), { a: '2', c: '1' }, 'the dataset');
  }),

  scenario('the size of a dataset with removed records cannot be told (.NET, Android)', async (stage) => {
    const client = await stage.device().open({ identity: stage.user() });
    const settings = client.dataset('settings');
    await settings.set('a', 'é');
    await settings.set('b', '1');
    await settings.sync();
    await settings.remove('b');
    const { bytes, records } = await settings.usage();
    equal({ bytes, records }, { bytes: 3, records: 1 }, 'usage');
  }),

  scenario('only the first page of a listing is read (iOS)', async (stage) => {
    const [writer] = await stage.devices(1);
    const values = Object.fromEntries(
      Array.from({ length: 250 }, (_, index) => [`key ${index}`, `${index}`]),
    );
    await writer?.dataset('settings').transact((edit) => {
      for (const [key, value] of Object.entries(values)) edit.set(key, value);
    });
    await writer?.dataset('settings').sync();
    // A service of smaller pages than were asked for.
    const paged = network({
      async before({ operation, url }) {
        if (operation !== 'ListRecords') return undefined;
        const token = Number(url.searchParams.get('nextToken') ?? 0);
        const Records = Object.entries(values)
          .slice(token, token + 100)
          .map(([Key, Value]) => ({ Key, Value, SyncCount: 1 }));
        const NextToken = token + 100 < 250 ? { NextToken: `${token + 100}` } : {};
        return Response.json({
          Records,
          DatasetSyncCount: 1,
          DatasetExists: true,
          SyncSessionToken: 't',
          ...NextToken,
        });
      },
    });
    const reader = await stage.device().open({ identity: stage.user(), fetch: paged.fetch });
    await reader.dataset('settings').sync();
    equal(await reader.dataset('settings').all(), values, 'all pages');
    equal(times(paged, 'ListRecords'), 3, 'pages');
  }),

  scenario(
    'a deletion elsewhere means three things in three places (iOS, .NET, cognito-js#4)',
    async (stage) => {
      for (const [policy, expected, discarded] of [
        ['keep-edits', { edited: 'here' }, []],
        ['keep-all', { edited: 'here', known: 'to all' }, []],
        ['discard', {}, ['edited']],
      ] as const) {
        const name = `settings-${policy}`;
        const [phone, tablet] = await stage.devices(2);
        const [mine, theirs] = [phone?.dataset(name, { onRemoteDelete: policy }), tablet?.dataset(name)];
        await mine?.set('known', 'to all');
        await mine?.sync();
        await theirs?.sync();
        await theirs?.delete();
        await theirs?.sync();
        await mine?.set('edited', 'here');
        const result = await mine?.sync();
        equal([result?.deletedElsewhere, result?.discarded], [true, discarded], policy);
        await theirs?.sync();
        equal([await mine?.all(), await theirs?.all()], [expected, expected], policy);
      }
    },
  ),

  scenario('a dataset that was deleted and made anew is an error (cognito-js#4)', async (stage) => {
    const [phone, tablet] = await stage.devices(2);
    const [mine, theirs] = [phone?.dataset('settings'), tablet?.dataset('settings')];
    await mine?.set('old', '1');
    await mine?.sync();
    await theirs?.sync();
    await theirs?.delete();
    await theirs?.sync();
    await theirs?.set('new', '1');
    await theirs?.sync();
    await mine?.sync();
    equal(await mine?.all(), { new: '1' }, 'the other device');
  }),

  scenario('an edit during the pull ends the whole sync (iOS)', async (stage) => {
    const [other] = await stage.devices(1);
    await other?.dataset('settings').set('theme', 'dark');
    await other?.dataset('settings').sync();
    let edit = async () => {};
    const slow = network(onceBefore('ListRecords', () => edit()));
    const client = await stage.device().open({ identity: stage.user(), fetch: slow.fetch });
    const settings = client.dataset('settings');
    edit = () => settings.set('font', 'serif');
    const { pulled, pushed } = await settings.sync();
    equal([pulled.added, pushed.added], [['theme'], ['font']], 'what the sync did');
  }),

  scenario('dates are from 1970 (aws-sdk-ios#246)', async (stage) => {
    const before = Date.now();
    const device = stage.device();
    const client = await device.open({ identity: stage.user() });
    const settings = client.dataset('settings');
    await settings.set('theme', 'dark');
    await settings.sync();
    holds((settings.state.get().syncedAt ?? 0) >= before - 3000, 'the time of the sync');
    await client[Symbol.asyncDispose]();
    const again = (await device.open({ identity: stage.user() })).dataset('settings');
    await again.ready;
    holds((again.state.get().syncedAt ?? 0) >= before - 3000, 'it is remembered');
  }),

  scenario(
    'errors of the service are no event (iOS), nor the end of retries (aws-sdk-unity#48)',
    async (stage) => {
      const failing = network({
        before: ({ operation }) =>
          operation === 'ListRecords' ? refusal(500, 'InternalErrorException') : undefined,
      });
      const client = await stage.device().open({ identity: stage.user(), fetch: failing.fetch });
      const events: ClientEvent[] = [];
      client.onEvent((event) => events.push(event));
      await failure(client.dataset('settings').sync(), 'SERVICE');
      const syncs = events.flatMap((event) => (event.type === 'sync' ? [event.outcome] : []));
      equal(
        syncs.map((outcome) => 'code' in outcome && outcome.code),
        ['SERVICE'],
        'sync events',
      );
      equal(client.dataset('settings').state.get().error?.code, 'SERVICE', 'the state');
    },
  ),

  scenario(
    'after one error a dataset never synchronises again (aws-sdk-net#406, aws-sdk-unity#118)',
    async (stage) => {
      let isBroken = true;
      const client = await stage.device().open({
        identity: stage.user(),
        fetch: (input, init) => (isBroken ? Promise.reject(new TypeError('broken')) : fetch(input, init)),
      });
      const settings = client.dataset('settings');
      await settings.set('theme', 'dark');
      await Promise.all([failure(settings.sync(), 'NETWORK'), failure(settings.sync(), 'NETWORK')]);
      isBroken = false;
      equal((await settings.sync()).pushed.added, ['theme'], 'the next one');
      equal(settings.state.get().error, undefined, 'the state');
    },
  ),

  scenario('times are cut to seconds, and moved by the time zone (aws-sdk-net#411, #707)', async (stage) => {
    const sent: number[] = [];
    const watched = network({
      before({ operation, body }) {
        if (operation !== 'UpdateRecords') return;
        const { RecordPatches } = JSON.parse(body ?? '{}') as {
          RecordPatches: { DeviceLastModifiedDate: number }[];
        };
        sent.push(...RecordPatches.map((patch) => patch.DeviceLastModifiedDate));
      },
    });
    const device = stage.device();
    const client = await device.open({ identity: stage.user(), fetch: watched.fetch });
    await client.dataset('settings').set('theme', 'dark');
    await client.dataset('settings').sync();
    const kept = await device.kept(client.status.get().identity?.identityId ?? '', 'settings');
    equal(
      [kept?.records[0]?.changedAt],
      [Math.round((sent[0] ?? 0) * 1000)],
      'the time came back as it was sent',
    );
    holds(Math.abs((kept?.records[0]?.changedAt ?? 0) - Date.now()) < 60_000, 'it is the time of now');
  }),

  scenario('an answer with a key that was not sent is an error (aws-sdk-net#353)', async (stage) => {
    const [other] = await stage.devices(1);
    const function_ = network({
      answer({ operation }, json) {
        if (operation !== 'UpdateRecords') return json;
        return {
          ...json,
          Records: [...(json.Records as object[]), { Key: 'added', Value: 'by it', SyncCount: 1 }],
        };
      },
      ...onceBefore('UpdateRecords', async () => {
        await other?.dataset('settings').set('added', 'by it');
        await other?.dataset('settings').sync();
      }),
    });
    const client = await stage.device().open({ identity: stage.user(), fetch: function_.fetch });
    const settings = client.dataset('settings');
    await settings.set('theme', 'dark');
    await settings.sync();
    equal(await settings.all(), { theme: 'dark', added: 'by it' }, 'the dataset');
  }),

  scenario(
    'a conflict is told by its name alone, which differs from service to service (aws-sdk-net#430, PR#532)',
    async (stage) => {
      let refusals = 0;
      const odd = network({
        before({ operation }) {
          if (operation !== 'UpdateRecords' || refusals++ > 0) return undefined;
          return new Response('{"message":"Current SyncCount for: theme is: 1 not: 0"}', { status: 409 });
        },
      });
      const client = await stage.device().open({ identity: stage.user(), fetch: odd.fetch });
      await client.dataset('settings').set('theme', 'dark');
      equal((await client.dataset('settings').sync()).pushed.added, ['theme'], 'what was sent');
    },
  ),

  scenario(
    'a local deletion goes on to list with -1 (.NET), or stays stuck at 404 (JavaScript)',
    async (stage) => {
      const watched = network();
      const client = await stage.device().open({ identity: stage.user(), fetch: watched.fetch });
      const settings = client.dataset('settings');
      await settings.set('theme', 'dark');
      await settings.sync();
      const [other] = await stage.devices(1);
      await other?.dataset('settings').delete();
      await other?.dataset('settings').sync();
      await settings.delete();
      await settings.sync();
      const counts = watched.asked.flatMap(({ url }) => url.searchParams.get('lastSyncCount') ?? []);
      equal(
        [counts.every((count) => Number(count) >= 0), settings.state.get().pending],
        [true, 0],
        'counts, and what waits',
      );
      await settings.sync();
      equal(times(watched, 'DeleteDataset'), 1, 'deletions');
    },
  ),

  scenario('reading while offline asks the network (aws-sdk-xamarin#31)', async (stage) => {
    const watched = network();
    const connectivity = { isOnline: false, isVisible: true, subscribe: () => () => {} };
    const client = await stage
      .device()
      .open({ identity: stage.user(), fetch: watched.fetch, connectivity, autoSync: true });
    const settings = client.dataset('settings');
    await settings.set('theme', 'dark');
    equal(
      [await settings.get('theme'), await settings.all(), await settings.keys()],
      ['dark', { theme: 'dark' }, ['theme']],
      'reads',
    );
    equal(
      [await client.listDatasets(), (await settings.usage()).records],
      [['settings'], 1],
      'what else can be asked',
    );
    await failure(settings.sync(), 'OFFLINE');
    equal(watched.asked.length, 0, 'requests');
  }),

  scenario('a refused signature says nothing that helps (aws-sdk-unity#19)', async (stage) => {
    const refusing = network({
      before: ({ operation }) =>
        operation === 'ListRecords' ? refusal(403, 'NotAuthorizedException', 'Not yours') : undefined,
    });
    const client = await stage.device().open({ identity: stage.user(), fetch: refusing.fetch });
    const { message, status, serviceError, requestId } = await failure(
      client.dataset('settings').sync(),
      'AUTH',
    );
    equal(
      [message, status, serviceError, requestId],
      ['Not yours', 403, 'NotAuthorizedException', 'planned'],
      'the error',
    );
  }),

  scenario(
    'nothing survives the process (aws-sdk-cpp#774), and removed records are listed (aws-sdk-cpp#782)',
    async (stage) => {
      const device = stage.device();
      const tab = await device.openTab({ identity: stage.user() });
      await tab.client.dataset('settings').set('theme', 'dark');
      await tab.client.dataset('settings').set('font', 'serif');
      await tab.client.dataset('settings').sync();
      await tab.client.dataset('settings').remove('font');
      await tab.crash();
      const again = (await device.open({ identity: stage.user() })).dataset('settings');
      equal([await again.all(), await again.keys()], [{ theme: 'dark' }, ['theme']], 'after a restart');
      equal((await again.sync()).pushed.removed, ['font'], 'the removal is sent');
    },
  ),

  scenario('a full storage fails in the background (amplify-js#8764)', async (stage) => {
    const ground = await stage.place.here('full');
    const full = new SyncError('STORE', 'No space.');
    const { load, datasets, owners, note, setNote, close } = boundMethods(ground.store);
    const store = { load, datasets, owners, note, setNote, close, commit: () => Promise.reject(full) };
    const client = await stage.device().open({ store, identity: stage.user() });
    const settings = client.dataset('settings');
    await settings.ready;
    const written = settings.set('theme', 'dark');
    equal(settings.peek('theme'), 'dark', 'at once');
    await failure(written, 'STORE');
    equal(await settings.all(), {}, 'after the refusal');
  }),
];

function boundMethods(store: LocalStore): LocalStore {
  return new Proxy(store, { get: (from, name) => (Reflect.get(from, name) as () => unknown).bind(from) });
}
