import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { StoredRecord } from './dataset.ts';
import {
  answeredRecords,
  judgeAnswer,
  type SyncTriggerEvent,
  syncTriggerEvent,
  type TriggerState,
} from './sync-trigger.ts';
import { firstConflict, type Patch } from './update-records.ts';

// The rules over any dataset, any update and any function. conformance/cases/sync-trigger.json has them one by one.

const about = { region: 'r', identityPoolId: 'r:0', identityId: 'r:1', datasetName: 'notes' };

const key = fc.constantFrom('a', 'b', 'c', '', '__proto__', 'constructor', 'hasOwnProperty', '10', '2');
const value = fc.option(fc.constantFrom('', 'x', 'y', 'é'), { nil: undefined });
const count = fc.integer({ min: 0, max: 9 });

const stored: fc.Arbitrary<StoredRecord> = fc.record({ key, value, syncCount: count }).map((given) => ({
  key: given.key,
  ...(given.value !== undefined && { value: given.value }),
  syncCount: given.syncCount,
  lastModifiedAt: 1,
  lastModifiedBy: 'r:1',
  deviceLastModifiedAt: 1,
}));
const patch: fc.Arbitrary<Patch> = fc.record({ key, value, syncCount: count }).map((given) => ({
  key: given.key,
  ...(given.value !== undefined && { value: given.value }),
  syncCount: given.syncCount,
  deviceLastModifiedAt: 5,
}));
const byKey = { selector: (item: { readonly key: string }) => item.key };
const state: fc.Arbitrary<TriggerState> = fc.record({
  records: fc
    .uniqueArray(stored, byKey)
    .map((records) => new Map(records.map((record) => [record.key, record]))),
  patches: fc.uniqueArray(patch, byKey),
});

/** What a function answers for one key, if anything. */
const answeredRecord = fc.oneof(
  fc.record({ op: fc.constant('replace'), newValue: fc.option(fc.constantFrom('', 'x', 'y')) }),
  fc.record({ op: fc.constant('remove'), newValue: fc.option(fc.constantFrom('', 'x')) }),
);
const answeredEntries = fc.uniqueArray(fc.tuple(key, answeredRecord), { selector: ([name]) => name });
type Entries = readonly (readonly [string, { readonly op: string; readonly newValue: string | null }])[];

/** As it would come over the wire. */
function answerOf(event: SyncTriggerEvent, entries: Entries): unknown {
  return JSON.parse(JSON.stringify({ ...event, datasetRecords: Object.fromEntries(entries) }));
}

function judged(given: TriggerState, entries: Entries): readonly Patch[] {
  const event = syncTriggerEvent(about, given);
  const outcome = judgeAnswer(event, answerOf(event, entries), given);
  if (outcome.kind === 'invalid') throw new Error(outcome.reason);
  return outcome.patches;
}

const countRead = ({ records }: TriggerState, name: string) => records.get(name)?.syncCount ?? 0;

const wanted = ({ op, newValue }: Entries[number][1]) =>
  op === 'remove' ? undefined : (newValue ?? undefined);

describe('the event', () => {
  test('has every live record and every patch, and nothing else', () => {
    fc.assert(
      fc.property(state, (given) => {
        const { datasetRecords } = syncTriggerEvent(about, given);
        const live = [...given.records.values()].filter((record) => record.value !== undefined);
        expect(new Set(Object.keys(datasetRecords))).toEqual(
          new Set([...live, ...given.patches].map((item) => item.key)),
        );
        for (const [name, record] of Object.entries(datasetRecords)) {
          const sent = given.patches.find((item) => item.key === name);
          const before = given.records.get(name)?.value ?? null;
          expect(record).toEqual({
            oldValue: before,
            newValue: sent ? (sent.value ?? null) : before,
            op: sent && sent.value === undefined ? 'remove' : 'replace',
          });
        }
      }),
    );
  });

  test('as the answer, changes no value that the user sent and nothing besides', () => {
    fc.assert(
      fc.property(state, (given) => {
        const event = syncTriggerEvent(about, given);
        const outcome = judgeAnswer(event, JSON.parse(JSON.stringify(event)), given);
        expect(outcome).toEqual({
          kind: 'valid',
          patches: given.patches.map((sent) => ({ ...sent, syncCount: countRead(given, sent.key) })),
        });
      }),
    );
  });
});

