import { type Conflict, guest, jsonCodec, resolvers, SyncError } from '@holdall/client';
import { DecryptionError, encryptedCodec, KeyRing, reencrypt } from '@holdall/client/encryption';
import { expect, test } from 'vitest';
import { newKey, openDevice, openTestWorld, remoteTexts, signedInAs } from './encrypted-devices.ts';

test.each([false, true])('two devices read each other; hidden keys: %s', async (hides) => {
  const world = await openTestWorld();
  const key = await newKey();
  const options = () => ({
    codec: encryptedCodec({ keys: new KeyRing(key), ...(hides && { hideKeysWith: key }) }),
  });
  const [phone, laptop] = [openDevice(world, options()), openDevice(world, options())];
  await phone.notes.set('shopping', ['milk']);
  await phone.notes.sync();
  const told: unknown[] = [];
  laptop.notes.subscribe((changes) => told.push(changes));
  const { pulled } = await laptop.notes.sync();
  expect(pulled.added).toEqual(['shopping']);
  expect(await laptop.notes.all()).toEqual({ shopping: ['milk'] });
  expect(told).toEqual([{ origin: 'remote', added: ['shopping'], updated: [], removed: [] }]);
  expect(await laptop.notes.keys()).toEqual(['shopping']);
  await laptop.notes.remove('shopping');
  const { pushed } = await laptop.notes.sync();
  expect(pushed.removed).toEqual(['shopping']);
  const gone = await phone.notes.sync();
  expect(gone.pulled.removed).toEqual(['shopping']);
  expect(await phone.notes.all()).toEqual({});
  expect(await remoteTexts(world, phone)).toEqual({});
  expect(world.faults).toEqual([]);
});

test('equal values are no conflict although their texts differ, and tombstones count as ever', async () => {
  const world = await openTestWorld();
  const key = await newKey();
  let asked = 0;
  const resolve = () => {
    asked += 1;
    return { use: 'local' as const };
  };
  const options = () => ({ codec: encryptedCodec({ keys: new KeyRing(key) }), resolve });
  const [phone, laptop] = [openDevice(world, options()), openDevice(world, options())];
  await phone.notes.set('a', { same: 1 });
  await laptop.notes.set('a', { same: 1 });
  await phone.notes.sync();
  await laptop.notes.sync();
  expect([asked, laptop.notes.state.get().pending]).toEqual([0, 0]);
  // Both remove it.
  await phone.notes.remove('a');
  await laptop.notes.remove('a');
  await phone.notes.sync();
  await laptop.notes.sync();
  expect([asked, laptop.notes.state.get().pending]).toEqual([0, 0]);
  // One removes it, the other edits it.
  await phone.notes.set('b', 1);
  await phone.notes.sync();
  await laptop.notes.sync();
  await phone.notes.remove('b');
  await laptop.notes.set('b', 2);
  await phone.notes.sync();
  await laptop.notes.sync();
  await phone.notes.sync();
  expect(asked).toBe(1);
  expect([await phone.notes.get('b'), await laptop.notes.get('b')]).toEqual([2, 2]);
});

test('resolvers see values, and counters count', async () => {
  const world = await openTestWorld();
  const key = await newKey();
  const options = () => ({
    codec: encryptedCodec({ keys: new KeyRing(key), hideKeysWith: key }),
    resolve: { count: resolvers.counter },
  });
  const [phone, laptop] = [openDevice(world, options()), openDevice(world, options())];
  const add = (to: typeof phone, by: number) => to.notes.update('count', (count = 0) => Number(count) + by);
  await add(phone, 5);
  await phone.notes.sync();
  await laptop.notes.sync();
  await Promise.all([add(phone, 1), add(phone, 1), add(laptop, 10)]);
  for (const device of [phone, laptop, phone]) await device.notes.sync();
  expect([await phone.notes.get('count'), await laptop.notes.get('count')]).toEqual([17, 17]);
});

