import { startTestServer, type TestServer as RealServer } from '@holdall/server/testing';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { callIdentity, SignedClient, type Wire, WireClient } from '../../../../conformance/signed-client.ts';
import { createTestServer } from '../../src/testing/index.ts';
import { fetchWire } from './fetch-wire.ts';
import { history } from './history.ts';
import { HistoryPlayer, type Stage } from './played-history.ts';

const histories = 500;
const seed = Number(process.env.KIT_SEED ?? Date.now() % 1_000_000);

/** One clock for both. */
let time = Date.now();
const now = () => time;

const quotas = { datasetsPerIdentity: 3, recordsPerDataset: 4, bytesPerDataset: 400 };
const testServer = createTestServer({ clock: { now, setTimer: () => () => {} }, quotas, seed });
const settings = {
  IdentityPoolName: 'differential',
  AllowUnauthenticatedIdentities: true,
  DeveloperProviderName: 'login.differential',
};
const PushSync = {
  ApplicationArns: ['arn:aws:sns:us-east-1:000000000000:app/GCM/notes'],
  RoleArn: 'arn:aws:iam::000000000000:role/differential',
};

let realServer: RealServer;
let stages: readonly Stage[];
const wires: Wire[] = [];

beforeAll(async () => {
  realServer = await startTestServer({
    now,
    flags: {
      'datasets-per-identity': '3',
      'records-per-dataset': '4',
      'bytes-per-dataset': '400',
    },
  });
  stages = await Promise.all([
    stageOf(new WireClient(realServer.url), realServer.credentials, realServer.region),
    stageOf(fetchWire(testServer.url, testServer.fetch), testServer.developerCredentials, testServer.region),
  ]);
});

afterAll(async () => {
  for (const wire of wires) wire[Symbol.dispose]();
  await realServer.close();
  expect(realServer.faults).toEqual([]);
});

async function stageOf(wire: Wire, developer: Stage['developer'], region: string): Promise<Stage> {
  wires.push(wire);
  const pool = await callIdentity(wire, 'CreateIdentityPool', settings, { credentials: developer, region, at: now() });
  const poolId = String(pool.IdentityPoolId);
  const target = `/identitypools/${poolId}/configuration`;
  const client = new SignedClient(wire, developer, { service: 'cognito-sync', region, at: now() });
  await client.json('POST', target, { PushSync });
  return { wire, poolId, developer, region, now };
}

test(`${histories} random histories are answered alike by the service and the test server`, async () => {
  let played = 0;
  let steps = 0;
  const answers = new Map<string, number>();
  await fc.assert(
    fc.asyncProperty(history, async (each) => {
      played += 1;
      const [real, kit] = stages.map((stage) => new HistoryPlayer(stage, `user-${played}`));
      for (const step of each) {
        time += step.does.kind === 'wait' ? step.does.ms : 1;
        steps += 1;
        const expected = await real?.play(step);
        const actual = await kit?.play(step);
        expect(actual, `KIT_SEED=${seed}: ${JSON.stringify(step)}`).toEqual(expected);
        note(answers, step.does.kind, expected);
      }
    }),
    { numRuns: histories, seed },
  );
  console.log(`KIT_SEED=${seed}: ${played} histories, ${steps} steps\n${table(answers)}`);
});

/** How often each kind of step had which outcome: a property that nothing happens in holds easily. */
function note(answers: Map<string, number>, kind: string, answer: unknown): void {
  const { status, type = '' } = (answer ?? {}) as { status?: number; type?: string };
  const outcome = `${kind} ${status ?? (String(answer).startsWith('Error') ? 'refused' : 'done')} ${type}`.trim();
  answers.set(outcome, (answers.get(outcome) ?? 0) + 1);
}

function table(answers: ReadonlyMap<string, number>): string {
  return [...answers]
    .sort()
    .map(([outcome, times]) => `  ${String(times).padStart(6)}  ${outcome}`)
    .join('\n');
}
