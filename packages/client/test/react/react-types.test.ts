import {
  type ClientStatus,
  type Conflict,
  createSyncClient,
  type Dataset,
  type DatasetState,
  guest,
  type SyncClient,
} from '@holdall/client';
import {
  type RecordMeta,
  SyncProvider,
  useConflicts,
  useDataset,
  useRecord,
  useSyncClient,
  useSyncState,
} from '@holdall/client/react';
import { memoryStore } from '@holdall/client/stores/memory';
import type { StandardSchemaV1 } from '@standard-schema/spec';
import { createElement } from 'react';
import { expectTypeOf, test } from 'vitest';

interface Settings {
  readonly theme: 'light' | 'dark';
  readonly size: number;
}

declare const score: StandardSchemaV1<string | number, number>;
declare const title: StandardSchemaV1<string>;

const client = createSyncClient({
  endpoint: 'http://127.0.0.1:9',
  identity: guest({ identityPoolId: 'us-east-1:none' }),
  store: memoryStore(),
  autoSync: false,
});
const settings = client.dataset<Settings>('settings');
const texts = client.dataset('texts');

/** Compiled and not run: hooks want a component around them, and the schemas are types only. */
export function Component() {
  const games = client.dataset('games', { schema: { score, title } });

  const [theme, setTheme, meta] = useRecord(settings, 'theme');
  expectTypeOf(theme).toEqualTypeOf<'light' | 'dark' | undefined>();
  expectTypeOf(meta).toEqualTypeOf<RecordMeta>();
  expectTypeOf(setTheme('dark')).toEqualTypeOf<Promise<void>>();
  void setTheme(undefined);
  void setTheme((before) => (before === 'dark' ? 'light' : 'dark'));
  // @ts-expect-error: not one of its values
  void setTheme('blue');
  // @ts-expect-error: not one of its keys
  useRecord(settings, 'colour');

  // What a schema takes and what it gives may differ.
  const [points, setPoints] = useRecord(games, 'score');
  expectTypeOf(points).toEqualTypeOf<number | undefined>();
  void setPoints('12');
  void setPoints(12);
  // @ts-expect-error: nothing that the schema takes
  void setPoints(true);
  void setPoints((before) => {
    expectTypeOf(before).toEqualTypeOf<number | undefined>();
    return before === undefined ? '1' : before + 1;
  });

  expectTypeOf(useRecord(texts, 'any key')[0]).toEqualTypeOf<string | undefined>();
  expectTypeOf(useDataset(settings)).toEqualTypeOf<Readonly<Partial<Settings>>>();
  expectTypeOf(useDataset(settings, ({ size = 0 }) => size * 2)).toEqualTypeOf<number>();
  expectTypeOf(useDataset(games, Object.keys)).toEqualTypeOf<string[]>();
  // @ts-expect-error: not one of its keys
  useDataset(settings, ({ colour }) => colour);

  expectTypeOf(useSyncClient()).toEqualTypeOf<SyncClient>();
  expectTypeOf(useSyncState()).toEqualTypeOf<ClientStatus>();
  expectTypeOf(useSyncState(settings)).toEqualTypeOf<DatasetState>();
  expectTypeOf(useSyncState(games, (state) => state.pending > 0)).toEqualTypeOf<boolean>();

  const [conflicts, resolve] = useConflicts(settings);
  expectTypeOf(conflicts).toEqualTypeOf<readonly Conflict<number | 'light' | 'dark'>[]>();
  for (const conflict of conflicts) void resolve(conflict, { use: 'value', value: 12 });
  // @ts-expect-error: no such resolution
  for (const conflict of conflicts) void resolve(conflict, { use: 'mine' });

  // @ts-expect-error: a provider needs a client
  createElement(SyncProvider, {});
  return createElement(SyncProvider, { client }, null);
}

test('a dataset of any type can be given to the hooks', () => {
  expectTypeOf<Parameters<typeof useSyncState>[0]>().not.toBeAny();
  expectTypeOf(settings).toExtend<Dataset<Settings>>();
});
