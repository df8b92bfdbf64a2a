import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { KeptRecord } from './local-store.ts';
import {
  acknowledged,
  cleared,
  conflictResolved,
  type Decision,
  decided,
  edited,
  foldDecided,
  folded,
  isDirty,
  isReady,
  orphaned,
  type RemoteRecord,
  received,
} from './record-rules.ts';

// The rules of SPEC.md by number.

const key = 'theme';
const text = fc.constantFrom('', 'light', 'dark', 'sepia');
const value = fc.option(text);
const time = fc.integer({ min: 1000, max: 9000 });
const count = fc.integer({ min: 0, max: 6 });

const remote: fc.Arbitrary<RemoteRecord> = fc.record({
  key: fc.constant(key),
  value,
  syncCount: fc.integer({ min: 1, max: 6 }),
  changedAt: time,
  deviceChangedAt: time,
  changedBy: fc.constant('somebody'),
});
const conflict = fc.record(
  { value, syncCount: count, changedAt: time, deviceChangedAt: time, from: fc.constant('notes.guest') },
  { requiredKeys: ['value', 'syncCount', 'changedAt'] },
);
const record: fc.Arbitrary<KeptRecord> = fc.record(
  {
    key: fc.constant(key),
    value,
    base: value,
    syncCount: count,
    changedAt: time,
    sent: fc.record({ value, changedAt: time }),
    conflict,
  },
  { requiredKeys: ['key', 'value', 'base', 'syncCount', 'changedAt'] },
);
const decision: fc.Arbitrary<Decision> = fc.oneof(
  fc.constantFrom({ use: 'local' as const }, { use: 'remote' as const }, { use: 'defer' as const }),
  fc.record({ use: fc.constant('value' as const), value }),
);

const kept = (parts: Partial<KeptRecord> = {}): KeptRecord => ({
  key,
  value: 'light',
  base: 'light',
  syncCount: 3,
  changedAt: 1000,
  ...parts,
});
const told = (parts: Partial<RemoteRecord> = {}): RemoteRecord => ({
  key,
  value: 'dark',
  syncCount: 4,
  changedAt: 2000,
  deviceChangedAt: 1900,
  ...parts,
});
const agreed = ({ value, syncCount, deviceChangedAt = 0 }: RemoteRecord): KeptRecord => ({
  key,
  value,
  base: value,
  syncCount,
  changedAt: deviceChangedAt,
});

const check = <Values extends [unknown, ...unknown[]]>(property: fc.IProperty<Values>) =>
  fc.assert(property, { numRuns: 500 });

describe('R1, an edit here', () => {
  test('changes value and time, and keeps base and count', () => {
    expect(edited(kept(), key, 'dark', 5000)).toEqual(kept({ value: 'dark', changedAt: 5000 }));
    check(
      fc.property(record, value, time, (before, value, at) => {
        const after = edited(before, key, value, at);
        if (!after) return;
        expect([after.value, after.base, after.syncCount]).toEqual([value, before.base, before.syncCount]);
        expect([after.sent, after.conflict]).toEqual([before.sent, before.conflict]);
        expect(after.changedAt).toBe(value === before.value ? before.changedAt : at);
        expect(isDirty(after)).toBe(value !== before.base);
      }),
    );
  });

  test('back to the base leaves nothing to send', () => {
    const there = edited(kept(), key, 'dark', 5000);
    expect(isReady(edited(there, key, 'light', 6000) as KeptRecord)).toBe(false);
  });

  test('forgets what the service never heard of when it is removed again', () => {
    expect(edited(undefined, key, null, 1)).toBeUndefined();
    expect(edited(edited(undefined, key, 'dark', 1), key, null, 2)).toBeUndefined();
  });

  test('never forgets what the service may have', () => {
    check(
      fc.property(record, time, (before, at) => {
        const mayHave = before.base !== null || before.syncCount > 0 || before.sent || before.conflict;
        if (mayHave) expect(edited(before, key, null, at)).toBeDefined();
      }),
    );
  });
});

