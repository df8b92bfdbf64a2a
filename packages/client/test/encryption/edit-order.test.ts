import { encryptedCodec, KeyRing } from '@holdall/client/encryption';
import { expect, test } from 'vitest';
import { newKey, openDevice, openTestWorld } from './encrypted-devices.ts';

// Texts that take their time must not change what edits mean.

test('edits happen in the order in which they were asked for', async () => {
  const world = await openTestWorld();
  const { notes } = openDevice(world, { codec: encryptedCodec({ keys: new KeyRing(await newKey()) }) });
  await notes.ready;
  // The first takes longest to encrypt, and a removal takes no time at all.
  const edits = [
    notes.set('a', 'long'.repeat(150_000)),
    notes.set('a', 'short'),
    notes.set('b', 'long'.repeat(20_000)),
    notes.remove('b'),
  ];
  const refused = notes.set('c', () => 'no JSON').catch((error: unknown) => error);
  edits.push(notes.set('a', 'last'));
  await Promise.all(edits);
  expect(await refused).toMatchObject({ code: 'INVALID' });
  expect(await notes.all()).toEqual({ a: 'last' });
});

test('no update is lost, with hidden keys either', async () => {
  const world = await openTestWorld();
  const key = await newKey();
  const { notes } = openDevice(world, {
    codec: encryptedCodec({ keys: new KeyRing(key), hideKeysWith: key }),
  });
  const add = () => notes.update('count', (count = 0) => Number(count) + 1);
  await Promise.all(Array.from({ length: 20 }, add));
  expect(await notes.get('count')).toBe(20);
});

test('an edit of what is still being read waits for it', async () => {
  const world = await openTestWorld();
  const [right, wrong] = [await newKey(), await newKey()];
  const codec = (key: typeof right) => ({ codec: encryptedCodec({ keys: new KeyRing(key) }) });
  const phone = openDevice(world, codec(right));
  await phone.notes.set('a', 1);
  await phone.notes.sync();
  const laptop = openDevice(world, codec(right));
  const stranger = openDevice(world, codec(wrong));
  const edits: Promise<unknown>[] = [];
  // The state changes when the text has come, before it is read.
  for (const { notes } of [laptop, stranger]) {
    const stop = notes.state.subscribe(() => {
      if (notes.state.get().syncCount === 0) return;
      stop();
      expect(notes.peek('a')).toBeUndefined();
      edits.push(notes.remove('a').catch(() => 'refused'));
      edits.push(
        notes.update('a', (value) => (value === 1 ? undefined : 'overwritten')).catch(() => 'refused'),
      );
      edits.push(notes.set('a', 'overwritten').catch(() => 'refused'));
    });
    await notes.sync();
  }
  expect(await Promise.all(edits)).toEqual([
    undefined,
    undefined,
    undefined,
    'refused',
    'refused',
    'refused',
  ]);
  expect(await laptop.notes.get('a')).toBe('overwritten');
});

test('a removal waits too, and does not keep the reading from going on', async () => {
  const world = await openTestWorld();
  const keys = new KeyRing(await newKey());
  const [phone, laptop] = [1, 2].map(() => openDevice(world, { codec: encryptedCodec({ keys }) })) as [
    ReturnType<typeof openDevice>,
    ReturnType<typeof openDevice>,
  ];
  await phone.notes.set('a', 1);
  await phone.notes.sync();
  let removal: Promise<void> | undefined;
  laptop.notes.state.subscribe(() => {
    if (laptop.notes.state.get().syncCount > 0) removal ??= laptop.notes.remove('a');
  });
  await laptop.notes.sync();
  await removal;
  expect(removal).toBeDefined();
  expect(await laptop.notes.all()).toEqual({});
});

test('an edit that is being encrypted when the user leaves stays that user’s', async () => {
  const world = await openTestWorld();
  const key = await newKey();
  const { client, notes } = openDevice(world, { codec: encryptedCodec({ keys: new KeyRing(key) }) });
  await notes.sync();
  const written = notes.set('a', 'long'.repeat(150_000));
  await client.signOut();
  await written;
  expect(await notes.all()).toEqual({});
});