describe('an answer', () => {
  test('decides the value of every key that it has, and has the counts that were read', () => {
    fc.assert(
      fc.property(state, answeredEntries, (given, entries) => {
        const patches = new Map(judged(given, entries).map((item) => [item.key, item]));
        for (const [name, record] of entries) {
          const before = given.records.get(name);
          const after = patches.has(name) ? patches.get(name)?.value : before?.value;
          expect(after).toBe(wanted(record));
          if (patches.has(name)) expect(patches.get(name)?.syncCount).toBe(countRead(given, name));
        }
      }),
    );
  });

  test('leaves alone what it omits', () => {
    fc.assert(
      fc.property(state, answeredEntries, (given, entries) => {
        const answered = new Set(entries.map(([name]) => name));
        for (const { key: name } of judged(given, entries)) expect(answered).toContain(name);
      }),
    );
  });

  test('never writes what the user did not send and is so already', () => {
    fc.assert(
      fc.property(state, answeredEntries, (given, entries) => {
        const sent = new Set(given.patches.map((item) => item.key));
        for (const change of judged(given, entries)) {
          if (!sent.has(change.key)) expect(change.value).not.toBe(given.records.get(change.key)?.value);
        }
      }),
    );
  });

  test('has no key twice, and the user’s come first, in their order', () => {
    fc.assert(
      fc.property(state, answeredEntries, (given, entries) => {
        const keys = judged(given, entries).map((item) => item.key);
        expect(new Set(keys).size).toBe(keys.length);
        const sent = given.patches.map((item) => item.key).filter((name) => keys.includes(name));
        expect(keys.slice(0, sent.length)).toEqual(sent);
      }),
    );
  });

  test('conflicts with whatever is written meanwhile to a key that it writes, whatever count the user sent', () => {
    fc.assert(
      fc.property(state, answeredEntries, (given, entries) => {
        const changes = judged(given, entries);
        expect(firstConflict(given.records, changes)).toBeUndefined();
        for (const change of changes) {
          const moved: StoredRecord = {
            key: change.key,
            syncCount: countRead(given, change.key) + 1,
            lastModifiedAt: 2,
            lastModifiedBy: 'r:2',
            deviceLastModifiedAt: 2,
          };
          expect(firstConflict(new Map([...given.records, [change.key, moved]]), changes)).toMatchObject({
            kind: 'conflict',
            key: change.key,
          });
        }
      }),
    );
  });

  test('may say what the old value of a record was, or nothing, and nothing else', () => {
    fc.assert(
      fc.property(state, answeredEntries, fc.constantFrom(null, 'x', 'z', 7), (given, entries, oldValue) => {
        const event = syncTriggerEvent(about, given);
        const said = entries.map(([name, record]) => [name, { ...record, oldValue }] as const);
        const changed = entries.some(
          ([name]) =>
            Object.hasOwn(event.datasetRecords, name) && event.datasetRecords[name]?.oldValue !== oldValue,
        );
        const outcome = judgeAnswer(event, answerOf(event, said), given);
        expect(outcome.kind).toBe(changed ? 'invalid' : 'valid');
      }),
    );
  });

  test('of any JSON whatever is valid or says what is wrong', () => {
    fc.assert(
      fc.property(state, fc.jsonValue(), fc.boolean(), (given, json, within) => {
        const event = syncTriggerEvent(about, given);
        const answer = within ? { ...event, datasetRecords: json } : json;
        const outcome = judgeAnswer(event, answer, given);
        if (outcome.kind === 'invalid') expect(outcome.reason).toMatch(/./);
      }),
    );
  });
});

describe('what is answered', () => {
  const missing = { syncCount: 7, lastModifiedAt: 9, lastModifiedBy: 'me', deviceLastModifiedAt: 9 };

  test('is every key that was sent, in order, then every other that was written', () => {
    fc.assert(
      fc.property(state, answeredEntries, (given, entries) => {
        const written = judged(given, entries).map((item) => ({ ...missing, ...item, syncCount: 10 }));
        const answered = answeredRecords(given, written, missing);
        expect(answered.slice(0, given.patches.length).map((item) => item.key)).toEqual(
          given.patches.map((item) => item.key),
        );
        expect(new Set(answered.map((item) => item.key))).toEqual(
          new Set([...given.patches, ...written].map((item) => item.key)),
        );
        for (const record of answered) {
          const expected = written.find((item) => item.key === record.key) ??
            given.records.get(record.key) ?? { ...missing, key: record.key };
          expect(record).toEqual(expected);
        }
      }),
    );
  });
});
