import { resolvers } from '@holdall/client';
import { equal, holds } from './check.ts';
import { network, times } from './network.ts';
import { type Scenario, scenario } from './stage.ts';

// What the old clients get wrong when the user changes.

export const oldUserBugs: readonly Scenario[] = [
  scenario(
    `the next user sees the datasets of the one before, and gets their data (aws-sdk-net#382, cognito-js 3.5)`,
    async (stage) => {
      const client = await stage.device().open({ identity: stage.user('ann') });
      const settings = client.dataset('settings');
      await settings.set('theme', 'of ann');
      await client.dataset('secrets').set('pin', '1234');
      await settings.sync();
      await settings.set('theme', 'of ann, not sent');
      await client.signIn(stage.user('bob'));
      equal([await client.listDatasets(), await settings.all()], [[], {}], 'what bob sees');
      await client.syncAll();
      const other = await stage.device().open({ identity: stage.user('bob') });
      await other.dataset('settings').sync();
      equal(await other.dataset('settings').all(), {}, 'what the service has of bob');
      await client.signIn(stage.user('ann'));
      equal(
        [await settings.get('theme'), settings.state.get().pending],
        ['of ann, not sent', 1],
        'what ann finds again',
      );
    },
  ),

  scenario(
    'a user whose dataset exists already breaks the sign-in (aws-sdk-android-samples#79, aws-sdk-unity#13, #30)',
    async (stage) => {
      const device = stage.device();
      const client = await device.open({ identity: stage.user('ann') });
      const settings = client.dataset('settings');
      for (const user of ['bob', 'ann', 'bob', 'ann']) {
        await settings.set('theme', 'again');
        await client.signIn(stage.user(user));
      }
      await client.signOut();
      await settings.set('font', 'of a guest');
      await client.signIn(stage.user('ann'));
      equal(await settings.all(), { theme: 'again', font: 'of a guest' }, 'what ann has');
    },
  ),

  scenario('the bookmark of one user is used for the next (aws-sdk-net#415)', async (stage) => {
    const watched = network();
    const client = await stage.device().open({ identity: stage.user('ann'), fetch: watched.fetch });
    const settings = client.dataset('settings');
    for (const value of ['1', '2', '3']) {
      await settings.set('theme', value);
      await settings.sync();
    }
    const [other] = await stage.devices(1, { identity: stage.user('bob') });
    await other?.dataset('settings').set('font', 'of bob');
    await other?.dataset('settings').sync();
    await client.signIn(stage.user('bob'));
    const { syncCount } = await settings.sync();
    equal([syncCount, await settings.all()], [1, { font: 'of bob' }], 'what bob finds');
  }),

  scenario(
    'the identity of the pool stays when the user changes (aws-sdk-js#609, identity-js#378, #448, #491, aws-sdk-ios#1014, aws-sdk-android#610)',
    async (stage) => {
      const client = await stage.device().open({ identity: stage.guest() });
      const ids: (string | undefined)[] = [];
      for (const user of ['ann', 'bob', 'ann']) ids.push((await client.signIn(stage.user(user))).identityId);
      await client.signOut();
      await client.dataset('settings').sync();
      ids.push(client.status.get().identity?.identityId);
      equal([new Set(ids).size, ids[0] === ids[2]], [3, true], 'two users and a guest');
    },
  ),

  scenario(
    'wiping keeps the identity (aws-sdk-unity#81), and wipes what belongs to others (cognito-js#35)',
    async (stage) => {
      const device = stage.device();
      const client = await device.open({ identity: stage.user('ann') });
      await client.dataset('settings').set('theme', 'of ann');
      await client.dataset('settings').sync();
      const ann = client.status.get().identity?.identityId ?? '';
      const bob = (await client.signIn(stage.user('bob'))).identityId;
      await client.dataset('settings').set('theme', 'of bob');
      const store = device.store();
      await store.setNote('of the app', 'stays');
      await client.signOut({ localData: 'erase', discardUnsynced: true, next: stage.guest() });
      equal(
        [await device.kept(bob, 'settings'), await store.note('of the app')],
        [undefined, 'stays'],
        'bob, and a note',
      );
      holds((await device.kept(ann, 'settings')) !== undefined, 'ann is kept');
      await store.close();
      await client.dataset('settings').sync();
      const guest = client.status.get().identity;
      holds(guest?.guest === true && guest.identityId !== bob, 'the guest is somebody else');
    },
  ),

  scenario('data is missing after signing in again (cognito-js#41)', async (stage) => {
    const client = await stage.device().open({ identity: stage.guest() });
    const settings = client.dataset('settings');
    await client.signIn(stage.user());
    await settings.set('theme', 'dark');
    await client.signOut();
    equal(await settings.all(), {}, 'nobody');
    await client.signIn(stage.user());
    equal(await settings.get('theme'), 'dark', 'the user again');
  }),

  scenario('nobody knows whether an absent key was ever asked for (cognito-js#51)', async (stage) => {
    const [phone] = await stage.devices(1);
    await phone?.dataset('settings').set('theme', 'dark');
    await phone?.dataset('settings').sync();
    const client = await stage.device().open({ identity: stage.user(), autoSync: true });
    const settings = client.dataset('settings');
    await settings.ready;
    await settings.firstSync;
    equal(await settings.get('theme'), 'dark', 'after the first sync');
  }),

  scenario(
    'the merge of a guest calls what does not exist, or ends the sync (cognito-js#10, #34)',
    async (stage) => {
      const [phone] = await stage.devices(1);
      await phone?.dataset('settings').set('theme', 'of the user');
      await phone?.dataset('settings').sync();
      const client = await stage.device().open({ identity: stage.guest() });
      const settings = client.dataset('settings');
      await settings.set('font', 'of the guest');
      await settings.sync();
      await client.signIn(stage.user());
      await settings.sync();
      await phone?.dataset('settings').sync();
      const values = { theme: 'of the user', font: 'of the guest' };
      equal([await settings.all(), await phone?.dataset('settings').all()], [values, values], 'both devices');
    },
  ),

  scenario(
    'merged datasets pile up at the service (aws-sdk-net#360, PR#414), or merge twice (aws-sdk-unity-samples#8, aws-sdk-unity#60)',
    async (stage) => {
      const open = async () => {
        const client = await stage.device().open({ identity: stage.guest() });
        const dataset = client.dataset<{ count: number }>('counts', {
          codec: jsonText,
          resolve: resolvers.counter,
        });
        return { client, dataset };
      };
      const devices = [await open(), await open(), await open()];
      for (const { client, dataset } of devices) {
        await dataset.update('count', (count = 0) => count + 1);
        await dataset.sync();
        await client.signIn(stage.user());
      }
      for (let round = 0; round < 3; round++) for (const { dataset } of devices) await dataset.sync();
      equal(
        await Promise.all(devices.map(({ dataset }) => dataset.get('count'))),
        [3, 3, 3],
        'each counted once',
      );
      const names: string[] = [];
      for (const { client } of devices) {
        await client.asUser(async ({ identity, ask }) => {
          const path = `/identitypools/${encodeURIComponent(identity.identityPoolId)}/identities/${encodeURIComponent(identity.identityId)}/datasets`;
          const { Datasets } = (await ask('GET', path)) as { Datasets: { DatasetName: string }[] };
          names.push(...Datasets.map(({ DatasetName }) => DatasetName));
        });
      }
      equal(names, ['counts', 'counts', 'counts'], 'datasets at the service');
    },
  ),

  scenario(
    'credentials that are not there yet end the program (cognito-js#16, #43, identity-js#226, cognito-vue-bootstrap#11)',
    async (stage) => {
      const signedIn = Promise.withResolvers<void>();
      const later = stage.user();
      const watched = network();
      const client = await stage.device().open({
        fetch: watched.fetch,
        identity: { ...later, identity: (request) => signedIn.promise.then(() => later.identity(request)) },
      });
      await client.dataset('settings').set('theme', 'dark');
      const sync = client.dataset('settings').sync();
      equal(
        [times(watched, 'ListRecords'), await client.dataset('settings').get('theme')],
        [0, 'dark'],
        'before the login',
      );
      signedIn.resolve();
      equal((await sync).pushed.added, ['theme'], 'after the login');
    },
  ),
];

const jsonText = {
  encode: (value: unknown) => JSON.stringify(value),
  decode: (text: string) => JSON.parse(text) as unknown,
};