test('with the wrong key nothing is overwritten, here or there', async () => {
  const world = await openTestWorld();
  const [right, wrong] = [await newKey(), await newKey()];
  const phone = openDevice(world, { codec: encryptedCodec({ keys: new KeyRing(right) }) });
  await phone.notes.set('a', 'precious');
  await phone.notes.sync();
  const before = await remoteTexts(world, phone);

  const keys = new KeyRing(wrong);
  const laptop = openDevice(world, { codec: encryptedCodec({ keys }) });
  await laptop.notes.sync();
  expect(laptop.notes.state.get()).toMatchObject({ unreadable: 1, pending: 0 });
  expect(laptop.notes.peek('a')).toBeUndefined();
  const error = await laptop.notes.get('a').catch((error: unknown) => error);
  expect(error).toBeInstanceOf(SyncError);
  expect(error).toMatchObject({ code: 'INVALID', dataset: 'notes', key: 'a', retryable: false });
  expect((error as SyncError).cause).toBeInstanceOf(DecryptionError);
  expect((error as SyncError).cause).toMatchObject({ reason: 'unknown-key', keyId: right.id });

  const refused = { code: 'INVALID', cause: { reason: 'unknown-key' } };
  await expect(laptop.notes.set('a', 'mine')).rejects.toMatchObject(refused);
  await expect(laptop.notes.remove('a')).rejects.toMatchObject(refused);
  await expect(laptop.notes.update('a', () => 'mine')).rejects.toMatchObject(refused);
  const both = laptop.notes.transact((it) => {
    it.set('b', 1);
    it.set('a', 2);
  });
  await expect(both).rejects.toMatchObject(refused);
  expect(await laptop.notes.all()).toEqual({});
  expect(await reencrypt(laptop.notes)).toBe(0);
  await laptop.notes.sync();
  expect(await remoteTexts(world, phone)).toEqual(before);

  // With the right key it is all there.
  keys.add(right);
  await laptop.notes.reread();
  expect(laptop.notes.state.get().unreadable).toBe(0);
  expect(await laptop.notes.get('a')).toBe('precious');
});

test('what was written with the wrong key before it was known is not sent over what is there', async () => {
  const world = await openTestWorld();
  const [right, wrong] = [await newKey(), await newKey()];
  const phone = openDevice(world, { codec: encryptedCodec({ keys: new KeyRing(right) }) });
  await phone.notes.set('a', 'precious');
  await phone.notes.sync();
  const before = await remoteTexts(world, phone);
  const laptop = openDevice(world, { codec: encryptedCodec({ keys: new KeyRing(wrong) }) });
  await laptop.notes.set('a', 'mine');
  expect(await laptop.notes.sync()).toMatchObject({ deferred: ['a'] });
  expect(await laptop.notes.get('a')).toBe('mine');
  expect(laptop.notes.state.get()).toMatchObject({ pending: 0, conflicts: 1, error: undefined });
  expect(await remoteTexts(world, phone)).toEqual(before);
  await phone.notes.sync();
  expect(await phone.notes.get('a')).toBe('precious');
});

test('a lost key can be given up, on purpose', async () => {
  const world = await openTestWorld();
  const phone = openDevice(world, { codec: encryptedCodec({ keys: new KeyRing(await newKey()) }) });
  await phone.notes.transact((it) => ['a', 'b'].map((key) => it.set(key, 'lost')));
  await phone.notes.sync();
  const laptop = openDevice(world, { codec: encryptedCodec({ keys: new KeyRing(await newKey()) }) });
  await laptop.notes.sync();
  await laptop.notes.set('a', 'new', { replaceUnreadable: true });
  await laptop.notes.remove('b', { replaceUnreadable: true });
  await laptop.notes.sync();
  expect(await laptop.notes.all()).toEqual({ a: 'new' });
  expect(Object.keys(await remoteTexts(world, laptop))).toEqual(['a']);
  expect(laptop.notes.state.get().unreadable).toBe(0);
});

test('rewriting is no edit: whoever edits goes first, even with an older clock', async () => {
  const world = await openTestWorld();
  const [one, two] = [await newKey(), await newKey()];
  const [phoneKeys, laptopKeys] = [new KeyRing(one, two), new KeyRing(one, two)];
  let asked = 0;
  const resolve = (conflict: Conflict) => {
    asked += 1;
    return resolvers.lastWriter(conflict);
  };
  const phone = openDevice(world, { codec: encryptedCodec({ keys: phoneKeys }), resolve });
  const laptop = openDevice(world, { codec: encryptedCodec({ keys: laptopKeys }), resolve });
  await phone.notes.transact((it) => ['a', 'b', 'c'].map((key) => it.set(key, 'old')));
  await phone.notes.sync();
  await laptop.notes.sync();

  // The laptop edits offline first, the phone rewrites everything later, and sends it first.
  await laptop.notes.set('a', 'edited');
  phoneKeys.rotateTo(two);
  const times = async () => {
    const [{ records = [] } = {}] = await phone.client.inspect();
    return records.map(({ key, changedAt }) => ({ key, changedAt }));
  };
  const before = await times();
  expect(await reencrypt(phone.notes)).toBe(3);
  expect(await times()).toEqual(before);
  expect(await reencrypt(phone.notes)).toBe(0);
  await phone.notes.sync();
  await laptop.notes.sync();
  // And the other way: an edit is there when what was rewritten arrives.
  await phone.notes.sync();
  expect([await phone.notes.get('a'), await laptop.notes.get('a')]).toEqual(['edited', 'edited']);
  await phone.notes.set('b', 'edited too');
  laptopKeys.rotateTo(two);
  await reencrypt(laptop.notes);
  await phone.notes.sync();
  await laptop.notes.sync();
  await phone.notes.sync();
  expect(asked).toBe(0);
  const expected = { a: 'edited', b: 'edited too', c: 'old' };
  expect([await phone.notes.all(), await laptop.notes.all()]).toEqual([expected, expected]);
  for (const text of Object.values(await remoteTexts(world, phone))) expect(text).toContain(`h1.${two.id}.`);
});