describe('what comes from elsewhere', () => {
  test('R2: a lower count than ours changes nothing', () => {
    expect(received(kept(), told({ syncCount: 2 }), true)).toEqual({ kind: 'unchanged' });
    check(
      fc.property(record, remote, fc.boolean(), (ours, theirs, mustAsk) => {
        fc.pre(theirs.syncCount < ours.syncCount);
        expect(received(ours, theirs, mustAsk)).toEqual({ kind: 'unchanged' });
      }),
    );
  });

  test('R3: our own update comes back, and what was edited since stays an edit on it', () => {
    const counted = kept({ value: '7', base: '5', sent: { value: '6', changedAt: 1500 } });
    const echo = told({ value: '6', deviceChangedAt: 1500 });
    expect(received(counted, echo, true)).toEqual({
      kind: 'keep',
      record: { key, value: '7', base: '6', syncCount: 4, changedAt: 1000 },
    });
    // Somebody else who counted from 5 to 6 did so at another time.
    expect(received(counted, { ...echo, deviceChangedAt: 1501 }, true)).toEqual({ kind: 'conflict' });
  });

  test('R3: an update in doubt was stored, and is the base; or it was not, and nothing has happened', () => {
    const counted = kept({ value: '7', base: '5', sent: { value: '6', changedAt: 1500 } });
    expect(cleared(counted, true)).toEqual([kept({ value: '7', base: '6' })]);
    expect(cleared(counted, false)).toEqual([kept({ value: '7', base: '5' })]);
    expect(cleared(kept(), true)).toEqual([]);
  });

  test('R4: what is untouched here becomes theirs', () => {
    expect(received(undefined, told(), false)).toEqual({ kind: 'keep', record: agreed(told()) });
    expect(received(kept(), told(), true)).toEqual({ kind: 'keep', record: agreed(told()) });
    expect(received(agreed(told()), told(), true)).toEqual({ kind: 'unchanged' });
    check(
      fc.property(value, remote, fc.boolean(), (value, theirs, mustAsk) => {
        const ours = kept({ value, base: value, syncCount: theirs.syncCount - 1 });
        expect(received(ours, theirs, mustAsk)).toEqual({ kind: 'keep', record: agreed(theirs) });
      }),
    );
  });

  test('R5: only the count moved, and our edit stays', () => {
    const ours = kept({ value: 'sepia', changedAt: 5000 });
    const theirs = told({ value: 'light', syncCount: 9 });
    expect(received(ours, theirs, true)).toEqual({ kind: 'keep', record: { ...ours, syncCount: 9 } });
  });

  test('R6: the same value on both sides is agreed, unless the resolver wants to be asked', () => {
    const ours = kept({ value: 'dark' });
    expect(received(ours, told(), false)).toEqual({ kind: 'keep', record: agreed(told()) });
    expect(received(ours, told(), true)).toEqual({ kind: 'conflict' });
  });

  test('R7: what both changed is a conflict, and one that waits is not asked about again', () => {
    const ours = kept({ value: 'sepia' });
    expect(received(ours, told(), false)).toEqual({ kind: 'conflict' });
    const deferred = decided(ours, told(), { use: 'defer' }, 9000);
    expect(deferred).toEqual({
      ...ours,
      conflict: { value: 'dark', syncCount: 4, changedAt: 2000, deviceChangedAt: 1900 },
    });
    expect([isDirty(deferred), isReady(deferred)]).toEqual([true, false]);
    expect(received(deferred, told(), false)).toEqual({ kind: 'unchanged' });
    expect(received(deferred, told({ syncCount: 5 }), false)).toEqual({ kind: 'conflict' });
  });

  test('an edit is never lost without a question: it stays, it is what came, or somebody is asked', () => {
    check(
      fc.property(record, remote, fc.boolean(), (ours, theirs, mustAsk) => {
        fc.pre(isDirty(ours));
        const reception = received(ours, theirs, mustAsk);
        if (reception.kind !== 'keep') return;
        const isSame = theirs.value === ours.value;
        expect(isSame || reception.record.value === ours.value).toBe(true);
        expect([reception.record.base, reception.record.syncCount]).toEqual([theirs.value, theirs.syncCount]);
      }),
    );
  });

  test('it may come twice: the second time there is nothing new', () => {
    check(
      fc.property(
        fc.option(record, { nil: undefined }),
        remote,
        decision,
        fc.boolean(),
        (ours, theirs, decision, mustAsk) => {
          const first = received(ours, theirs, mustAsk);
          const after =
            first.kind === 'keep'
              ? first.record
              : first.kind === 'conflict'
                ? decided(ours as KeptRecord, theirs, decision, 9000)
                : ours;
          const again = received(after, theirs, mustAsk);
          if (again.kind === 'keep') expect(again.record).toEqual(after);
          else expect(again.kind).toBe('unchanged');
        },
      ),
    );
  });
});

test('R7: each decision leaves the record on their base, with the value that was decided', () => {
  const ours = kept({ value: 'sepia', changedAt: 5000 });
  expect(decided(ours, told(), { use: 'remote' }, 9000)).toEqual(agreed(told()));
  expect(decided(ours, told(), { use: 'local' }, 9000)).toEqual({ ...ours, base: 'dark', syncCount: 4 });
  const third = { ...ours, value: 'both', base: 'dark', syncCount: 4, changedAt: 9000 };
  expect(decided(ours, told(), { use: 'value', value: 'both' }, 9000)).toEqual(third);
  check(
    fc.property(record, remote, decision, time, (ours, theirs, decision, now) => {
      const after = decided(ours, theirs, decision, now);
      if (decision.use === 'defer') expect([after.value, after.base]).toEqual([ours.value, ours.base]);
      else
        expect([after.base, after.syncCount, after.sent, after.conflict]).toEqual([
          theirs.value,
          theirs.syncCount,
          undefined,
          undefined,
        ]);
    }),
  );
});

