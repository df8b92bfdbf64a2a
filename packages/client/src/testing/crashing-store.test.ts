import { describe, expect, test } from 'vitest';
import { memoryStore } from '../stores/memory.ts';
import { createCrashingStore, SimulatedCrash } from './crashing-store.ts';

const change = {
  owner: 'me',
  dataset: 'notes',
  expected: 0,
  head: { name: 'notes', revision: 1, syncCount: 0 },
  put: [],
  erase: [],
};

describe('a crashing store', () => {
  test('counts writes until it is told to crash', async () => {
    const crashing = createCrashingStore(memoryStore());
    expect(await crashing.store.commit([change])).toBe(true);
    await crashing.store.setNote('user', 'me');
    expect(await crashing.store.note('user')).toBe('me');
    expect([crashing.writes, crashing.hasCrashed]).toEqual([2, false]);
  });

  test.each([
    ['before', undefined],
    ['after', 1],
  ] as const)('crashes %s a write', async (moment, revision) => {
    const inner = memoryStore();
    const crashing = createCrashingStore(inner, { write: 2, moment, throws: true });
    await crashing.store.setNote('user', 'me');
    await expect(crashing.store.commit([change])).rejects.toThrow(SimulatedCrash);
    await crashing.crashed;
    await expect(crashing.store.note('user')).rejects.toThrow(SimulatedCrash);
    expect((await inner.load('me', 'notes'))?.head.revision).toBe(revision);
    expect(await inner.note('user')).toBe('me');
  });

  test('answers nothing any more when it hangs, not even what was asked before', async () => {
    const inner = memoryStore();
    const crashing = createCrashingStore(inner, { write: 1, moment: 'before' });
    let answers = 0;
    const asked = [
      crashing.store.note('user'),
      crashing.store.setNote('user', 'me'),
      crashing.store.owners(),
    ];
    for (const each of asked) {
      each.then(
        () => answers++,
        () => answers++,
      );
    }
    await crashing.crashed;
    await new Promise((resolve) => setImmediate(resolve));
    expect(answers).toBe(0);
    await crashing.store.close();
    expect(await inner.note('user')).toBeUndefined();
  });
});
