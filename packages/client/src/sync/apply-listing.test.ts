import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { KeptRecord } from '../local-store.ts';
import type { Decision, RemoteRecord } from '../record-rules.ts';
import { applyListing, type Listing, type MergedDataset } from './apply-listing.ts';

const record = (key: string, parts: Partial<KeptRecord> = {}): KeptRecord => ({
  key,
  value: 'base',
  base: 'base',
  syncCount: 3,
  changedAt: 1000,
  ...parts,
});
const remote = (key: string, value: string | null, syncCount = 4): RemoteRecord => ({
  key,
  value,
  syncCount,
  changedAt: 2000,
  deviceChangedAt: 1900,
});
const guestDataset = (folds: MergedDataset['folds'], copies: readonly RemoteRecord[] = []) => ({
  name: 'notes.guest',
  folds,
  copies,
});

async function apply(
  records: readonly KeptRecord[],
  listing: Partial<Listing>,
  decision: Decision = { use: 'local' },
) {
  const asked: { key: string; base: string | null; from: string | undefined }[] = [];
  const before = new Map(records.map((one) => [one.key, one]));
  const applied = await applyListing(
    before,
    { isWhole: false, remotes: [], merged: [], ...listing },
    {
      mustAsk: () => false,
      decide: async ({ key, base }, _, from) => {
        asked.push({ key, base, from });
        return decision;
      },
      now: () => 9000,
    },
  );
  const after = new Map(before);
  for (const key of applied.erase) after.delete(key);
  for (const one of applied.put) after.set(one.key, one);
  return { ...applied, asked, after };
}

test('a listing changes what it names, and nothing else', async () => {
  const { put, erase, asked, isComplete } = await apply(
    [record('a'), record('b'), record('c', { value: 'ours' })],
    { remotes: [remote('a', 'theirs'), remote('new', 'x'), remote('gone', null)] },
  );
  expect(put.map(({ key, value }) => [key, value])).toEqual([
    ['a', 'theirs'],
    ['new', 'x'],
    ['gone', null],
  ]);
  expect([erase, asked, isComplete]).toEqual([[], [], true]);
});

test.each<[Decision, string | null, 'resolved' | 'deferred']>([
  [{ use: 'local' }, 'ours', 'resolved'],
  [{ use: 'remote' }, 'theirs', 'resolved'],
  [{ use: 'value', value: 'both' }, 'both', 'resolved'],
  [{ use: 'value', value: null }, null, 'resolved'],
  [{ use: 'defer' }, 'ours', 'deferred'],
])('a conflict is asked about once and reported: %j', async (decision, value, outcome) => {
  const { changes, asked } = await apply(
    [record('a', { value: 'ours' })],
    { remotes: [remote('a', 'theirs')] },
    decision,
  );
  expect(asked).toHaveLength(1);
  expect(changes.map((change) => [change.next?.value, change.outcome])).toEqual([[value, outcome]]);
});

describe('a merged dataset that this device folds in', () => {
  const here = [guestDataset('here', [remote('a', 'of the guest', 1), remote('b', null, 1)])];

  test('becomes edits where there was nothing, and tombstones say nothing', async () => {
    const { after, asked } = await apply([record('b')], { merged: here });
    expect(after.get('a')).toMatchObject({ value: 'of the guest', base: null, syncCount: 0 });
    expect([after.get('b'), asked]).toEqual([record('b'), []]);
  });

  test('meets what the listing brought, and its decision is an edit on that', async () => {
    const { after, asked } = await apply(
      [],
      { remotes: [remote('a', 'of the user')], merged: here },
      { use: 'remote' },
    );
    expect(asked).toEqual([{ key: 'a', base: null, from: 'notes.guest' }]);
    expect(after.get('a')).toMatchObject({ value: 'of the guest', base: 'of the user', syncCount: 4 });
  });

  test('R11: what was moved here with its value as base includes it, and is all new', async () => {
    const moved = record('a', {
      value: 'edited since',
      base: 'of the guest',
      syncCount: 0,
      from: 'notes.guest',
    });
    const { after, asked } = await apply([moved], { merged: here });
    expect(asked).toEqual([]);
    expect(after.get('a')).toEqual({
      key: 'a',
      value: 'edited since',
      base: null,
      syncCount: 0,
      changedAt: 1000,
    });
  });
});