test('two devices that rewrite at once agree', async () => {
  const world = await openTestWorld();
  const [one, two] = [await newKey(), await newKey()];
  const rings = [new KeyRing(one), new KeyRing(one)];
  const [phone, laptop] = rings.map((keys) =>
    openDevice(world, { codec: encryptedCodec({ keys }), resolve: { count: resolvers.counter } }),
  ) as [ReturnType<typeof openDevice>, ReturnType<typeof openDevice>];
  await phone.notes.set('count', 3);
  await phone.notes.sync();
  await laptop.notes.sync();
  for (const keys of rings) keys.rotateTo(two);
  await Promise.all([reencrypt(phone.notes), reencrypt(laptop.notes)]);
  await phone.notes.sync();
  const { pushed } = await laptop.notes.sync();
  expect(pushed).toEqual({ added: [], updated: [], removed: [] });
  await phone.notes.sync();
  expect([await phone.notes.get('count'), await laptop.notes.get('count')]).toEqual([3, 3]);
});

test.each([false, true])('a guest signs in and the service merges; hidden keys: %s', async (hides) => {
  const world = await openTestWorld();
  const key = await newKey();
  const options = () => ({
    codec: encryptedCodec({ keys: new KeyRing(key), ...(hides && { hideKeysWith: key }) }),
    resolve: { log: resolvers.set },
  });
  const laptop = openDevice(world, options());
  await laptop.notes.transact((it) => {
    it.set('log', ['laptop']);
    it.set('only there', 1);
  });
  await laptop.notes.sync();

  const phone = openDevice(world, options(), { identity: guest({ identityPoolId: world.identityPoolId }) });
  await phone.notes.transact((it) => {
    it.set('log', ['phone']);
    it.set('only here', 2);
  });
  await phone.notes.sync();
  await phone.client.signIn(signedInAs(world, 'ann'));
  const { merged } = await phone.notes.sync();
  expect(merged).toHaveLength(1);
  await laptop.notes.sync();
  const all = await laptop.notes.all();
  expect(new Set(all.log as string[])).toEqual(new Set(['laptop', 'phone']));
  expect(all).toMatchObject({ 'only there': 1, 'only here': 2 });
  expect(await phone.notes.all()).toEqual(all);
  expect([phone, laptop].map(({ notes }) => notes.state.get().unreadable)).toEqual([0, 0]);
});

test('plain values move to encryption', async () => {
  const world = await openTestWorld();
  const old = openDevice(world, { codec: jsonCodec });
  await old.notes.transact((it) => Array.from({ length: 80 }, (_, index) => it.set(`k${index}`, { index })));
  await old.notes.sync();
  const keys = new KeyRing(await newKey());
  const phone = openDevice(world, { codec: encryptedCodec({ keys, readsPlain: jsonCodec }) });
  await phone.notes.sync();
  expect(await phone.notes.get('k7')).toEqual({ index: 7 });
  expect(await reencrypt(phone.notes)).toBe(80);
  await phone.notes.sync();
  const texts = Object.values(await remoteTexts(world, phone));
  expect(texts.filter((text) => !text.startsWith(`h1.${keys.newest.id}.`))).toEqual([]);
  const laptop = openDevice(world, { codec: encryptedCodec({ keys }) });
  await laptop.notes.sync();
  expect(await laptop.notes.all()).toEqual(await phone.notes.all());
  // The old app cannot read it any more, and does no harm.
  await old.notes.sync();
  await expect(old.notes.set('k7', 'plain')).rejects.toMatchObject({ code: 'INVALID' });
});

test('a dataset without encryption is not rewritten', async () => {
  const world = await openTestWorld();
  const plain = openDevice(world, { codec: jsonCodec });
  await expect(reencrypt(plain.notes)).rejects.toMatchObject({ code: 'INVALID', dataset: 'notes' });
});
