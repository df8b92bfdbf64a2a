import fc from 'fast-check';
import { expect } from 'vitest';
import type { DeliveryError, DeliveryFailure } from '../../src/ports/delivery-error.ts';
import type { StreamMessage, StreamTarget } from '../../src/ports/stream-target.ts';
import { message, type Received, type TestReceiver } from './test-receiver.ts';

export interface ContractCase {
  readonly name: string;
  readonly needs?: 'hang';
  run(target: StreamTarget, receiver: TestReceiver): Promise<void>;
}

const never = new AbortController().signal;

/** What the port promises, as cases that every target passes with a real receiver. */
export const streamTargetContract: readonly ContractCase[] = [
  {
    name: 'delivers nothing when there is nothing',
    async run(target, receiver) {
      await target.send([], never);
      expect(await receiver.received()).toEqual([]);
    },
  },
  {
    name: 'delivers what it was given, in any batches, each key in order',
    async run(target, receiver) {
      const sent: StreamMessage[] = [];
      await fc.assert(
        fc.asyncProperty(fc.array(fc.constantFrom('a', 'b', 'c', 'd'), { maxLength: 40 }), async (keys) => {
          const batch = keys.map((key, index) => message(`us-east-1:${key}`, `${sent.length + index}`));
          await target.send(batch, never);
          sent.push(...batch);
        }),
        { numRuns: 20 },
      );
      expect(byKey(await receiver.received())).toEqual(byKey(sent.map(asReceived)));
    },
  },
  {
    name: 'keeps the text as it is',
    async run(target, receiver) {
      const texts = fc.sample(
        fc.json().map((text) => JSON.stringify(JSON.parse(text))),
        { numRuns: 100, seed: 20261120 },
      );
      await target.send(
        texts.map((text, index) => message('one', `${index}`, text)),
        never,
      );
      expect((await receiver.received()).map(({ text }) => text)).toEqual(texts);
    },
  },
  {
    name: 'takes calls that overlap',
    async run(target, receiver) {
      const batches = ['a', 'b', 'c', 'd', 'e'].map((key) => numbered(key, 30));
      await Promise.all(batches.map((batch) => target.send(batch, never)));
      expect(byKey(await receiver.received())).toEqual(byKey(batches.flat().map(asReceived)));
    },
  },
  {
    name: 'takes messages of the size that it names, and refuses larger ones alone',
    async run(target, receiver) {
      const most = message('large', '2', JSON.stringify('x'.repeat(target.mostBytes - 2)));
      const larger = message('large', '3', JSON.stringify('x'.repeat(target.mostBytes - 1)));
      const batch = [message('large', '1'), most, larger, message('large', '4'), message('small', '5')];
      expect(most.data.length).toBe(target.mostBytes);
      const error = await failure(target.send(batch, never), 'refused');
      expect(error.delivered).toBe(2);
      expect(error.message).toContain(`${target.mostBytes}`);
      await target.send(batch.slice(3), never);
      const received = await receiver.received();
      expect(byKey(received)).toEqual(byKey([0, 1, 3, 4].map((index) => asReceived(batch[index]))));
    },
  },
  {
    name: 'opens while the receiver is down, and delivers when it is there',
    async run(target, receiver) {
      await receiver.stop();
      try {
        const error = await failure(target.send(numbered('a', 3), never), 'unavailable');
        expect(error.delivered).toBe(0);
        await failure(target.probe(never), 'unavailable');
      } finally {
        await receiver.start();
      }
      await target.probe(never);
      await target.send(numbered('a', 3), never);
      expect(await receiver.received()).toEqual(numbered('a', 3).map(asReceived));
    },
  },
  {
    name: 'finds the receiver again after it was away',
    async run(target, receiver) {
      const batch = numbered('a', 9);
      await target.send(batch.slice(0, 3), never);
      await receiver.stop();
      await receiver.start();
      // The loss of a connection may show in its next use; that is what trying again is for.
      await target.send(batch.slice(3, 6), never).catch(() => target.send(batch.slice(3, 6), never));
      await receiver.stop();
      try {
        await failure(target.send(batch.slice(6), never), 'unavailable');
      } finally {
        await receiver.start();
      }
      await target.send(batch.slice(6), never);
      expect(firstArrivals(await receiver.received())).toEqual(batch.map(asReceived));
    },
  },
  {
    name: 'loses nothing and reorders nothing while the receiver ends again and again',
    async run(target, receiver) {
      const sent: StreamMessage[] = [];
      let isMended = false;
      const failures = new Set<DeliveryFailure>();
      const sendOn = async () => {
        while (!isMended) {
          let left: readonly StreamMessage[] = Array.from({ length: 60 }, (_, index) =>
            message(['a', 'b', 'c'][index % 3] ?? '', `${sent.length + index}`),
          );
          sent.push(...left);
          while (left.length > 0) {
            await target.send(left, never).then(
              () => {
                left = [];
              },
              (error: DeliveryError) => {
                failures.add(error.failure);
                left = left.slice(error.delivered);
              },
            );
          }
        }
      };
      const breakAgainAndAgain = async () => {
        for (let times = 0; times < 4; times += 1) {
          await receiver.stop();
          await receiver.start();
          // It has taken something before it ends the next time.
          await target.probe(never).catch(() => {});
        }
        isMended = true;
      };
      await Promise.all([sendOn(), breakAgainAndAgain()]);
      expect([...failures].filter((kind) => kind !== 'unavailable')).toEqual([]);
      expect(byKey(firstArrivals(await receiver.received()))).toEqual(byKey(sent.map(asReceived)));
    },
  },
  {
    name: 'says that a receiver which only a person can mend is gone',
    async run(target, receiver) {
      await target.send(numbered('a', 1), never);
      await receiver.vanish();
      const error = await failure(target.send(numbered('a', 3), never), 'gone');
      expect(error.delivered).toBe(0);
      await failure(target.probe(never), 'gone');
    },
  },
  {
    name: 'probes without sending',
    async run(target, receiver) {
      await target.probe(never);
      await target.probe(never);
      expect(await receiver.received()).toEqual([]);
    },
  },
  {
    name: 'does not begin what was aborted before',
    async run(target, receiver) {
      await failure(target.send(numbered('a', 1), AbortSignal.abort()), 'unavailable');
      await failure(target.probe(AbortSignal.abort()), 'unavailable');
      await target.send(numbered('a', 1), never);
      expect(await receiver.received()).toHaveLength(1);
    },
  },
  {
    name: 'stops waiting when it is aborted, and works afterwards',
    needs: 'hang',
    async run(target, receiver) {
      await target.send(numbered('a', 1), never);
      const abort = new AbortController();
      receiver.hang?.();
      try {
        const sending = failure(target.send(numbered('a', 2), abort.signal), 'unavailable');
        abort.abort();
        expect((await sending).message).toContain('aborted');
      } finally {
        receiver.resume?.();
      }
      await target.send(numbered('a', 3), never);
      expect(firstArrivals(await receiver.received())).toEqual(numbered('a', 3).map(asReceived));
    },
  },
  {
    name: 'waits only so long for a receiver that hangs',
    needs: 'hang',
    async run(target, receiver) {
      receiver.hang?.();
      try {
        await failure(target.send(numbered('a', 2), never), 'unavailable');
        await failure(target.probe(never), 'unavailable');
      } finally {
        receiver.resume?.();
      }
      await target.send(numbered('a', 2), never);
      expect(firstArrivals(await receiver.received())).toEqual(numbered('a', 2).map(asReceived));
    },
  },
  {
    name: 'ends what it is doing when it is closed, once and for all',
    needs: 'hang',
    async run(target, receiver) {
      receiver.hang?.();
      try {
        const sending = failure(target.send(numbered('a', 2), never), 'unavailable');
        await target.close();
        expect((await sending).message).toContain('aborted');
      } finally {
        receiver.resume?.();
      }
    },
  },
  {
    name: 'can be closed twice, and sends nothing afterwards',
    async run(target, receiver) {
      await target.send(numbered('a', 1), never);
      await Promise.all([target.close(), target.close()]);
      await target.close();
      await failure(target.send(numbered('a', 2), never), 'unavailable');
      await failure(target.probe(never), 'unavailable');
      expect(await receiver.received()).toHaveLength(1);
    },
  },
];

