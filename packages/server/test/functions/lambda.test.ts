import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  endScenario,
  newGuest,
  openDataset,
  refusalOf,
  replace,
  type Scenario,
  startScenario,
  syncClient,
} from '../clients/scenario.ts';
import { type ServerlessOffline, startServerlessOffline } from './serverless-offline.ts';

// A function behind the real Invoke operation, as npm's serverless-offline serves it.

const functionArn = 'arn:aws:lambda:us-east-1:000000000000:function:notes';
const missingArn = 'arn:aws:lambda:us-east-1:000000000000:function:missing';

const opened = new AsyncDisposableStack();
let lambda: ServerlessOffline;
let scenario: Scenario;

beforeAll(async () => {
  lambda = opened.use(await startServerlessOffline());
  const settings = {
    type: 'lambda',
    endpoint: lambda.endpoint,
    credentials: { accessKeyId: 'any', secretAccessKey: 'any' },
  } as const;
  scenario = await startScenario({
    functions: { [functionArn]: { ...settings, functionName: 'notes' }, [missingArn]: settings },
  });
  opened.defer(() => endScenario(scenario));
  await setFunction(functionArn);
});

afterAll(() => opened.disposeAsync());

async function setFunction(SyncTrigger: string) {
  await scenario.developer.sync.setCognitoEvents({
    IdentityPoolId: scenario.poolId,
    Events: { SyncTrigger },
  });
}

async function newDataset() {
  const guest = await newGuest(scenario);
  return openDataset(syncClient(scenario, guest), guest, 'notes');
}

test('the emulator answers the SDK', async () => {
  const client = new LambdaClient({
    endpoint: lambda.endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: 'any', secretAccessKey: 'any' },
  });
  const { Payload } = await client.send(
    new InvokeCommand({ FunctionName: 'notes', Payload: '{"datasetRecords":{}}' }),
  );
  expect(Buffer.from(Payload ?? []).toString()).toContain('"newValue":"notes"');
  client.destroy();
});

test('what the function adds is written and answered', async () => {
  const dataset = await newDataset();
  const { Records } = await dataset.update([replace('a', 'Grüße 👋')]);
  expect(Records).toMatchObject([
    { Key: 'a', Value: 'Grüße 👋', SyncCount: 1 },
    { Key: 'by', Value: 'notes', SyncCount: 1 },
  ]);
  expect(await dataset.list()).toMatchObject({ Count: 2, DatasetSyncCount: 1 });
});

describe('nothing is written when the function', () => {
  test.each([
    ['throw', 'InvalidLambdaFunctionOutputException', 'failed'],
    ['nothing', 'InvalidLambdaFunctionOutputException', 'failed'],
    ['other field', 'InvalidLambdaFunctionOutputException', 'datasetName was changed'],
    ['big', 'InvalidLambdaFunctionOutputException', 'failed'],
    ['hang', 'LambdaSocketTimeoutException', '5 seconds'],
  ])('does %s', async (deed, name, message) => {
    const dataset = await newDataset();
    const refusal = await refusalOf(dataset.update([replace('do', deed)]));
    expect(refusal).toMatchObject({ name, message: expect.stringContaining(message) });
    expect(await dataset.list()).toMatchObject({ DatasetExists: false });
    await dataset.update([replace('do', 'well')]);
  });

  test('is not there', async () => {
    await setFunction(missingArn);
    const dataset = await newDataset();
    const refusal = await refusalOf(dataset.update([replace('a', '1')]));
    expect(refusal.name).toBe('InvalidLambdaFunctionOutputException');
    await setFunction(functionArn);
  });
});
