import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { json } from 'node:stream/consumers';
import { type TestServer as RealServer, startTestServer } from '@holdall/server/testing';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { callIdentity, SignedClient, type Wire, WireClient } from '../../../../conformance/signed-client.ts';
import { createTestServer } from '../../src/testing/index.ts';
import { fetchWire } from './fetch-wire.ts';
import { history } from './history.ts';
import { developerProvider, HistoryPlayer, publicProvider, type Stage } from './played-history.ts';

const histories = Number(process.env.KIT_HISTORIES ?? 500);
const seed = Number(process.env.KIT_SEED ?? Date.now() % 1_000_000);

/** One clock for both. */
let time = Date.now();
const now = () => time;

const quotas = { datasetsPerIdentity: 2, recordsPerDataset: 2, bytesPerDataset: 300 };
const testServer = createTestServer({ clock: { now, setTimer: () => () => {} }, quotas, seed });
const settings = {
  IdentityPoolName: 'differential',
  AllowUnauthenticatedIdentities: true,
  DeveloperProviderName: developerProvider,
  SupportedLoginProviders: { [publicProvider]: 'app' },
};
const PushSync = {
  ApplicationArns: ['arn:aws:sns:us-east-1:000000000000:app/GCM/notes'],
  RoleArn: 'arn:aws:iam::000000000000:role/differential',
};

const folder = mkdtempSync(join(tmpdir(), 'holdall-differential-'));
let loginProvider: Server;
let realServer: RealServer;
let stages: readonly Stage[];
const wires: Wire[] = [];

beforeAll(async () => {
  loginProvider = await startLoginProvider();
  writeFileSync(join(folder, 'login-providers.json'), JSON.stringify(providersFile(loginProvider)));
  realServer = await startTestServer({
    now,
    data: folder,
    flags: Object.fromEntries(Object.entries(quotas).map(([name, limit]) => [name, String(limit)])),
  });
  stages = await Promise.all([
    stageOf(new WireClient(realServer.url), realServer.credentials, (user) => user),
    stageOf(fetchWire(testServer.url, testServer.fetch), testServer.developerCredentials, (user) =>
      testServer.loginToken(publicProvider, user),
    ),
  ]);
});

afterAll(async () => {
  for (const wire of wires) wire[Symbol.dispose]();
  await realServer.close();
  await new Promise((resolve) => loginProvider.close(resolve));
  rmSync(folder, { recursive: true });
  expect(realServer.faults).toEqual([]);
});

/** A webhook that takes the token for the user's name. */
async function startLoginProvider(): Promise<Server> {
  const server = createServer(async (request, response) => {
    const { token } = (await json(request)) as { token: string };
    response.end(JSON.stringify({ subject: token }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}

function providersFile(server: Server): object {
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  return { webhooks: { [publicProvider]: { url, secret: 'differential-secret-differential-secret' } } };
}

async function stageOf(
  wire: Wire,
  developer: Stage['developer'],
  loginToken: Stage['loginToken'],
): Promise<Stage> {
  const { region } = testServer;
  wires.push(wire);
  const pool = await callIdentity(wire, 'CreateIdentityPool', settings, {
    credentials: developer,
    region,
    at: now(),
  });
  const poolId = String(pool.IdentityPoolId);
  const target = `/identitypools/${poolId}/configuration`;
  const client = new SignedClient(wire, developer, { service: 'cognito-sync', region, at: now() });
  await client.json('POST', target, { PushSync });
  return { wire, poolId, developer, region, now, loginToken };
}

test(`${histories} random histories are answered alike by the service and the test server`, {
  timeout: 600_000,
}, async () => {
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
        const [expected, actual] = await Promise.all([real?.play(step), kit?.play(step)]);
        expect(actual, `KIT_SEED=${seed}: ${JSON.stringify(step)}`).toEqual(expected);
        note(answers, step.does.kind, expected);
      }
    }),
    { numRuns: histories, seed },
  );
  console.log(`KIT_SEED=${seed}: ${played} histories, ${steps} steps\n${table(answers)}`);
  for (const outcome of outcomesToMeet) expect([...answers.keys()], `KIT_SEED=${seed}`).toContain(outcome);
});

/** A property that nothing happens in holds easily. */
const outcomesToMeet = [
  'update 200',
  'update 400 LimitExceededException:',
  'update 409 ResourceConflictException:',
  'delete 200',
  'list 403 NotAuthorizedException:',
  'nextPage 200',
  'subscription 200',
  'claim done',
  'signIn refused',
];

/** How often each kind of step had which outcome. */
function note(answers: Map<string, number>, kind: string, answer: unknown): void {
  const { status, type = '' } = ([answer ?? {}].flat()[0] ?? {}) as { status?: number; type?: string };
  const outcome =
    `${kind} ${status ?? (String([answer].flat()[0]).startsWith('Error') ? 'refused' : 'done')} ${type}`.trim();
  answers.set(outcome, (answers.get(outcome) ?? 0) + 1);
}

function table(answers: ReadonlyMap<string, number>): string {
  return [...answers]
    .sort()
    .map(([outcome, times]) => `  ${String(times).padStart(6)}  ${outcome}`)
    .join('\n');
}
