import fc from 'fast-check';
import { expect, test } from 'vitest';
import { DeliveryError } from '../ports/delivery-error.ts';
import type { StreamMessage } from '../ports/stream-target.ts';
import { chunks, deliverInRounds } from './deliver-in-rounds.ts';

type Fate = 'arrives' | 'refused' | 'unavailable';

/** Messages, and what becomes of each. */
const fates = fc.array(
  fc.record({
    key: fc.constantFrom('a', 'b', 'c'),
    fate: fc.oneof(
      { weight: 5, arbitrary: fc.constant<Fate>('arrives') },
      fc.constantFrom<Fate>('refused', 'unavailable'),
    ),
    bytes: fc.integer({ min: 1, max: 50 }),
  }),
  { maxLength: 30 },
);
const limits = fc.record({
  mostMessages: fc.integer({ min: 1, max: 5 }),
  mostBytes: fc.integer({ min: 1, max: 100 }),
});

test('keeps keys in order, tells what arrived, and blames the message that is refused', async () => {
  await fc.assert(
    fc.asyncProperty(fates, limits, async (planned, within) => {
      const messages = planned.map(({ key, bytes }, index): StreamMessage => {
        return { id: `${index}`, partitionKey: key, data: new Uint8Array(bytes) };
      });
      const arrived: StreamMessage[] = [];
      let confirmed = 0;
      const outcome = await deliverInRounds(
        messages,
        within,
        (count) => {
          expect(count).toBeGreaterThanOrEqual(confirmed);
          confirmed = count;
        },
        async (round) => {
          expect(new Set(round.map(({ partitionKey }) => partitionKey)).size).toBe(round.length);
          expect(round.length).toBeLessThanOrEqual(within.mostMessages);
          const bytes = round.reduce((sum, { data }) => sum + data.length, 0);
          if (round.length > 1) expect(bytes).toBeLessThanOrEqual(within.mostBytes);
          return round.map((message) => {
            const fate = planned[Number(message.id)]?.fate ?? 'arrives';
            if (fate !== 'arrives') return new DeliveryError(fate, fate);
            arrived.push(message);
            return undefined;
          });
        },
      ).then(
        () => undefined,
        (error: DeliveryError) => error.failure,
      );

      for (const key of ['a', 'b', 'c']) {
        const sent = messages.filter(({ partitionKey }) => partitionKey === key);
        const got = arrived.filter(({ partitionKey }) => partitionKey === key);
        expect(got).toEqual(sent.slice(0, got.length));
      }
      expect(messages.slice(0, confirmed).every((message) => arrived.includes(message))).toBe(true);
      if (outcome === undefined) expect(confirmed).toBe(messages.length);
      else if (outcome === 'refused') expect(planned[confirmed]?.fate).toBe('refused');
      else expect(planned.some(({ fate }) => fate === outcome)).toBe(true);
      const firstRefused = planned.findIndex(({ fate }) => fate === 'refused');
      const before = firstRefused === -1 ? planned : planned.slice(0, firstRefused);
      if (before.every(({ fate }) => fate === 'arrives') && outcome !== 'unavailable') {
        expect(confirmed).toBe(before.length);
      }
    }),
    { numRuns: 500 },
  );
});

test('chunks lose nothing, keep the order, and are as large as they may be', () => {
  fc.assert(
    fc.property(fc.array(fc.nat({ max: 20 })), limits, (items, within) => {
      const parts = chunks(items, (item) => item, within);
      expect(parts.flat()).toEqual(items);
      for (const [index, part] of parts.entries()) {
        const bytes = part.reduce((sum, item) => sum + item, 0);
        expect(part.length).toBeGreaterThan(0);
        expect(part.length === 1 || bytes <= within.mostBytes).toBe(true);
        const next = parts[index + 1]?.[0];
        if (next === undefined) continue;
        expect(part.length === within.mostMessages || bytes + next > within.mostBytes).toBe(true);
      }
    }),
  );
});
