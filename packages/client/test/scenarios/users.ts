import { type IdentityProvider, resolvers, type SyncClient } from '@holdall/client';
import { equal, failure, holds } from './check.ts';
import { network, onceBefore, times } from './network.ts';
import { type Scenario, type Stage, scenario } from './stage.ts';

// Guests, users who sign in and out, and who gets to see what.

const identityOf = (client: SyncClient) => client.status.get().identity;

const numbers = {
  codec: { encode: (value: unknown) => `${value}`, decode: (text: string) => Number(text) },
  resolve: resolvers.counter,
};
const openCounts = (client: SyncClient) => client.dataset<{ count: number }>('counts', numbers);
const countOne = (client: SyncClient) => openCounts(client).update('count', (count = 0) => count + 1);

/** Somebody who is somebody at the service already, with `theme: of the user` on another device. */
async function knownUser(stage: Stage, name?: string) {
  const client = await stage.device().open({ identity: stage.user(name) });
  await client.dataset('settings').set('theme', 'of the user');
  await client.dataset('settings').sync();
  return client;
}

/** What a device that comes new to it finds. */
async function remote(stage: Stage, identity: IdentityProvider): Promise<Readonly<Record<string, string>>> {
  const client = await stage.device().open({ identity });
  const settings = client.dataset('settings');
  await settings.sync();
  return { ...(await settings.all()) } as Readonly<Record<string, string>>;
}

const noNetwork = (): Promise<never> => Promise.reject(new TypeError('no network'));

