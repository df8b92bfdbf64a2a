import { SyncError } from '@holdall/client';
import fc from 'fast-check';
import { expect, onTestFinished, test } from 'vitest';
import { Device, type Life, type Trouble } from './device.ts';
import { openWorld, type World } from './world.ts';

// Two to four devices with two tabs each edit, remove, count, delete, sign in and out, lose the network, lose answers and
// lose power between any two writes, against the real server. When all is quiet, SPEC.md's promises must have held.

const histories = Number(process.env.HOLDALL_HISTORIES ?? 1000);
// One seed unless another is asked for, so that a failure can be told from a change.
const seed = Number(process.env.HOLDALL_SEED ?? 20_261_120);

type Step =
  | {
      kind: 'log' | 'count' | 'sync' | 'syncFull' | 'remove' | 'deleteDataset';
      device: number;
      tab: number;
      wait: boolean;
    }
  | { kind: 'set'; device: number; tab: number; key: 'x' | 'y'; wait: boolean }
  | { kind: 'brief'; device: number; tab: number; key: string; wait: boolean }
  | { kind: 'network'; device: number; isOnline: boolean }
  | { kind: 'restart'; device: number; life: Life }
  | { kind: 'signIn'; device: number; user: 'ann' | 'bob' }
  | { kind: 'signOut'; device: number };

const device = fc.nat({ max: 3 });
const tab = fc.nat({ max: 1 });
const wait = fc.boolean();

const trouble: fc.Arbitrary<Trouble> = fc.constantFrom(
  'none',
  'none',
  'none',
  'lost',
  'answer lost',
  'fails',
  'throttled',
  'twice',
);
const life: fc.Arbitrary<Life> = fc.record({
  crash: fc.option(
    fc.record({
      write: fc.integer({ min: 1, max: 25 }),
      moment: fc.constantFrom('before' as const, 'after' as const),
    }),
    { nil: undefined },
  ),
  troubles: fc.array(trouble, { maxLength: 12 }),
});

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ kind: fc.constant('log' as const), device, tab, wait }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('count' as const), device, tab, wait }) },
  { weight: 8, arbitrary: fc.record({ kind: fc.constant('sync' as const), device, tab, wait }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('syncFull' as const), device, tab, wait }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('remove' as const), device, tab, wait }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('deleteDataset' as const), device, tab, wait }) },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('set' as const),
      device,
      tab,
      key: fc.constantFrom('x' as const, 'y' as const),
      wait,
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('brief' as const),
      device,
      tab,
      key: fc.constantFrom('p', 'q'),
      wait,
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('network' as const), device, isOnline: fc.boolean() }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('restart' as const), device, life }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('signIn' as const),
      device,
      user: fc.constantFrom('ann' as const, 'bob' as const),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('signOut' as const), device }) },
);

const history = fc.record({
  devices: fc.integer({ min: 2, max: 4 }),
  lives: fc.array(life, { minLength: 4, maxLength: 4 }),
  steps: fc.array(step, { minLength: 5, maxLength: 40 }),
});

test(`devices converge and lose nothing (${histories} histories, seed ${seed})`, {
  timeout: 1_200_000,
}, async () => {
  const world = await openWorld();
  onTestFinished(() => world[Symbol.asyncDispose]());
  let number = 0;
  await fc.assert(
    fc.asyncProperty(history, (plan) => play(world, `${number++}`, plan)),
    {
      numRuns: histories,
      seed,
      endOnFailure: process.env.HOLDALL_SHRINK === '0',
      interruptAfterTimeLimit: 1_100_000,
      markInterruptAsFailure: true,
    },
  );
  expect(world.faults).toEqual([]);
});

type Plan = { devices: number; lives: readonly Life[]; steps: readonly Step[] };

/** What one user must have in the end. */
interface Expected {
  readonly tokens: Set<string>;
  /** Increments that were acknowledged, and those that may have been written when the device died. */
  count: number;
  maybe: number;
}

const nothing = (): Expected => ({ tokens: new Set(), count: 0, maybe: 0 });

interface Player {
  readonly device: Device;
  /** Who is signed in; undefined for a guest. */
  user: string | undefined;
  /** Whom a sign-in was tried for that may have happened in part. */
  target: string | undefined;
  /** Of the guest, or of nobody yet. */
  own: Expected;
  /** Who signed out here, perhaps with edits that were not sent. */
  readonly former: Set<string>;
}