test('R8: what was sent is agreed, and what was edited since stays an edit', () => {
  const sent = kept({ value: 'dark', sent: { value: 'dark', changedAt: 1000 } });
  expect(acknowledged(sent, sent, told({ deviceChangedAt: 1000 }))).toEqual(
    agreed(told({ deviceChangedAt: 1000 })),
  );
  const since = { ...sent, value: 'sepia', changedAt: 5000 };
  expect(acknowledged(since, sent, told())).toEqual({
    key,
    value: 'sepia',
    base: 'dark',
    syncCount: 4,
    changedAt: 5000,
  });
  // The pool's function may have stored something else.
  expect(acknowledged(sent, sent, told({ value: 'overruled' })).value).toBe('overruled');
  check(
    fc.property(record, record, remote, (now, pushed, answer) => {
      const after = acknowledged(now, pushed, answer);
      expect([after.base, after.syncCount, after.sent]).toEqual([answer.value, answer.syncCount, undefined]);
      if (now.value !== pushed.value)
        expect([after.value, after.changedAt]).toEqual([now.value, now.changedAt]);
    }),
  );
});

test('R9: of a deleted dataset edits stay, or all, as if they were new', () => {
  const untouched = kept();
  const edit = kept({ value: 'dark' });
  expect(orphaned(untouched, 'edits')).toBeUndefined();
  expect(orphaned(edit, 'edits')).toEqual({ key, value: 'dark', base: null, syncCount: 0, changedAt: 1000 });
  expect(orphaned(untouched, 'all')).toEqual({ ...untouched, base: null, syncCount: 0 });
  check(
    fc.property(record, fc.constantFrom('edits' as const, 'all' as const), (before, keep) => {
      const after = orphaned(before, keep);
      if (before.value === null) expect(after).toBeUndefined();
      else if (keep === 'all' || isDirty(before)) expect(after?.value).toBe(before.value);
      if (after)
        expect([after.base, after.syncCount, after.sent, after.conflict]).toEqual([
          null,
          0,
          undefined,
          undefined,
        ]);
    }),
  );
});

describe('R10, a record of a merged dataset', () => {
  test('is an edit where there was none, and nothing where it is the same', () => {
    expect(folded(undefined, told(), undefined, false)).toEqual({
      kind: 'keep',
      record: { key, value: 'dark', base: null, syncCount: 0, changedAt: 1900 },
    });
    expect(folded(kept({ value: 'dark' }), told(), undefined, false)).toEqual({ kind: 'unchanged' });
    expect(folded(kept({ value: 'dark' }), told(), undefined, true)).toEqual({ kind: 'conflict' });
    expect(folded(kept(), told(), undefined, false)).toEqual({ kind: 'conflict' });
  });

  test('says nothing when it was removed there, or when this device has moved it here itself', () => {
    check(
      fc.property(fc.option(record, { nil: undefined }), remote, fc.boolean(), (ours, copy, mustAsk) => {
        expect(folded(ours, { ...copy, value: null }, undefined, mustAsk)).toEqual({ kind: 'unchanged' });
        expect(folded(ours, copy, copy.value, mustAsk)).toEqual({ kind: 'unchanged' });
      }),
    );
  });

  test('whatever is decided is an edit: base and count are those of the dataset it comes into', () => {
    check(
      fc.property(record, remote, decision, time, (ours, copy, decision, now) => {
        const after = foldDecided(ours, copy, decision, 'notes.guest', now);
        expect([after.base, after.syncCount]).toEqual([ours.base, ours.syncCount]);
        const values = { local: ours.value, defer: ours.value, remote: copy.value };
        expect(after.value).toBe(decision.use === 'value' ? decision.value : values[decision.use]);
        if (decision.use === 'defer')
          expect(after.conflict).toMatchObject({ value: copy.value, from: 'notes.guest' });
      }),
    );
  });
});

test('R12: a decision that comes later ends as one that came at once', () => {
  check(
    fc.property(record, remote, decision, fc.boolean(), (plain, theirs, decision, isFold) => {
      const { conflict: _, ...ours } = plain;
      const later = isFold
        ? foldDecided(ours, theirs, { use: 'defer' }, 'notes.guest', 1)
        : decided(ours, theirs, { use: 'defer' }, 1);
      const atOnce = isFold
        ? foldDecided(ours, theirs, decision, 'notes.guest', 9000)
        : decided(ours, theirs, decision, 9000);
      expect(conflictResolved(later, decision, 9000)).toEqual(atOnce);
    }),
  );
  expect(conflictResolved(kept(), { use: 'remote' }, 1)).toEqual(kept());
});
