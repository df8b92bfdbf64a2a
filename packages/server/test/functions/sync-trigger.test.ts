import { afterAll, afterEach, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import type { SyncTriggerEvent } from '../../src/domain/sync-trigger.ts';
import {
  endScenario,
  newGuest,
  openDataset,
  present,
  refusalOf,
  remove,
  replace,
  type Scenario,
  startScenario,
  syncClient,
} from '../clients/scenario.ts';
import { LiveStream } from '../live/live-stream.ts';
import { type Answer, Receiver } from './receiver.ts';

// What happens to a dataset while the function looks at it: the test is the function.

const functionArn = 'arn:aws:lambda:us-east-1:000000000000:function:notes';
const concurrency = 4;

let receiver: Receiver;
let scenario: Scenario;

beforeAll(async () => {
  receiver = await Receiver.open();
  scenario = await startScenario({
    functions: { [functionArn]: { type: 'http', url: receiver.url, concurrency } },
  });
  await scenario.developer.sync.setCognitoEvents({
    IdentityPoolId: scenario.poolId,
    Events: { SyncTrigger: functionArn },
  });
});
afterEach(() => {
  receiver.answer = asItCame;
});
afterAll(async () => {
  await endScenario(scenario);
  await receiver[Symbol.asyncDispose]();
});

const asItCame: Answer = (response, { text }) => void response.end(text);

type Records = Record<string, { oldValue?: string | null; newValue: string | null; op: string }>;

/** A function that does this to the records, while that happens elsewhere. */
function whileItRuns(happens: () => Promise<unknown>, change: (records: Records) => void = () => {}): Answer {
  return async (response, { text }) => {
    const event = JSON.parse(text) as SyncTriggerEvent & { datasetRecords: Records };
    receiver.answer = asItCame;
    await happens();
    change(event.datasetRecords);
    response.end(JSON.stringify(event));
  };
}

/** A dataset as its user has it, and as the developer, whom the function does not see. */
async function newDataset() {
  const guest = await newGuest(scenario);
  return {
    mine: openDataset(syncClient(scenario, guest), guest, 'notes'),
    developers: openDataset(scenario.developer.sync, guest, 'notes'),
  };
}

const add = (key: string, newValue: string) => (records: Records) => {
  records[key] = { newValue, op: 'replace' };
};

describe('while the function runs', () => {
  test('another device changes what the user sent: a conflict', async () => {
    const { mine, developers } = await newDataset();
    await mine.update([replace('a', '1')]);
    receiver.answer = whileItRuns(() => developers.update([replace('a', '2', 1)]));
    expect(await refusalOf(mine.update([replace('a', '3', 1)]))).toMatchObject({
      name: 'ResourceConflictException',
      message: 'Current SyncCount for: a is: 2 not: 1',
    });
    expect((await mine.list()).Records).toMatchObject([{ Key: 'a', Value: '2' }]);
  });

  test('another device gets through with a count that is too high: a conflict for a count just as high', async () => {
    const { mine } = await newDataset();
    await mine.update([replace('coins', '1')]);
    const tooHigh = 1_000_000_000;
    receiver.answer = whileItRuns(() => mine.update([replace('coins', '0', tooHigh)]));
    expect(await refusalOf(mine.update([replace('coins', '2', tooHigh)]))).toMatchObject({
      name: 'ResourceConflictException',
      message: 'Current SyncCount for: coins is: 2 not: 1',
    });
    receiver.answer = whileItRuns(() => mine.update([replace('new', 'theirs', tooHigh)]));
    expect(await refusalOf(mine.update([replace('new', 'ours', tooHigh)]))).toMatchObject({
      name: 'ResourceConflictException',
      message: 'Current SyncCount for: new is: 3 not: 0',
    });
    expect((await mine.list()).Records).toMatchObject([
      { Key: 'coins', Value: '0' },
      { Key: 'new', Value: 'theirs' },
    ]);
  });

  test('another device changes what the function changes: a conflict, not a lost update', async () => {
    const { mine, developers } = await newDataset();
    await mine.update([replace('a', '1'), replace('score', '10')]);
    receiver.answer = whileItRuns(
      () => developers.update([replace('score', '20', 1)]),
      (records) => add('score', String(Number(records.score?.oldValue) + 1))(records),
    );
    expect(await refusalOf(mine.update([replace('a', '2', 1)]))).toMatchObject({
      name: 'ResourceConflictException',
      message: 'Current SyncCount for: score is: 2 not: 1',
    });
    expect((await mine.list()).Records).toMatchObject([
      { Key: 'a', Value: '1' },
      { Key: 'score', Value: '20' },
    ]);
  });

  test('another device adds what the function adds: a conflict', async () => {
    const { mine, developers } = await newDataset();
    receiver.answer = whileItRuns(
      () => developers.update([replace('badge', 'theirs')]),
      add('badge', 'ours'),
    );
    expect(await refusalOf(mine.update([replace('a', '1')]))).toMatchObject({
      message: 'Current SyncCount for: badge is: 1 not: 0',
    });
    expect((await mine.list()).Records).toMatchObject([{ Key: 'badge', Value: 'theirs' }]);
  });

  test('another device removes what the function changes: a conflict', async () => {
    const { mine, developers } = await newDataset();
    await mine.update([replace('score', '10')]);
    receiver.answer = whileItRuns(() => developers.update([remove('score', 1)]), add('score', '11'));
    expect((await refusalOf(mine.update([replace('a', '1')]))).name).toBe('ResourceConflictException');
    expect((await mine.list()).Records).toMatchObject([{ Key: 'score', SyncCount: 2 }]);
  });

  test('the dataset is deleted: a conflict, and what the function saw does not come back', async () => {
    const { mine, developers } = await newDataset();
    await mine.update([replace('a', '1'), replace('score', '10')]);
    receiver.answer = whileItRuns(() => developers.delete(), add('score', '11'));
    expect((await refusalOf(mine.update([replace('a', '2', 1)]))).name).toBe('ResourceConflictException');
    expect(await mine.list()).toMatchObject({ DatasetExists: false, Records: [] });
  });

  test('the dataset is deleted and made again: a conflict', async () => {
    const { mine, developers } = await newDataset();
    await mine.update([replace('a', '1')]);
    receiver.answer = whileItRuns(
      async () => {
        await developers.delete();
        await developers.update([replace('new', '1')]);
      },
      add('score', '11'),
    );
    expect((await refusalOf(mine.update([replace('a', '2', 1)]))).name).toBe('ResourceConflictException');
    expect((await mine.list()).Records).toMatchObject([{ Key: 'new' }]);
  });

  test('another device changes what nobody else does: both are written', async () => {
    const { mine, developers } = await newDataset();
    await mine.update([replace('a', '1'), replace('b', '1')]);
    receiver.answer = whileItRuns(() => developers.update([replace('b', '2', 1)]), add('c', '3'));
    await mine.update([replace('a', '2', 1)]);
    expect((await mine.list()).Records).toMatchObject([
      { Key: 'b', Value: '2', SyncCount: 2 },
      { Key: 'a', Value: '2', SyncCount: 3 },
      { Key: 'c', Value: '3', SyncCount: 3 },
    ]);
  });

  test('the identity is deleted: nothing is written', async () => {
    const { mine } = await newDataset();
    const guest = await newGuest(scenario);
    const dataset = openDataset(syncClient(scenario, guest), guest, 'notes');
    receiver.answer = whileItRuns(() =>
      scenario.developer.identity.deleteIdentities({ IdentityIdsToDelete: [guest.ids.IdentityId] }),
    );
    expect((await refusalOf(dataset.update([replace('a', '1')]))).name).toBe('ResourceNotFoundException');
    await mine.update([replace('a', '1')]);
  });
});

test('writers that all go through the function lose nothing: what it counts is the number of writes', async () => {
  const { mine } = await newDataset();
  receiver.answer = (response, { text }) => {
    const event = JSON.parse(text) as { datasetRecords: Records };
    const count = Number(event.datasetRecords.count?.oldValue ?? 0) + 1;
    add('count', String(count))(event.datasetRecords);
    response.end(JSON.stringify(event));
  };
  const writes = 12;
  let conflicts = 0;
  await Promise.all(
    Array.from({ length: concurrency - 1 }, async (_, writer) => {
      for (let done = 0; done < writes / (concurrency - 1); ) {
        try {
          await mine.update([replace(`key-${writer}-${done}`, 'x')]);
          done += 1;
        } catch (error) {
          expect((error as Error).name).toBe('ResourceConflictException');
          conflicts += 1;
        }
      }
    }),
  );
  const { Records, DatasetSyncCount } = await mine.list();
  expect(Records?.find(({ Key }) => Key === 'count')?.Value).toBe(String(writes));
  expect(DatasetSyncCount).toBe(writes);
  expect(conflicts).toBeGreaterThan(0);
});

describe('a function that hangs', () => {
  test('holds up so many updates and no more, and nobody else', async () => {
    const { mine } = await newDataset();
    const held: (() => void)[] = [];
    const { promise: full, resolve } = Promise.withResolvers<void>();
    receiver.answer = (response, { text }) => {
      held.push(() => response.end(text));
      if (held.length === concurrency) resolve();
    };
    const token = present((await mine.list()).SyncSessionToken);
    const updates = Array.from({ length: concurrency }, (_, index) =>
      mine.update([replace(`key-${index}`, 'x')], { SyncSessionToken: token }),
    );
    await full;
    // The SDK tries a throttled call again by itself: that is what it is told to do.
    const guest = await newGuest(scenario);
    const { CognitoSync } = await import('@aws-sdk/client-cognito-sync');
    const impatient = new CognitoSync({
      ...scenario.endpoint,
      credentials: guest.credentials,
      maxAttempts: 1,
    });
    const refusal = await refusalOf(openDataset(impatient, guest, 'notes').update([replace('a', '1')]));
    expect(refusal).toMatchObject({
      name: 'LambdaThrottledException',
      $metadata: { httpStatusCode: 429 },
    });
    expect(await mine.list()).toMatchObject({ DatasetExists: false });
    for (const answer of held) answer();
    await Promise.all(updates);
    expect(await mine.list()).toMatchObject({ Count: concurrency });
    impatient.destroy();
  });

  test('is a timeout after 5 seconds', async () => {
    const { mine } = await newDataset();
    receiver.answer = () => {};
    const startedAt = performance.now();
    expect(await refusalOf(mine.update([replace('a', '1')]))).toMatchObject({
      name: 'LambdaSocketTimeoutException',
      $metadata: { httpStatusCode: 400 },
    });
    expect(performance.now() - startedAt).toBeGreaterThanOrEqual(4990);
    expect(await mine.list()).toMatchObject({ DatasetExists: false });
  });
});

describe('live changes', () => {
  test('tell of what the function made of an update, and not of one that it dropped', async () => {
    const guest = await newGuest(scenario);
    const { url } = scenario.server;
    const stream = await LiveStream.open(url, guest.ids, { credentials: guest.credentials });
    onTestFinished(() => stream.close());
    await stream.until(({ events }) => events.length > 0);
    const mine = openDataset(syncClient(scenario, guest), guest, 'notes');

    receiver.answer = whileItRuns(async () => {}, add('badge', 'gold'));
    await mine.update([replace('a', '1')], { DeviceId: 'phone' });
    receiver.answer = whileItRuns(
      async () => {},
      (records) => delete records.a,
    );
    await mine.update([replace('a', '2', 1)]);
    await mine.update([replace('a', '3', 1)]);

    const { events } = await stream.untilCount('notes', 2);
    expect(events.slice(1).map(({ data, lastEventId }) => ({ data, lastEventId }))).toMatchObject([
      { data: { datasetName: 'notes', syncCount: 1, deviceId: 'phone' }, lastEventId: '1' },
      { data: { datasetName: 'notes', syncCount: 2 }, lastEventId: '2' },
    ]);
    expect(((await mine.list()).Records ?? []).map(({ Key, Value }) => [Key, Value])).toEqual([
      ['badge', 'gold'],
      ['a', '3'],
    ]);
  });
});