async function play(world: World, number: string, plan: Plan): Promise<void> {
  const users = new Map<string, Expected>();
  const players = Array.from({ length: plan.devices }, (_, index): Player => {
    const device = new Device(`device ${index}`, world);
    device.start(plan.lives[index] as Life);
    return { device, user: undefined, target: undefined, own: nothing(), former: new Set() };
  });
  const running: {
    readonly what: string;
    readonly done: Promise<unknown>;
    readonly device: Device;
    readonly life: number;
  }[] = [];
  let token = 0;

  const account = (player: Player) => {
    if (player.user === undefined) return player.own;
    const known = users.get(player.user) ?? nothing();
    users.set(player.user, known);
    return known;
  };

  /** Runs an action until it is done, fails as it may, or its device dies. */
  async function act(
    player: Player,
    what: string,
    isWaited: boolean,
    work: () => Promise<unknown>,
  ): Promise<void> {
    const { device } = player;
    if (!device.isRunning) device.start({ crash: undefined, troubles: [] });
    const done = Promise.race([work().catch(mayFail), device.crashed]);
    running.push({ what, done, device, life: device.lives });
    if (isWaited) await inTime(done, what);
  }

  for (const step of plan.steps) {
    const player = players[step.device % plan.devices] as Player;
    const { device } = player;
    switch (step.kind) {
      case 'log':
        await act(player, 'log', step.wait, () => {
          const mine = `${number}.${token++}`;
          const to = account(player);
          return device
            .kept(step.tab)
            .update('log', (log = []) => [...log, mine])
            .then(() => to.tokens.add(mine));
        });
        break;
      case 'count':
        await act(player, 'count', step.wait, () => {
          const to = account(player);
          to.maybe += 1;
          return device
            .kept(step.tab)
            .update('count', (count = 0) => count + 1)
            .then(() => {
              to.maybe -= 1;
              to.count += 1;
            });
        });
        break;
      case 'set':
        await act(player, 'set', step.wait, () =>
          device.kept(step.tab).set(step.key, `${number}.${token++}`),
        );
        break;
      case 'remove':
        await act(player, 'remove', step.wait, () => device.kept(step.tab).remove('x'));
        break;
      case 'brief':
        await act(player, 'brief', step.wait, () =>
          device.shortlived(step.tab).set(step.key, `${number}.${token++}`),
        );
        break;
      case 'deleteDataset':
        await act(player, 'delete', step.wait, () => device.shortlived(step.tab).delete());
        break;
      case 'sync':
      case 'syncFull':
        await act(player, 'sync', step.wait, () => {
          const options = { full: step.kind === 'syncFull' };
          return Promise.all([
            device.kept(step.tab).sync(options),
            device.shortlived(step.tab).sync(options),
          ]);
        });
        break;
      case 'network':
        device.isOnline = step.isOnline;
        break;
      case 'restart':
        device.start(step.life);
        break;
      case 'signIn': {
        if (player.user !== undefined) break;
        await settled();
        player.target ??= `${step.user}.${number}`;
        await act(player, 'sign in', true, () => signIn(player));
        break;
      }
      case 'signOut':
        if (player.user === undefined) break;
        await settled();
        await act(player, 'sign out', true, async () => {
          await device.client(0).signOut();
          player.former.add(player.user as string);
          player.user = undefined;
          player.target = undefined;
          player.own = nothing();
        });
        break;
    }
  }

  async function signIn(player: Player): Promise<void> {
    const user = player.target as string;
    await player.device.signIn(user);
    const { own } = player;
    player.user = user;
    player.own = nothing();
    const to = account(player);
    for (const mine of own.tokens) to.tokens.add(mine);
    to.count += own.count;
    to.maybe += own.maybe;
  }

  /** Every promise of a device that lives has settled (SPEC.md, I6). */
  async function settled(): Promise<void> {
    const alive = running.filter(({ device, life }) => device.lives === life);
    await Promise.all(alive.map(({ what, done }) => inTime(done, what)));
    running.length = 0;
  }

  await settled();
  // Peace: everybody is online, nothing fails, everybody signs in.
  for (const player of players) {
    const { device } = player;
    device.isOnline = true;
    device.start({ crash: undefined, troubles: [] });
    player.target ??= `ann.${number}`;
    if (player.user === undefined) await signIn(player);
    else await device.signIn(player.user);
    // Whoever left this device comes back for what they had not sent.
    for (const user of player.former) {
      if (user === player.user) continue;
      await device.signIn(user);
      await Promise.all([device.kept(0).sync(), device.shortlived(0).sync()]);
    }
    if (player.former.size > 0) await device.signIn(player.user as string);
  }
  for (let round = 0; ; round++) {
    expect(round, 'rounds until all is quiet').toBeLessThan(12);
    let changes = 0;
    for (const { device } of players) {
      for (const dataset of [device.kept(round % 2), device.shortlived(round % 2)]) {
        const { pulled, pushed } = await inTime(dataset.sync(), 'sync in peace');
        changes += [pulled, pushed].flatMap(({ added, updated, removed }) => [
          ...added,
          ...updated,
          ...removed,
        ]).length;
      }
    }
    if (changes === 0 && round > 1) break;
  }
  await check(world, players, users);
  await Promise.all(players.map(({ device }) => device.close()));
}

