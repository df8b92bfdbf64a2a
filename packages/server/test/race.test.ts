import { startTestServer, type TestServer } from '@holdall/server/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  callIdentity,
  datasetPath,
  type Identity,
  newIdentity,
  SignedClient,
  WireClient,
} from '../../../conformance/signed-client.ts';

const connections = 32;

interface WireRecord {
  readonly Key: string;
  readonly Value?: string;
  readonly SyncCount: number;
}

interface Listing {
  readonly Records: readonly WireRecord[];
  readonly DatasetSyncCount: number;
  readonly SyncSessionToken: string;
}

let server: TestServer;
let wires: readonly WireClient[];
let poolId: string;

beforeAll(async () => {
  server = await startTestServer();
  wires = Array.from({ length: connections }, () => new WireClient(server.url, { connections: 1 }));
  const pool = await callIdentity(
    firstOf(wires),
    'CreateIdentityPool',
    { IdentityPoolName: 'race', AllowUnauthenticatedIdentities: true },
    server,
  );
  poolId = String(pool.IdentityPoolId);
});

afterAll(async () => {
  for (const wire of wires) wire[Symbol.dispose]();
  await server.close();
  expect(server.faults).toEqual([]);
});

test('of writers that know the same count one wins, whoever comes first', async () => {
  const identity = await newIdentity(firstOf(wires), poolId);
  const devices = devicesOf(identity, 'rounds');
  for (let round = 0; round < 20; round++) {
    // In the first round there is no record yet, so that all of them try to make it.
    const known = await Promise.all(devices.map((device) => device.list()));
    const outcomes = await Promise.all(
      devices.map((device, index) => device.write('score', `${round}/${index}`, round, known[index])),
    );
    const winners = outcomes.filter((outcome) => outcome.status === 200);
    expect(winners).toHaveLength(1);
    expect(winners[0]?.record).toMatchObject({ Key: 'score', SyncCount: round + 1 });
    for (const { status, message } of outcomes.filter((outcome) => outcome.status !== 200)) {
      expect(status).toBe(409);
      expect(message).toBe(`Current SyncCount for: score is: ${round + 1} not: ${round}`);
    }
    const { Records } = await firstOf(devices).list();
    expect(Records).toEqual([winners[0]?.record]);
  }
});

test('no count is given twice, none is left out, and the last winner is what remains', async () => {
  const identity = await newIdentity(firstOf(wires), poolId);
  const devices = devicesOf(identity, 'free');
  const keys = ['one', 'other'];
  const won: WireRecord[] = [];
  const wanted = 100;
  await Promise.all(
    devices.map(async (device, index) => {
      const key = keys[index % keys.length] ?? 'one';
      for (let attempt = 0; won.length < wanted; attempt++) {
        const listing = await device.list();
        const stored = listing.Records.find((record) => record.Key === key)?.SyncCount ?? 0;
        const outcome = await device.write(key, `${index}/${attempt}`, stored, listing);
        if (outcome.record) won.push(outcome.record);
        else expect(outcome.status).toBe(409);
      }
    }),
  );
  const counts = won.map((record) => record.SyncCount).sort((one, other) => one - other);
  expect(counts).toEqual(Array.from({ length: won.length }, (_, index) => index + 1));

  const { Records, DatasetSyncCount } = await firstOf(devices).list();
  expect(DatasetSyncCount).toBe(won.length);
  for (const key of keys) {
    const last = won
      .filter((record) => record.Key === key)
      .reduce((latest, record) => (record.SyncCount > latest.SyncCount ? record : latest));
    expect(Records.find((record) => record.Key === key)).toEqual(last);
  }
});

/** One device for each connection. */
function devicesOf(identity: Identity, datasetName: string) {
  const path = datasetPath(poolId, identity.id, datasetName);
  return wires.map((wire) => {
    const client = new SignedClient(wire, identity.credentials, {
      service: 'cognito-sync',
      region: server.region,
    });
    return {
      list: async () => (await client.json('GET', `${path}/records`)) as unknown as Listing,
      write: async (Key: string, Value: string, SyncCount: number, listing: Listing | undefined) => {
        const answer = await client.send('POST', path, {
          RecordPatches: [{ Op: 'replace', Key, Value, SyncCount }],
          SyncSessionToken: listing?.SyncSessionToken,
        });
        const body = JSON.parse(answer.text) as { Records?: WireRecord[]; message?: string };
        return { status: answer.status, record: body.Records?.[0], message: body.message };
      },
    };
  });
}

function firstOf<Item>(items: readonly Item[]): Item {
  const [first] = items;
  if (first === undefined) throw new Error('There is none.');
  return first;
}
