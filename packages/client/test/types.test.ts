import { type Conflict, createSyncClient, type Dataset, guest, resolvers } from '@holdall/client';
import { memoryStore } from '@holdall/client/stores/memory';
import type { StandardSchemaV1 } from '@standard-schema/spec';
import { expect, expectTypeOf, test } from 'vitest';

// What the compiler knows of a dataset. `tsc` judges this file; running it shows that nothing in it throws.

declare const text: StandardSchemaV1<string>;
declare const count: StandardSchemaV1<number>;
declare const day: StandardSchemaV1<string, Date>;

const client = createSyncClient({
  endpoint: 'https://sync.example.com',
  identity: guest({ identityPoolId: 'eu-west-1:pool' }),
  store: memoryStore(),
  autoSync: false,
});

/** Never called. */
export function withoutSchema() {
  const texts = client.dataset('texts');
  expectTypeOf(texts.peek('anything')).toEqualTypeOf<string | undefined>();
  expectTypeOf(texts.get('anything')).resolves.toEqualTypeOf<string | undefined>();
  void texts.set('anything', 'text');
  // @ts-expect-error: without a schema values are texts
  void texts.set('anything', 1);

  const typed = client.dataset<{ theme: 'light' | 'dark' }>('typed');
  void typed.set('theme', 'dark');
  // @ts-expect-error: no such value
  void typed.set('theme', 'blue');
  // @ts-expect-error: no such key
  void typed.set('font', 'serif');
  // @ts-expect-error: no such key
  typed.peek('font');
}

/** Never called. */
export function withSchema() {
  const profile = client.dataset('profile', { schema: { name: text, visits: count, born: day } });
  expectTypeOf(profile.peek('name')).toEqualTypeOf<string | undefined>();
  expectTypeOf(profile.peek('visits')).toEqualTypeOf<number | undefined>();
  // Set as it is stored, read as the schema makes it.
  expectTypeOf(profile.peek('born')).toEqualTypeOf<Date | undefined>();
  void profile.set('born', '2001-02-03');
  // @ts-expect-error: a Date is what is read
  void profile.set('born', new Date());
  // @ts-expect-error: no such key in the schema
  void profile.set('age', 1);
  // @ts-expect-error: a number is wanted
  void profile.update('visits', (visits) => `${visits}`);
  void profile.update('visits', (visits) => {
    expectTypeOf(visits).toEqualTypeOf<number | undefined>();
    return (visits ?? 0) + 1;
  });
  expectTypeOf(profile.values.get().born).toEqualTypeOf<Date | undefined>();
  expectTypeOf(profile.keys()).resolves.toEqualTypeOf<('name' | 'visits' | 'born')[]>();
  expectTypeOf(profile.watch('visits')).toEqualTypeOf<AsyncGenerator<number | undefined>>();
  void profile.resolveConflict('visits', { use: 'value', value: 3 });
  // @ts-expect-error: a number is wanted
  void profile.resolveConflict('visits', { use: 'value', value: '3' });
  const sum = profile.transact((edit) => {
    expectTypeOf(edit.get('visits')).toEqualTypeOf<number | undefined>();
    // @ts-expect-error: no such key
    edit.remove('age');
    return 3;
  });
  expectTypeOf(sum).resolves.toEqualTypeOf<number>();
}

/** Never called. */
export function withOptions() {
  client.dataset('a', { resolve: resolvers.json });
  client.dataset('b', { resolve: { count: resolvers.counter, '*': resolvers.lastWriter } });
  client.dataset('c', { resolve: resolvers.merge<string>((base, ours, theirs) => ours ?? theirs ?? base) });
  client.dataset('d', { resolve: ({ local }: Conflict<string>) => ({ use: 'value', value: local.value }) });
  // @ts-expect-error: no such decision
  client.dataset('e', { resolve: () => ({ use: 'mine' }) });
  // @ts-expect-error: no such policy
  client.dataset('f', { onRemoteDelete: 'forget' });
  // @ts-expect-error: an endpoint, an identity and a store are needed
  createSyncClient({});
  expectTypeOf(client.openDatasets()).toEqualTypeOf<readonly Dataset[]>();
}

test('nothing is asked of the network or the storage by making a client', async () => {
  expect(client.openDatasets()).toEqual([]);
  await client[Symbol.asyncDispose]();
});