describe('R11: what was moved here while another device folds the dataset in', () => {
  const untouched = record('a', { value: 'g', base: 'g', syncCount: 0, from: 'notes.guest' });
  const edited = { ...untouched, value: 'edited since' };

  test('waits, and so does the bookmark, until that is known', async () => {
    const { after, isComplete } = await apply([untouched], {
      remotes: [remote('a', 'theirs')],
      merged: [guestDataset('elsewhere')],
    });
    expect([after.get('a'), isComplete]).toEqual([untouched, false]);
  });

  test('is what the listing says once the dataset is gone; of edits, somebody is asked', async () => {
    const { after } = await apply([untouched], { remotes: [remote('a', 'g')] });
    expect(after.get('a')).toMatchObject({ value: 'g', base: 'g', syncCount: 4 });
    const { asked } = await apply([edited], { remotes: [remote('a', 'theirs')] });
    expect(asked).toEqual([{ key: 'a', base: 'g', from: undefined }]);
    const { after: kept } = await apply([edited], { remotes: [remote('a', 'g')] });
    expect(kept.get('a')).toMatchObject({ value: 'edited since', base: 'g', syncCount: 4 });
  });

  test('is gone when that device left it out, but for edits, which are new', async () => {
    expect((await apply([untouched], {})).after.has('a')).toBe(false);
    expect((await apply([edited], {})).after.get('a')).toEqual({
      key: 'a',
      value: 'edited since',
      base: null,
      syncCount: 0,
      changedAt: 1000,
    });
  });
});

describe('whatever is listed', () => {
  const keys = fc.constantFrom('a', 'b', 'c');
  const value = fc.option(fc.constantFrom('x', 'y', 'z'));
  const records = fc.uniqueArray(
    fc
      .record({ key: keys, value, base: value, syncCount: fc.nat({ max: 4 }) })
      .map(({ key, ...parts }) => record(key, parts)),
    { selector: ({ key }) => key },
  );
  const remotes = fc.uniqueArray(
    fc.tuple(keys, value, fc.integer({ min: 1, max: 5 })).map((parts) => remote(...parts)),
    { selector: ({ key }) => key },
  );
  const merged = fc
    .tuple(fc.constantFrom('here' as const, 'elsewhere' as const, 'done' as const), remotes)
    .map(([folds, copies]) => [guestDataset(folds, copies)]);
  const decision: fc.Arbitrary<Decision> = fc.constantFrom(
    { use: 'local' },
    { use: 'remote' },
    { use: 'value', value: 'both' },
    { use: 'defer' },
  );

  test('no unsent edit goes without being asked about', async () => {
    await fc.assert(
      fc.asyncProperty(records, remotes, merged, async (records, remotes, merged) => {
        const { after } = await apply(records, { remotes, merged });
        // The decision is always for the local value.
        for (const { key, value, base } of records) {
          if (value !== base) expect(after.get(key)?.value ?? null).toBe(value);
        }
      }),
    );
  });

  test('a listing that comes again, as after a crash, asks nobody and changes nothing', async () => {
    await fc.assert(
      fc.asyncProperty(records, remotes, decision, async (records, remotes, decision) => {
        const { after } = await apply(records, { remotes }, decision);
        const again = await apply([...after.values()], { remotes }, decision);
        expect(again.asked).toEqual([]);
        expect(again.after).toEqual(after);
      }),
    );
  });

  test('what is put, what is erased and what is reported is the same', async () => {
    await fc.assert(
      fc.asyncProperty(records, remotes, merged, decision, async (records, remotes, merged, decision) => {
        const { put, erase, changes } = await apply(records, { remotes, merged }, decision);
        const named = [...put.map(({ key }) => key), ...erase].sort();
        expect(changes.map(({ before, next }) => (next ?? before)?.key).sort()).toEqual(named);
        expect(new Set(named).size).toBe(named.length);
      }),
    );
  });
});