export async function failure(work: Promise<unknown>, expected: DeliveryFailure): Promise<DeliveryError> {
  const error = await work.then(
    () => undefined,
    (thrown: DeliveryError) => thrown,
  );
  expect(error, 'nothing was thrown').toBeDefined();
  expect({ name: error?.name, failure: error?.failure }, error?.message).toEqual({
    name: 'DeliveryError',
    failure: expected,
  });
  return error as DeliveryError;
}

export function numbered(key: string, count: number): readonly StreamMessage[] {
  return Array.from({ length: count }, (_, index) => message(key, `${key}-${index}`));
}

export function asReceived(sent: StreamMessage | undefined): Received {
  return { partitionKey: sent?.partitionKey ?? '', text: new TextDecoder().decode(sent?.data) };
}

export function byKey(received: readonly Received[]): ReadonlyMap<string, readonly string[]> {
  const keys = new Map<string, string[]>();
  for (const { partitionKey, text } of received) {
    keys.set(partitionKey, [...(keys.get(partitionKey) ?? []), text]);
  }
  return keys;
}

/** Without what came again: at least once is the promise. Two messages of a test never have the same text. */
export function firstArrivals(received: readonly Received[]): readonly Received[] {
  const seen = new Set<string>();
  return received.filter(({ text }) => {
    if (seen.has(text)) return false;
    seen.add(text);
    return true;
  });
}
