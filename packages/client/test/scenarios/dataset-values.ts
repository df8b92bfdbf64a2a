import { type ChangeSet, type Dataset, type SyncClient, SyncError } from '@holdall/client';
import type { StandardSchemaV1 } from '@standard-schema/spec';
import { equal, failure, holds } from './check.ts';
import { network } from './network.ts';
import { type Scenario, scenario } from './stage.ts';

// Reading, writing and watching one dataset.

/** A validator without a library. What `check` throws is the issue; its result is the value. */
function schemaOf<Input, Output = Input>(
  check: (value: unknown) => Output,
  isAsync = false,
): StandardSchemaV1<Input, Output> {
  const validated = (value: unknown) => {
    try {
      return { value: check(value) };
    } catch (error) {
      return { issues: [{ message: (error as Error).message, path: ['somewhere'] }] };
    }
  };
  return {
    '~standard': {
      version: 1,
      vendor: 'scenarios',
      validate: (value) => (isAsync ? Promise.resolve().then(() => validated(value)) : validated(value)),
    },
  };
}

const count = schemaOf<number>((value) => {
  if (typeof value !== 'number' || value < 0) throw new Error('no count');
  return value;
});
/** Asks somebody else, as a validator that looks something up does. */
const slowText = schemaOf<string>((value) => {
  if (typeof value !== 'string') throw new Error('no text');
  return value;
}, true);
/** Stored as a text; read as a Date. */
const day = schemaOf<string, Date>((value) => {
  const date = new Date(value as string);
  if (Number.isNaN(date.getTime())) throw new Error('no day');
  return date;
});

const schema = { visits: count, name: slowText, born: day, '*': slowText };

const openSettings = (client: SyncClient) => client.dataset('settings', { schema });

async function nextOf<T>(iterator: AsyncGenerator<T>): Promise<T | 'done'> {
  const { done, value } = await iterator.next();
  return done ? 'done' : value;
}

