import { type Codec, createSyncClient, guest, resolvers, textCodec } from '@holdall/client';
import { memoryStore } from '@holdall/client/stores/memory';
import { createTestServer } from '@holdall/client/testing';
import { expect, onTestFinished, test } from 'vitest';
import { conflictedRecords, keptRecord, watchRecords } from '../src/dataset-records.ts';

function openClient() {
  const server = createTestServer();
  const client = createSyncClient({
    endpoint: server.url,
    identity: guest({ identityPoolId: server.identityPoolId }),
    store: memoryStore(),
    fetch: server.fetch,
    autoSync: false,
  });
  onTestFinished(() => client[Symbol.asyncDispose]());
  const write = (values: Readonly<Record<string, string>>) =>
    server.write(client.status.get().identity?.identityId ?? '', 'notes', values);
  return { client, write };
}

test('tells of what neither a value nor the state shows, for each user who comes', async () => {
  const { client } = openClient();
  const notes = client.dataset('notes');
  const seen: boolean[] = [];
  const unwatch = watchRecords(notes, () => seen.push(keptRecord(notes, 'a')?.sent !== undefined));
  // The guest gets an identity, and with it a replica of its own.
  await notes.set('a', 'one');
  await notes.sync();
  await notes.set('a', 'two');
  seen.length = 0;
  await notes.sync();
  expect(seen).toContain(true);
  expect(seen.at(-1)).toBe(false);

  unwatch();
  seen.length = 0;
  await notes.set('a', 'three');
  await client.signOut();
  expect(seen).toEqual([]);
});

test('finds a record by the key of the app, however the service calls it', async () => {
  const { client } = openClient();
  const codec: Codec = {
    ...textCodec,
    encodeKey: async (key) => btoa(key),
    decodeKey: async (storedKey) => atob(storedKey),
  };
  const notes = client.dataset('notes', { codec });
  expect(keptRecord(notes, 'a')).toBeUndefined();
  await notes.set('a', 'one');
  expect(keptRecord(notes, 'a')).toMatchObject({ key: btoa('a'), value: 'one', base: null });
  expect(keptRecord(notes, btoa('a'))).toBeUndefined();
});

test('finds what waits for a decision', async () => {
  const { client, write } = openClient();
  const notes = client.dataset('notes', { resolve: resolvers.defer });
  expect(conflictedRecords(notes)).toEqual([]);
  await notes.sync();
  await notes.set('a', 'here');
  await notes.set('b', 'here');
  write({ a: 'there' });
  await notes.sync();
  expect(conflictedRecords(notes)).toMatchObject([{ key: 'a', value: 'here', conflict: { value: 'there' } }]);
});
