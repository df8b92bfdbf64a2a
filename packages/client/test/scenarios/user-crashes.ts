import { resolvers, type SyncClient } from '@holdall/client';
import { type CrashPoint, createCrashingStore, createTabs } from '@holdall/client/testing';
import { equal, holds } from './check.ts';
import { type Device, type Scenario, type Stage, scenario } from './stage.ts';

// A device that loses its power at any write of a sign-in.

const lists = {
  codec: {
    encode: (value: unknown) => JSON.stringify(value),
    decode: (text: string) => JSON.parse(text) as unknown,
  },
  resolve: { count: resolvers.counter, list: resolvers.set },
};
type Lists = { count: number; list: readonly string[] };
const open = (client: SyncClient) => client.dataset<Lists>('lists', lists);

const add = (client: SyncClient, what: string) =>
  open(client).transact((edit) => {
    edit.set('count', (edit.get('count') ?? 0) + 1);
    edit.set('list', [...(edit.get('list') ?? []), what]);
  });

interface Life {
  readonly client: SyncClient;
  readonly crashed: Promise<void>;
  readonly hasCrashed: () => boolean;
  readonly writes: () => number;
}

/** A life of the device that may end at a write. What it held, as locks, ends with it. */
async function begin(stage: Stage, device: Device, point?: CrashPoint): Promise<Life> {
  const crashing = createCrashingStore(device.store(), point);
  const client = await device.open({ store: crashing.store, tabs: createTabs().tab('only').tabs });
  crashing.crashed.then(() => stage.opened.delete(client));
  return {
    client,
    crashed: crashing.crashed,
    hasCrashed: () => crashing.hasCrashed,
    writes: () => crashing.writes,
  };
}

type SignIn = (life: Life) => Promise<unknown>;

/** Plays one history with a crash at `point` of the sign-in. How many writes the sign-in had. */
async function history(
  stage: Stage,
  name: string,
  isKnown: boolean,
  point: CrashPoint | undefined,
): Promise<number> {
  const expected = ['guest, sent', 'guest, not sent'];
  const others: SyncClient[] = [];
  if (isKnown) {
    const other = await stage.device().open({ identity: stage.user(name) });
    await add(other, 'user, elsewhere');
    await open(other).sync();
    expected.push('user, elsewhere');
    others.push(other);
  }
  const device = stage.device();
  const guest = await begin(stage, device);
  await add(guest.client, 'guest, sent');
  await open(guest.client).sync();
  await add(guest.client, 'guest, not sent');
  await guest.client[Symbol.asyncDispose]();

  const signIn: SignIn = async ({ client }) => {
    await open(client).ready;
    await client.signIn(stage.user(name));
    await open(client).sync();
  };
  const first = await begin(stage, device, point);
  await Promise.race([signIn(first), first.crashed]);
  const writes = first.writes();
  if (!first.hasCrashed()) await first.client[Symbol.asyncDispose]();

  // Another device of the user may be the one that folds the guest's dataset in.
  for (const other of others) await open(other).sync();
  const second = await begin(stage, device);
  await signIn(second);
  for (const client of [...others, second.client, ...others, second.client]) await open(client).sync();
  const fresh = await stage.device().open({ identity: stage.user(name) });
  await open(fresh).sync();
  for (const client of [second.client, fresh, ...others]) {
    const what = `${name} with a crash ${point?.moment} write ${point?.write}`;
    equal([...((await open(client).get('list')) ?? [])].sort(), [...expected].sort(), `the list of ${what}`);
    equal(await open(client).get('count'), expected.length, `the count of ${what}`);
    equal(open(client).state.get().pending, 0, `what waits of ${what}`);
  }
  for (const client of [second.client, fresh, ...others]) {
    await client[Symbol.asyncDispose]();
    stage.opened.delete(client);
  }
  return writes;
}

async function everyCrash(stage: Stage, isKnown: boolean): Promise<void> {
  const writes = await history(stage, 'nothing happens', isKnown, undefined);
  holds(writes >= 3, `a sign-in has several writes: ${writes}`);
  for (let write = 1; write <= writes; write++) {
    for (const moment of ['before', 'after'] as const) {
      await history(stage, `user ${write} ${moment}`, isKnown, { write, moment });
    }
  }
}

export const userCrashScenarios: readonly Scenario[] = [
  scenario('a crash at any write of a first sign-in loses nothing and doubles nothing', (stage) =>
    everyCrash(stage, false),
  ),
  scenario(
    'a crash at any write of a sign-in that merges the guest loses nothing and doubles nothing',
    (stage) => everyCrash(stage, true),
  ),
];