export const datasetValues: readonly Scenario[] = [
  scenario(
    'an edit shows in the turn in which it was made, and is kept when its promise resolves',
    async (stage) => {
      const device = stage.device();
      const settings = (await device.open()).dataset('settings');
      await settings.ready;
      const written = settings.set('theme', 'dark');
      equal([settings.peek('theme'), settings.values.get()], ['dark', { theme: 'dark' }], 'in the same turn');
      equal(settings.state.get().pending, 1, 'what waits');
      await written;
      equal((await device.kept('', 'settings'))?.records[0]?.value, 'dark', 'in the store');
      const removed = settings.remove('theme');
      equal(
        [settings.peek('theme'), settings.state.get().pending],
        [undefined, 0],
        'removed in the same turn',
      );
      await removed;
      equal((await device.kept('', 'settings'))?.records, [], 'the store');
    },
  ),

  scenario('before the storage is read nothing is known, and calls wait for it', async (stage) => {
    const device = stage.device();
    const first = await device.openTab();
    await first.client.dataset('settings').set('theme', 'dark');
    await first.crash();
    const settings = (await device.open()).dataset('settings');
    equal([settings.peek('theme'), settings.state.get().isReady], [undefined, false], 'at once');
    const seen = settings.update('theme', (theme) => `${theme}er`);
    await seen;
    equal([await settings.get('theme'), settings.state.get().isReady], ['darker', true], 'later');
  }),

  scenario('all, keys and iteration answer what is there, whatever the keys are called', async (stage) => {
    const settings = (await stage.device().open()).dataset('settings');
    const names = ['a', '__proto__', 'constructor', 'toString', 'with space/slash', '≈ü𝄞'];
    await settings.transact((edit) => {
      for (const name of names) edit.set(name, name.toUpperCase());
      equal([...edit.keys()].sort(), [...names].sort(), 'keys within');
    });
    equal((await settings.keys()).sort(), [...names].sort(), 'keys');
    const entries: [string, string][] = [];
    for await (const entry of settings) entries.push(entry as [string, string]);
    equal(entries.sort(), names.map((name) => [name, name.toUpperCase()]).sort(), 'entries');
    for (const name of names) equal(await settings.get(name), name.toUpperCase(), name);
    equal(
      [await settings.get('hasOwnProperty'), settings.peek('valueOf')],
      [undefined, undefined],
      'absent ones',
    );
    const values = settings.values.get();
    holds(
      Object.isFrozen(values) && Object.getPrototypeOf(values) === null,
      'frozen, and without a prototype',
    );
  }),

  scenario('values are one object until something changes', async (stage) => {
    const settings = (await stage.device().open()).dataset('settings');
    await settings.set('theme', 'dark');
    const before = settings.values.get();
    let told = 0;
    settings.values.subscribe(() => told++);
    await settings.set('theme', 'dark');
    await settings.remove('absent');
    holds(settings.values.get() === before && told === 0, 'nothing has changed');
    await settings.set('font', 'serif');
    holds(
      settings.values.get() !== before && before.font === undefined && told === 1,
      'replaced, and told once',
    );
  }),

  scenario('a schema checks what is set, and turns what is read into its own values', async (stage) => {
    const settings = openSettings(await stage.device().open());
    await settings.set('visits', 3);
    await settings.set('name', 'Ann');
    await settings.set('born', '2001-02-03');
    await settings.set('anything', 'else');
    const born = await settings.get('born');
    equal(
      [await settings.get('visits'), await settings.get('name'), born?.getUTCFullYear()],
      [3, 'Ann', 2001],
      'values',
    );
    const error = await failure(settings.set('visits', -1), 'INVALID');
    equal(error.message, `'visits' in 'settings' cannot be stored: somewhere: no count.`, 'the message');
    await failure(settings.set('name', 7 as never), 'INVALID');
    equal([await settings.get('visits'), await settings.get('name')], [3, 'Ann'], 'nothing was changed');
  }),

  scenario('a key that the schema does not have is refused', async (stage) => {
    const settings = (await stage.device().open()).dataset('settings', { schema: { visits: count } });
    const untyped = settings as unknown as Dataset<Record<string, unknown>>;
    for (const key of ['visit', '__proto__', 'toString']) await failure(untyped.set(key, 1), 'INVALID');
    equal(await settings.all(), {}, 'the dataset');
  }),

  scenario('edits of a validator that takes its time keep their order', async (stage) => {
    const settings = openSettings(await stage.device().open());
    await settings.ready;
    const edits = [
      settings.set('name', 'first'),
      settings.set('visits', 1),
      settings.set('name', 'second'),
      settings.remove('visits'),
    ];
    await Promise.all(edits);
    equal(await settings.all(), { name: 'second' }, 'the dataset');
  }),

  scenario('a transaction is made as a whole or not at all', async (stage) => {
    const settings = openSettings(await stage.device().open());
    await settings.set('visits', 1);
    await failure(
      settings.transact((edit) => {
        edit.set('visits', 2);
        edit.set('visits', -1);
      }),
      'INVALID',
    );
    const own = new Error('of the app');
    const thrown = await settings
      .transact((edit) => {
        edit.set('visits', 5);
        throw own;
      })
      .catch((error: unknown) => error);
    holds(thrown === own, 'what the app throws comes out as it is');
    const result = await settings.transact((edit) => {
      edit.set('visits', (edit.get('visits') ?? 0) + 1);
      edit.set('name', 'Ann');
      equal([edit.get('visits'), edit.keys()], [2, ['visits', 'name']], 'within the transaction');
      edit.remove('name');
      equal([edit.get('name'), edit.keys()], [undefined, ['visits']], 'after a removal');
      return 'result';
    });
    equal([result, await settings.all()], ['result', { visits: 2 }], 'the dataset');
  }),

  scenario('updates at the same time all count', async (stage) => {
    const settings = openSettings(await stage.device().open());
    await Promise.all(
      Array.from({ length: 50 }, () => settings.update('visits', (visits = 0) => visits + 1)),
    );
    equal(await settings.get('visits'), 50, 'visits');
    await settings.update('visits', () => undefined);
    equal(await settings.keys(), [], 'an update to nothing removes');
  }),

  scenario('listeners are told of what was added, updated and removed, and by whom', async (stage) => {
    const [phone, tablet] = (await stage.devices(2)) as [SyncClient, SyncClient];
    const told: ChangeSet[] = [];
    const settings = phone.dataset('settings');
    await settings.sync();
    const leave = settings.subscribe((changes) => told.push(changes));
    await settings.transact((edit) => {
      edit.set('a', '1');
      edit.set('b', '1');
    });
    await settings.set('a', '2');
    await settings.sync();
    await tablet.dataset('settings').sync();
    await tablet.dataset('settings').remove('a');
    await tablet.dataset('settings').set('c', '1');
    await tablet.dataset('settings').sync();
    await settings.sync();
    leave();
    await settings.set('d', '1');
    equal(
      told,
      [
        { origin: 'local', added: ['a', 'b'], updated: [], removed: [] },
        { origin: 'local', added: [], updated: ['a'], removed: [] },
        { origin: 'remote', added: ['c'], updated: [], removed: ['a'] },
      ],
      'changes',
    );
  }),

  scenario('watch gives the value now and after each change, and changes miss nothing', async (stage) => {
    const settings = (await stage.device().open()).dataset('settings');
    await settings.set('theme', 'light');
    const end = new AbortController();
    const watched = settings.watch('theme', { signal: end.signal });
    const changes = settings.changes({ signal: end.signal });
    equal(await nextOf(watched), 'light', 'at first');
    await settings.set('font', 'serif');
    await settings.set('theme', 'dark');
    equal(await nextOf(watched), 'dark', 'after a change of another key and one of its own');
    await settings.remove('theme');
    equal(await nextOf(watched), undefined, 'after its removal');
    const added = [await nextOf(changes), await nextOf(changes), await nextOf(changes)];
    equal(
      added.map((set) => (set === 'done' ? set : [...set.added, ...set.updated, ...set.removed])),
      [['font'], ['theme'], ['theme']],
      'changes',
    );
    const last = nextOf(watched);
    end.abort();
    equal([await last, await nextOf(changes)], ['done', 'done'], 'after the signal');
  }),

  scenario('an edit that the storage refuses is taken back', async (stage) => {
    const { tabs, store, create } = await stage.place.here('refusing');
    let isFull = false;
    const refusing = new Proxy(store, {
      get: (from, name) => {
        const method = (Reflect.get(from, name) as (...values: unknown[]) => unknown).bind(from);
        if (name !== 'commit') return method;
        return (...values: unknown[]) =>
          isFull ? Promise.reject(new SyncError('STORE', 'No space is left.')) : method(...values);
      },
    });
    await using client = create({
      endpoint: stage.url,
      identity: stage.guest(),
      store: refusing,
      tabs,
      autoSync: false,
    });
    const settings = client.dataset('settings');
    await settings.set('theme', 'light');
    const told: ChangeSet[] = [];
    settings.subscribe((changes) => told.push(changes));
    isFull = true;
    const edits = [settings.set('theme', 'dark'), settings.set('font', 'serif')];
    equal(settings.values.get(), { theme: 'dark', font: 'serif' }, 'at once');
    for (const edit of edits) equal((await failure(edit, 'STORE')).message, 'No space is left.', 'the error');
    equal(
      [settings.values.get(), settings.state.get().pending],
      [{ theme: 'light' }, 1],
      'after the refusal',
    );
    equal(
      told.map(({ added, updated, removed }) => [added, updated, removed]),
      [
        [[], ['theme'], []],
        [['font'], [], []],
        [[], ['theme'], ['font']],
      ],
      'listeners',
    );
    isFull = false;
    await settings.set('theme', 'sepia');
    equal(await settings.get('theme'), 'sepia', 'with space again');
  }),

  scenario('quotas are checked before anything is stored or sent', async (stage) => {
    const watched = network();
    const limits = { recordsPerDataset: 2, bytesPerDataset: 20, keyLength: 5, valueLength: 10 };
    const client = await stage.device().open({ fetch: watched.fetch, limits });
    const settings = client.dataset('settings');
    await failure(settings.set('longer', 'x'), 'INVALID');
    await failure(settings.set('', 'x'), 'INVALID');
    await failure(settings.set('half', '\ud83d'), 'INVALID');
    await failure(settings.set('a', 'x'.repeat(11)), 'QUOTA');
    await settings.set('a', 'ü'.repeat(5));
    const { key, dataset } = await failure(settings.set('b', 'ü'.repeat(5)), 'QUOTA');
    equal([key, dataset], ['b', 'settings'], 'where');
    await settings.set('b', 'x');
    await failure(settings.set('c', 'x'), 'QUOTA');
    // What is too much already may become less.
    await settings.set('a', 'x');
    const { bytes, records, limits: known } = await settings.usage();
    equal([bytes, records, known], [4, 2, limits], 'usage');
    for (const name of ['', 'a b', 'ä', 'x'.repeat(129)]) {
      await failure(
        Promise.resolve().then(() => client.dataset(name)),
        'INVALID',
      );
    }
    equal(watched.asked.length, 0, 'requests');
  }),

  scenario('values of another schema are left alone, and told as unreadable', async (stage) => {
    const [old, client] = (await stage.devices(2)) as [SyncClient, SyncClient];
    const texts = old.dataset('settings');
    await texts.transact((edit) => {
      edit.set('visits', 'not a number');
      edit.set('name', '"Ann"');
    });
    await texts.sync();
    const settings = openSettings(client);
    await settings.sync();
    equal(
      [await settings.all(), settings.peek('visits'), settings.state.get().unreadable],
      [{ name: 'Ann' }, undefined, 1],
      'what is shown',
    );
    await failure(settings.get('visits'), 'INVALID');
    await failure(settings.set('visits', 1), 'INVALID');
    await failure(
      settings.update('visits', () => 1),
      'INVALID',
    );
    await settings.set('name', 'Bob');
    await settings.sync();
    await texts.sync();
    equal(await texts.all(), { visits: 'not a number', name: '"Bob"' }, 'the other device');
    await settings.set('visits', 1, { replaceUnreadable: true });
    equal([await settings.get('visits'), settings.state.get().unreadable], [1, 0], 'replaced on purpose');
  }),

  scenario('a dataset is one object for each name', async (stage) => {
    const client = await stage.device().open();
    const first = client.dataset('a');
    holds(client.dataset('a') === first && client.dataset('b') !== first, 'objects');
    equal(
      client.openDatasets().map(({ name }) => name),
      ['a', 'b'],
      'open datasets',
    );
    await client.dataset('b').set('x', '1');
    equal(await client.listDatasets(), ['b'], 'datasets on the device');
  }),

  scenario('a closed client has written what it accepted, and takes nothing more', async (stage) => {
    const device = stage.device();
    const client = await device.open();
    const settings = client.dataset('settings');
    await settings.ready;
    const written = settings.set('theme', 'dark');
    await client[Symbol.asyncDispose]();
    await written;
    await client[Symbol.asyncDispose]();
    equal((await device.kept('', 'settings'))?.records.length, 1, 'the store');
    await failure(settings.sync(), 'ABORTED');
    const late = await settings.set('theme', 'light').catch((error: Error) => error.name);
    equal(late, 'SyncError', 'a late edit');
    await failure(
      Promise.resolve().then(() => client.dataset('another')),
      'ABORTED',
    );
  }),
];
