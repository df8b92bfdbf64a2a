import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Library, type Service, startService, type User } from './devices.ts';
import { type Conflict, promised, synchronized } from './legacy-api.ts';

// An app on amazon-cognito-js and the same app on the facade, on two devices of one user.

let service: Service;
beforeAll(async () => {
  service = await startService();
});
afterAll(() => service.close());

const pairs: [Library, Library][] = [
  ['amazon-cognito-js', 'facade'],
  ['facade', 'amazon-cognito-js'],
  ['facade', 'facade'],
];

describe.each(pairs)('%s and %s', (first, second) => {
  /** Both know `theme: light`; the first has sent `dark` since, the second has `sepia`. */
  async function inConflict(user: User) {
    const [phone, tablet] = [await service.open(first, user), await service.open(second, user)];
    await promised((done) => phone.dataset.put('theme', 'light', done));
    await synchronized(phone.dataset);
    await synchronized(tablet.dataset);
    await promised((done) => phone.dataset.put('theme', 'dark', done));
    await synchronized(phone.dataset);
    await promised((done) => tablet.dataset.put('theme', 'sepia', done));
    return { phone, tablet };
  }

  const get = (device: Awaited<ReturnType<Service['open']>>, key: string) =>
    promised<string | undefined>((done) => device.dataset.get(key, done));

  test('what one writes, the other reads', async () => {
    const user = await service.newUser();
    const [phone, tablet] = [await service.open(first, user), await service.open(second, user)];
    const values = { theme: 'dark', greeting: 'Grüß Gott 👋', 'a.b:c-d_e': 'odd key' };
    await promised((done) => phone.dataset.putAll(values, done));
    await synchronized(phone.dataset);
    await synchronized(tablet.dataset);
    expect(await promised((done) => tablet.dataset.getAll(done))).toEqual(values);
    await promised((done) => tablet.dataset.put('theme', 'light', done));
    await synchronized(tablet.dataset);
    await synchronized(phone.dataset);
    expect(await get(phone, 'theme')).toBe('light');
  });

  test('a conflict that nobody resolves ends the synchronization and changes neither side', async () => {
    const user = await service.newUser();
    const { tablet } = await inConflict(user);
    await expect(synchronized(tablet.dataset)).rejects.toThrow();
    expect([await get(tablet, 'theme'), await service.content(user)]).toEqual(['sepia', { theme: 'dark' }]);
    // It is there again the next time.
    await expect(synchronized(tablet.dataset)).rejects.toThrow();
  });

  test.each<[string, (conflict: Conflict) => ReturnType<Conflict['resolveWithLocalRecord']>, string]>([
    ['the local record', (conflict) => conflict.resolveWithLocalRecord(), 'sepia'],
    ['the remote record', (conflict) => conflict.resolveWithRemoteRecord(), 'dark'],
    [
      'a third value',
      (conflict) =>
        conflict.resolveWithValue(
          `${conflict.getRemoteRecord().getValue()}+${conflict.getLocalRecord().getValue()}`,
        ),
      'dark+sepia',
    ],
  ])('a conflict can be resolved with %s', async (_, resolve, outcome) => {
    const user = await service.newUser();
    const { phone, tablet } = await inConflict(user);
    await synchronized(tablet.dataset, {}, resolve);
    await synchronized(phone.dataset);
    expect([await get(phone, 'theme'), await get(tablet, 'theme')]).toEqual([outcome, outcome]);
    expect(await service.content(user)).toEqual({ theme: outcome });
  });

  test('what one removes is gone from the other', async () => {
    const user = await service.newUser();
    const [phone, tablet] = [await service.open(first, user), await service.open(second, user)];
    await promised((done) => phone.dataset.putAll({ theme: 'dark', font: 'serif' }, done));
    await synchronized(phone.dataset);
    await synchronized(tablet.dataset);
    await promised((done) => phone.dataset.remove('theme', done));
    await synchronized(phone.dataset);
    await synchronized(tablet.dataset);
    // What amazon-cognito-js makes of it is the empty text.
    expect((await get(tablet, 'theme')) || undefined).toBeUndefined();
    expect(await service.content(user)).toEqual({ font: 'serif', theme: null });
  });
});