async function check(
  world: World,
  players: readonly Player[],
  users: ReadonlyMap<string, Expected>,
): Promise<void> {
  for (const { device, user } of players) {
    const expected = users.get(user ?? '') ?? nothing();
    const identity = device.client(0).status.get().identity;
    for (const [name, dataset] of [
      ['kept', device.kept(0)],
      ['shortlived', device.shortlived(0)],
    ] as const) {
      const remote = await world.remote(identity?.identityId ?? '', name);
      const kept = await device.disk().load(identity?.identityId ?? '', name);
      const live = (kept?.records ?? []).filter((record) => record.value !== null);
      const local = Object.fromEntries(live.map((record) => [record.key, record.value]));
      // I1: all devices equal the server.
      expect(local, `${device.name}: ${name} on the disk`).toEqual(remote.values);
      const shown = Object.fromEntries(
        Object.entries(await dataset.all()).map(([key, value]) => [
          key,
          name === 'kept' ? JSON.stringify(value) : value,
        ]),
      );
      expect(shown, `${device.name}: ${name} as it is shown`).toEqual(remote.values);
      // I3, I4: nothing is dirty, and the bookmark is that of the server.
      expect((kept?.records ?? []).filter(({ value, base }) => value !== base)).toEqual([]);
      expect(kept?.head.syncCount ?? 0).toBeLessThanOrEqual(remote.syncCount);
      expect(dataset.state.get()).toMatchObject({
        pending: 0,
        conflicts: 0,
        isSyncing: false,
        error: undefined,
      });
      // Merged datasets are folded in and gone.
      expect(remote.merged).toEqual([]);
      if (name !== 'kept') continue;
      // I2: no acknowledged write has vanished, and none came twice.
      const log = JSON.parse(remote.values.log ?? '[]') as string[];
      const missing = [...expected.tokens].filter((mine) => !log.includes(mine));
      expect(missing, `writes of ${user} that vanished`).toEqual([]);
      expect(new Set(log).size).toBe(log.length);
      const count = JSON.parse(remote.values.count ?? '0') as number;
      expect(count, `${user} counted`).toBeGreaterThanOrEqual(expected.count);
      expect(count, `${user} counted`).toBeLessThanOrEqual(expected.count + expected.maybe);
    }
  }
  for (const [user, { tokens }] of users) {
    for (const { device, user: other } of players) {
      if (other === user) continue;
      // I7: what one user wrote never comes to another.
      const log = device.kept(0).peek('log') ?? [];
      expect(log.filter((mine) => tokens.has(mine))).toEqual([]);
    }
  }
}

/** Fails instead of waiting for ever (I6). Far longer than anything takes. */
async function inTime<T>(work: Promise<T>, what: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`It never ended: ${what}`)), 30_000);
  });
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}

/** Failures that a sync, a sign-in or an edit may end in while things go wrong. */
function mayFail(error: unknown): void {
  const codes = ['NETWORK', 'SERVICE', 'THROTTLED', 'TIMEOUT', 'ABORTED', 'CONFLICT', 'AUTH', 'OFFLINE'];
  if (error instanceof SyncError && codes.includes(error.code)) return;
  throw error;
}
