import { resolvers } from '@holdall/client';
import { encryptedCodec, KeyRing, reencrypt } from '@holdall/client/encryption';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { newKey, openDevice, openTestWorld, remoteTexts } from './encrypted-devices.ts';

// Devices edit, sync, learn of new keys late, rotate and rewrite at any time, on the real server. In the end all have the
// same, all of it can be read, and no acknowledged entry of the log is missing.

const step = fc.record({
  kind: fc.constantFrom(
    'set',
    'set',
    'log',
    'log',
    'count',
    'remove',
    'sync',
    'sync',
    'rotate',
    'rewrite',
    'learn',
  ),
  device: fc.nat({ max: 2 }),
  key: fc.constantFrom('x', 'y'),
  waits: fc.boolean(),
});

test.each([false, true])(
  'rotation under concurrent devices; hidden keys: %s',
  async (hides) => {
    const world = await openTestWorld();
    const keys = await Promise.all(Array.from({ length: 6 }, newKey));
    const [first] = keys as [Awaited<ReturnType<typeof newKey>>];
    let number = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 40 }), async (steps) => {
        number += 1;
        let rotations = 0;
        const devices = Array.from({ length: 3 }, () => {
          const ring = new KeyRing(first);
          const codec = encryptedCodec({ keys: ring, ...(hides && { hideKeysWith: first }) });
          const resolve = { log: resolvers.set, count: resolvers.counter };
          return { ring, ...openDevice(world, { codec, resolve }, { user: `user ${hides} ${number}` }) };
        });
        const learn = async ({ ring, notes }: (typeof devices)[number]) => {
          for (const key of keys.slice(0, rotations + 1)) ring.add(key);
          await notes.reread();
        };
        const written: string[] = [];
        let count = 0;
        const running: Promise<unknown>[] = [];
        for (const [index, { kind, device, key, waits }] of steps.entries()) {
          const at = devices[device] as (typeof devices)[number];
          const token = `${number}.${index}`;
          const work: Record<typeof kind, () => Promise<unknown>> = {
            set: () => at.notes.set(key, token),
            log: () =>
              at.notes
                .update('log', (log = []) => [...(log as string[]), token])
                .then(() => written.push(token)),
            count: () => at.notes.update('count', (n = 0) => Number(n) + 1).then(() => (count += 1)),
            remove: () => at.notes.remove('x'),
            sync: () => at.notes.sync(),
            rotate: async () => {
              rotations = Math.min(rotations + 1, keys.length - 1);
              await learn(at);
              at.ring.rotateTo(keys[rotations] ?? first);
            },
            rewrite: () => reencrypt(at.notes),
            learn: () => learn(at),
          };
          // A device that does not know a key yet is refused, and loses nothing by it.
          const done = work[kind]().catch((error: unknown) => {
            expect(error).toMatchObject({ code: 'INVALID', cause: { reason: 'unknown-key' } });
          });
          running.push(done);
          if (waits) await done;
        }
        await Promise.all(running);
        for (const device of devices) {
          await learn(device);
          device.ring.rotateTo(keys[rotations] ?? first);
          await device.notes.sync();
          await reencrypt(device.notes);
        }
        for (let round = 0; ; round++) {
          expect(round, 'rounds until all is quiet').toBeLessThan(8);
          for (const { notes } of devices) await notes.sync();
          if (devices.every(({ notes }) => notes.state.get().pending === 0) && round > 1) break;
        }
        const [one, ...others] = await Promise.all(devices.map(({ notes }) => notes.all()));
        for (const other of others) expect(other).toEqual(one);
        expect(written.filter((token) => !((one?.log ?? []) as string[]).includes(token))).toEqual([]);
        expect(one?.count ?? 0).toBe(count);
        for (const { notes } of devices) {
          expect(notes.state.get()).toMatchObject({
            unreadable: 0,
            conflicts: 0,
            pending: 0,
            error: undefined,
          });
        }
        const texts = Object.values(await remoteTexts(world, devices[0] as (typeof devices)[number]));
        expect(texts).toHaveLength(Object.keys(one ?? {}).length);
        for (const text of texts) expect(text).toContain(`h1.${keys[rotations]?.id}.`);
        await Promise.all(devices.map(({ client }) => client[Symbol.asyncDispose]()));
      }),
      {
        numRuns: Number(process.env.HOLDALL_HISTORIES ?? 40),
        seed: Number(process.env.HOLDALL_SEED ?? 20_261_120),
        endOnFailure: true,
      },
    );
    expect(world.faults).toEqual([]);
  },
  300_000,
);