export const userScenarios: readonly Scenario[] = [
  scenario('a guest is the same guest after a restart, and another one on another device', async (stage) => {
    const device = stage.device();
    const ids: (string | undefined)[] = [];
    for (const opened of [device, device, stage.device()]) {
      const client = await opened.open();
      await client.dataset('settings').set('theme', 'dark');
      await client.dataset('settings').sync();
      ids.push(identityOf(client)?.identityId);
      await client[Symbol.asyncDispose]();
    }
    holds(ids[0] === ids[1] && ids[0] !== ids[2], `the ids ${ids}`);
  }),

  scenario('a guest who signs in for the first time keeps the identity and the data', async (stage) => {
    const client = await stage.device().open();
    const settings = client.dataset('settings');
    await settings.set('theme', 'dark');
    await settings.sync();
    const guest = identityOf(client);
    await settings.set('font', 'not sent yet');
    const user = await client.signIn(stage.user());
    equal([guest?.guest, user.identityId === guest?.identityId], [true, true], 'the identity');
    equal([identityOf(client)?.guest, identityOf(client)?.user !== undefined], [false, true], 'the status');
    await settings.sync();
    equal(await remote(stage, stage.user()), { theme: 'dark', font: 'not sent yet' }, 'another device');
  }),

  scenario(
    'an app that is opened with the login, instead of signing in, ends the guest all the same',
    async (stage) => {
      const device = stage.device();
      const first = await device.open();
      await first.dataset('settings').set('theme', 'of ann');
      await first.dataset('settings').sync();
      const { identityId } = identityOf(first) ?? {};
      await first[Symbol.asyncDispose]();
      const second = await device.open({ identity: stage.user('ann') });
      await second.dataset('settings').sync();
      equal([identityOf(second)?.identityId === identityId, identityOf(second)?.guest], [true, false], 'ann');
      await second.dataset('settings').set('font', 'of ann');
      await second.signIn(stage.user('bob'));
      equal(await second.dataset('settings').all(), {}, 'what bob sees');
      await second[Symbol.asyncDispose]();
      const third = await device.open({ identity: stage.user('ann') });
      await third.dataset('settings').sync();
      equal(
        await third.dataset('settings').all(),
        { theme: 'of ann', font: 'of ann' },
        'what ann finds again',
      );
    },
  ),

  scenario(
    'a guest who turns out to be a known user is merged: what both have is decided, the rest is there',
    async (stage) => {
      const known = await knownUser(stage);
      const client = await stage.device().open();
      const settings = client.dataset('settings', { resolve: resolvers.remote });
      await settings.set('theme', 'of the guest');
      await settings.set('font', 'of the guest');
      await settings.sync();
      await settings.set('size', 'not sent yet');
      const { identityId } = await client.signIn(stage.user());
      equal(identityOf(known)?.identityId, identityId, 'the identity');
      const { merged } = await settings.sync();
      equal(merged.length, 1, 'merged datasets');
      await known.dataset('settings').sync();
      const { theme, ...rest } = await known.dataset('settings').all();
      equal(rest, { font: 'of the guest', size: 'not sent yet' }, 'what only the guest had');
      equal([await settings.get('theme'), theme !== undefined], [theme, true], 'what both had');
    },
  ),

  scenario('a guest who was never heard of becomes the user too', async (stage) => {
    await knownUser(stage);
    const client = await stage.device().open({ fetch: noNetwork });
    await client.dataset('settings').set('font', 'of the guest');
    await failure(client.signIn(stage.user()), 'AUTH').catch(() => undefined);
    equal(
      [identityOf(client), await client.dataset('settings').all()],
      [undefined, { font: 'of the guest' }],
      'nothing has changed',
    );
    const device = stage.device();
    const offline = await device.open();
    await offline.dataset('settings').set('font', 'of the guest');
    await offline.signIn(stage.user());
    await offline.dataset('settings').sync();
    equal(
      await remote(stage, stage.user()),
      { theme: 'of the user', font: 'of the guest' },
      'another device',
    );
  }),

  scenario(
    'many devices fold merged guests in at the same time, and each count counts once',
    async (stage) => {
      const devices = await Promise.all([1, 2, 3, 4].map(() => stage.device().open()));
      for (const client of devices) {
        await countOne(client);
        await openCounts(client).sync();
        // Not sent yet when the user signs in.
        await countOne(client);
      }
      for (const client of devices) await client.signIn(stage.user());
      for (let round = 0; round < 4; round++) {
        // Who is faster differs; who gives up comes again.
        const syncs = await Promise.allSettled(devices.map((client) => openCounts(client).sync()));
        for (const sync of syncs)
          if (sync.status === 'rejected') equal(sync.reason.code, 'CONFLICT', 'the only reason to fail');
      }
      for (const client of devices) await openCounts(client).sync();
      for (const client of devices) {
        equal(
          [await openCounts(client).get('count'), openCounts(client).state.get().pending],
          [8, 0],
          'a device',
        );
      }
    },
  ),

  scenario('data of a guest is kept unseen, or erased, when the app says so', async (stage) => {
    for (const guestData of ['keep', 'discard'] as const) {
      const name = `ann ${guestData}`;
      await knownUser(stage, name);
      const device = stage.device();
      const client = await device.open();
      await client.dataset('settings').set('font', 'of the guest');
      await client.dataset('drafts').set('text', 'of the guest');
      await client.dataset('drafts').sync();
      const guest = identityOf(client)?.identityId ?? '';
      await client.signIn(stage.user(name), { guestData });
      equal(
        [await client.dataset('settings').all(), await client.dataset('drafts').all()],
        [{}, {}],
        'what the user sees',
      );
      const kept = await device.kept(guest, 'drafts');
      equal(kept?.records.length, guestData === 'keep' ? 1 : undefined, `the guest's own, ${guestData}`);
    }
  }),

  scenario('signing out keeps the data unseen until the user comes back', async (stage) => {
    const client = await stage.device().open({ identity: stage.guest() });
    const settings = client.dataset('settings');
    await client.signIn(stage.user());
    await settings.set('theme', 'not sent yet');
    await client.signOut();
    equal(
      [identityOf(client), await settings.all(), await client.listDatasets()],
      [undefined, {}, []],
      'nobody',
    );
    await client.signIn(stage.user());
    equal([await settings.get('theme'), settings.state.get().pending], ['not sent yet', 1], 'the user again');
  }),

  scenario('signing out with erasure is refused while something is not sent', async (stage) => {
    const device = stage.device();
    const client = await device.open({ identity: stage.guest() });
    const settings = client.dataset('settings');
    const { identityId } = await client.signIn(stage.user());
    await settings.set('theme', 'dark');
    const { dataset } = await failure(client.signOut({ localData: 'erase' }), 'UNSYNCED');
    equal(
      [dataset, await settings.get('theme'), identityOf(client)?.identityId],
      ['settings', 'dark', identityId],
      'nothing has changed',
    );
    await settings.sync();
    await client.signOut({ localData: 'erase' });
    equal(await device.kept(identityId, 'settings'), undefined, 'what is kept');
    await client.signIn(stage.user());
    await settings.set('font', 'given up');
    await client.signOut({ localData: 'erase', discardUnsynced: true });
    equal(await device.kept(identityId, 'settings'), undefined, 'what is kept');
    equal(await remote(stage, stage.user()), { theme: 'dark' }, 'the service');
  }),

  scenario('a sync that runs when the user changes ends, and brings nothing to the next', async (stage) => {
    const arrived = Promise.withResolvers<void>();
    const stuck = network(
      onceBefore('ListRecords', async () => {
        arrived.resolve();
        await new Promise(() => {});
      }),
    );
    const client = await stage.device().open({ identity: stage.user('ann'), fetch: stuck.fetch });
    const settings = client.dataset('settings');
    await settings.set('theme', 'of ann');
    const sync = failure(settings.sync(), 'ABORTED');
    await arrived.promise;
    const signedIn = client.signIn(stage.user('bob'));
    const late = settings.set('font', 'written while the user changes');
    await signedIn;
    equal((await sync).retryable, true, 'it may be called again');
    await late;
    await settings.set('size', 'of bob');
    await settings.sync();
    const ofBob = await remote(stage, stage.user('bob'));
    equal([ofBob.theme, ofBob.size], [undefined, 'of bob'], 'the service has of bob');
    const places = [await settings.get('font'), ofBob.font];
    await client.signIn(stage.user('ann'));
    await settings.sync();
    const ofAnn = await remote(stage, stage.user('ann'));
    equal(ofAnn.theme, 'of ann', 'the service has of ann');
    // It is one user's: whose, depends on which came first.
    holds(
      (places[0] !== undefined) !== (ofAnn.font !== undefined) && places[0] === places[1],
      `places ${places}, ${ofAnn.font}`,
    );
  }),

  scenario('an app that starts offline opens the data of the user of last time', async (stage) => {
    const device = stage.device();
    const online = await device.open({ identity: stage.user() });
    await online.dataset('settings').set('theme', 'dark');
    await online.dataset('settings').sync();
    const identity = identityOf(online);
    await online[Symbol.asyncDispose]();
    const offline = await device.open({ identity: stage.user(), fetch: noNetwork });
    equal(await offline.dataset('settings').all(), { theme: 'dark' }, 'the data');
    await offline.ready();
    equal(identityOf(offline), identity, 'the user');
    await offline.dataset('settings').set('font', 'offline');
    await offline[Symbol.asyncDispose]();
    const again = await device.open({ identity: stage.user() });
    equal((await again.dataset('settings').sync()).pushed.added, ['font'], 'what was sent later');
  }),

  scenario(
    'an app that starts offline as another user does not open the data of the one before',
    async (stage) => {
      const device = stage.device();
      const ann = await device.open({ identity: stage.user('ann') });
      await ann.dataset('settings').set('theme', 'of ann');
      await ann.dataset('settings').sync();
      await ann[Symbol.asyncDispose]();
      const bob = await device.open({ identity: stage.user('bob'), fetch: noNetwork });
      equal([await bob.dataset('settings').all(), identityOf(bob)], [{}, undefined], 'what bob sees');
      await bob.dataset('settings').set('font', 'of bob');
      await bob[Symbol.asyncDispose]();
      const annAgain = await device.open({ identity: stage.user('ann') });
      await annAgain.dataset('settings').sync();
      equal(await annAgain.dataset('settings').all(), { theme: 'of ann' }, 'what ann sees');
      await annAgain[Symbol.asyncDispose]();
      const bobAgain = await device.open({ identity: stage.user('bob') });
      await bobAgain.dataset('settings').sync();
      equal(await bobAgain.dataset('settings').all(), { font: 'of bob' }, 'what bob finds again');
    },
  ),

  scenario(
    'what a user wrote whom the service does not know yet is theirs, and not the next one’s',
    async (stage) => {
      const client = await stage.device().open({ identity: stage.user('ann') });
      const settings = client.dataset('settings');
      await settings.set('theme', 'of ann');
      await client.signIn(stage.user('bob'));
      equal([await settings.all(), await client.listDatasets()], [{}, []], 'what bob sees');
      await settings.sync();
      await client.signIn(stage.user('ann'));
      equal((await settings.sync()).pushed.added, ['theme'], 'what ann finds again');
      equal(await remote(stage, stage.user('bob')), {}, 'what the service has of bob');
    },
  ),

  scenario(
    'credentials that are about to expire are renewed before, refused ones once after',
    async (stage) => {
      const provider = stage.user();
      let asked = 0;
      let lifetimeMs = 30_000;
      const counting: IdentityProvider = {
        ...provider,
        async credentials(identity, request) {
          asked += 1;
          return { ...(await provider.credentials(identity, request)), expiresAt: Date.now() + lifetimeMs };
        },
      };
      const refusing = network({
        before: ({ operation }) => {
          if (operation !== 'ListRecords' || times(refusing, 'ListRecords') !== 4) return undefined;
          return new Response('{"message":"expired"}', {
            status: 403,
            headers: { 'x-amzn-errortype': 'NotAuthorizedException' },
          });
        },
      });
      const client = await stage.device().open({ identity: counting, fetch: refusing.fetch });
      const settings = client.dataset('settings');
      await settings.sync();
      await settings.sync();
      equal(asked, 2, 'renewed for each sync, as they end within a minute');
      lifetimeMs = 3_600_000;
      await settings.sync();
      equal(asked, 3, 'good for an hour');
      await settings.sync();
      equal([asked, times(refusing, 'ListRecords')], [4, 5], 'renewed once, after they were refused');
    },
  ),

  scenario('a login that belongs to somebody else is an error, and nobody’s data moves', async (stage) => {
    const ann = stage.user('ann');
    const bob = stage.user('bob');
    const device = stage.device();
    const client = await device.open({ identity: ann });
    await client.dataset('settings').set('theme', 'of ann');
    await client.dataset('settings').sync();
    await client[Symbol.asyncDispose]();
    // The app says it is still ann, and gives tokens of bob.
    const mixed: IdentityProvider = {
      ...ann,
      identity: ann.identity.bind(ann),
      credentials: bob.credentials.bind(bob),
    };
    const wrong = await device.open({ identity: mixed });
    await wrong.dataset('settings').set('font', 'of ann');
    await failure(wrong.dataset('settings').sync(), 'AUTH');
    equal(await remote(stage, bob), {}, 'what the service has of bob');
  }),
];
