import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CognitoIdentity } from '@aws-sdk/client-cognito-identity';
import { startTestServer } from '@holdall/server/testing';
import { afterAll, afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { Administration } from '../../src/administration.ts';
import {
  type Credentials,
  endScenario,
  type Guest,
  newGuest,
  openDataset,
  present,
  replace,
  startScenario,
  syncClient,
} from '../clients/scenario.ts';
import { LiveStream, type StreamRequest, streamRequest } from './live-stream.ts';

// Streams of changes over real sockets, signed by Amazon's signer, with changes made by Amazon's SDK.

const backend = 'backend';
let ahead = 0;
const scenario = await startScenario({
  now: () => Date.now() + ahead,
  flags: { liveHeartbeatSeconds: '1', liveListenersPerIdentity: '3', liveListeners: '6' },
});
const { server, developer } = scenario;
const { url } = server;
const streams: LiveStream[] = [];
let guest: Guest;

beforeEach(async () => {
  guest = await newGuest(scenario);
});

afterEach(async () => {
  ahead = 0;
  for (const stream of streams.splice(0)) stream.close();
  // The server hears of it a moment later, and other tests need the places.
  await vi.waitFor(async () => expect(await listeners()).toBe(0));
});

afterAll(() => endScenario(scenario));

async function listeners(): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text();
  return Number(/^holdall_live_listeners (\d+)$/m.exec(text)?.[1]);
}

async function open(asked: StreamRequest = {}, of: Guest = guest): Promise<LiveStream> {
  const stream = await LiveStream.open(url, of.ids, { credentials: of.credentials, ...asked });
  streams.push(stream);
  return stream;
}

const opened = async (asked: StreamRequest = {}, of: Guest = guest) => {
  const stream = await open(asked, of);
  await stream.until(({ events }) => events.length > 0);
  return stream;
};

const dataset = (name: string, of: Guest = guest) => openDataset(syncClient(scenario, of), of, name);

describe('a stream', () => {
  test('tells of updates and deletions of all datasets, with the device that made them', async () => {
    const stream = await opened();
    expect(stream.reader.events[0]).toMatchObject({ type: 'ready', lastEventId: '0' });
    await dataset('settings').update([replace('theme', 'dark')], { DeviceId: 'phone' });
    await stream.untilCount('settings', 1);
    await dataset('scores').update([replace('best', '7')]);
    await stream.untilCount('scores', 1);
    await dataset('settings').delete();
    const { events } = await stream.untilCount('settings', 2);
    const common = {
      source: 'cognito-sync',
      identityPoolId: guest.ids.IdentityPoolId,
      identityId: guest.ids.IdentityId,
    };
    const told = events.map(({ type, data, lastEventId }) => ({ type, data, lastEventId })).slice(1);
    expect(told).toEqual([
      {
        type: 'change',
        data: { ...common, datasetName: 'settings', syncCount: 1, deviceId: 'phone' },
        lastEventId: '1',
      },
      { type: 'change', data: { ...common, datasetName: 'scores', syncCount: 1 }, lastEventId: '2' },
      {
        type: 'change',
        data: { ...common, datasetName: 'settings', syncCount: 2, deleted: true },
        lastEventId: '3',
      },
    ]);
  });

  test('does not tell of what was refused, or of other identities', async () => {
    const stream = await opened();
    const other = await newGuest(scenario);
    await dataset('settings', other).update([replace('theme', 'dark')]);
    await dataset('settings').update([replace('theme', 'dark')]);
    await dataset('settings')
      .update([replace('theme', 'light')])
      .catch(() => {});
    await dataset('settings').update([replace('theme', 'sepia', 1)]);
    const { counts, events } = await stream.untilCount('settings', 2);
    expect(counts).toEqual(new Map([['settings', 2]]));
    expect(events).toHaveLength(3);
  });

  test('opens by a presigned URL, and goes on after the URL has expired', async () => {
    const stream = await opened({ signing: { presignedSeconds: 60 } });
    ahead = 20 * 60_000;
    expect(await (await open({ signing: { presignedSeconds: 60, at: Date.now() } })).refusal()).toMatchObject(
      {
        status: 403,
      },
    );
    const writer = openDataset(developer.sync, guest, 'settings');
    ahead = 0;
    await writer.update([replace('theme', 'dark')]);
    await stream.untilCount('settings', 1);
  });

  test('has heartbeats', async () => {
    const stream = await opened();
    await stream.until(({ comments }) => comments >= 2);
    expect(stream.reader.events).toHaveLength(1);
  });

  test('is open to developers, for any identity in their scope', async () => {
    const stream = await opened({ credentials: server.credentials });
    await dataset('settings').update([replace('theme', 'dark')]);
    await stream.untilCount('settings', 1);
  });

  test('comes over HTTP/1.0 without chunks, and ends with its connection', async () => {
    const { target, headers } = await streamRequest(url, guest.ids, { credentials: guest.credentials });
    const socket = connect(Number(new URL(url).port), '127.0.0.1');
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
    socket.write(`GET ${target} HTTP/1.0\r\n${lines.join('')}\r\n`);
    let text = '';
    socket.setEncoding('utf8').on('data', (piece: string) => {
      text += piece;
    });
    await vi.waitFor(() => expect(text).toContain('id: 0\n\n'));
    expect(text).toMatch(/^HTTP\/1\.1 200 OK\r\nContent-Type: text\/event-stream\r\n/);
    expect(text).toMatch(/\r\nConnection: close\r\n/i);
    expect(text).not.toMatch(/transfer-encoding/i);
    expect(text.split('\r\n\r\n')[1]).toMatch(/^retry: \d+\nevent: ready\n/);
    await developer.identity.deleteIdentities({ IdentityIdsToDelete: [guest.ids.IdentityId] });
    await once(socket, 'close');
    expect(text).toMatch(/event: end\ndata: \{"reason":"deleted"\}\n\n$/);
  });
});

describe('whoever comes back', () => {
  test('is told what changed since, whether the id is in the header or signed in the URL', async () => {
    const stream = await opened();
    await dataset('a').update([replace('k', 'v')]);
    await dataset('b').update([replace('k', 'v')]);
    const { lastEventId } = await stream.untilCount('b', 1);
    stream.close();
    expect(lastEventId).toBe('2');
    const presigned = { presignedSeconds: 60 };
    const ways: StreamRequest[] = [
      { headers: { 'Last-Event-ID': lastEventId } },
      { unsignedHeaders: { 'Last-Event-ID': lastEventId }, signing: presigned },
      { query: `lastEventId=${lastEventId}`, signing: presigned },
    ];
    for (const way of ways) {
      const again = await opened(way);
      expect(again.reader.events.map(({ type }) => type)).toEqual(['ready']);
      again.close();
    }
    await dataset('a').update([replace('k', 'w', 1)]);
    for (const way of ways) {
      const again = await open(way);
      const { counts } = await again.until((reader) => reader.lastEventId === '3');
      expect(counts).toEqual(
        new Map([
          ['a', 2],
          ['b', 1],
        ]),
      );
      again.close();
    }
  });

  test('has missed nothing after a restart, whatever changed meanwhile', async () => {
    const data = mkdtempSync(join(tmpdir(), 'holdall-live-'));
    try {
      const first = await startScenario({ data });
      const user = await newGuest(first);
      const stream = await LiveStream.open(first.server.url, user.ids, user);
      await openDataset(syncClient(first, user), user, 'a').update([replace('k', 'v')]);
      const { lastEventId } = await stream.untilCount('a', 1);
      await endScenario(first);
      expect(await stream.end()).toMatchObject({ type: 'end', data: { reason: 'closing' } });

      for (const expected of [1, 2]) {
        const server = await startTestServer({ data });
        const endpoint = { endpoint: server.url, region: server.region };
        const again = await LiveStream.open(server.url, user.ids, {
          credentials: user.credentials,
          headers: { 'Last-Event-ID': lastEventId },
        });
        const { events, counts } = await again.until((reader) => reader.lastEventId === String(expected));
        expect(events[0]?.type).toBe('ready');
        expect(counts).toEqual(expected === 1 ? new Map() : new Map([['a', 2]]));
        again.close();
        const sync = syncClient({ ...first, endpoint }, user);
        await openDataset(sync, user, 'a').update([replace('k', 'w', expected)]);
        expect(server.faults).toEqual([]);
        await server.close();
      }
    } finally {
      rmSync(data, { recursive: true, force: true });
    }
  });
});

describe('a stream ends, and says why', () => {
  const reason = async (stream: LiveStream) => {
    const last = await stream.end();
    return last?.type === 'end' ? last.data.reason : last;
  };

  test('when the credentials expire, also those of a presigned URL', async () => {
    const both = [await opened(), await opened({ signing: { presignedSeconds: 60 } })];
    ahead = 59 * 60_000;
    await Promise.all(both.map((stream) => stream.until(({ comments }) => comments >= 1)));
    ahead = 61 * 60_000;
    for (const stream of both) expect(await reason(stream)).toBe('expired');
  });

  test('when the developer key is revoked, from whichever process', async () => {
    await using administration = await Administration.open({
      data: server.data,
      auditLog: 'audit.log',
      operator: 'test',
    });
    const key = await administration.createKey({ description: 'reader', scope: { readOnly: true } });
    const stream = await opened({ credentials: key });
    await stream.until(({ comments }) => comments >= 1);
    await administration.revokeKey(key.accessKeyId);
    expect(await reason(stream)).toBe('expired');
  });

  test('when the identity is deleted, or its pool', async () => {
    const stream = await opened();
    await developer.identity.deleteIdentities({ IdentityIdsToDelete: [guest.ids.IdentityId] });
    expect(await reason(stream)).toBe('deleted');
    expect(await (await open()).refusal()).toMatchObject({ status: 404, error: 'ResourceNotFoundException' });

    const pool = await developer.identity.createIdentityPool({
      IdentityPoolName: 'short-lived',
      AllowUnauthenticatedIdentities: true,
    });
    const other = await newGuest(scenario, present(pool.IdentityPoolId));
    const theirs = await opened({}, other);
    await developer.identity.deleteIdentityPool({ IdentityPoolId: present(pool.IdentityPoolId) });
    expect(await reason(theirs)).toBe('deleted');
  });

  test('when the identity is merged; the other is told of the datasets that come', async () => {
    const pool = await developer.identity.createIdentityPool({
      IdentityPoolName: 'users',
      AllowUnauthenticatedIdentities: true,
      DeveloperProviderName: backend,
    });
    const IdentityPoolId = present(pool.IdentityPoolId);
    const users = await Promise.all(['ann', 'bob'].map((user) => signIn(IdentityPoolId, user)));
    const [ann, bob] = users as [Guest, Guest];
    await dataset('settings', bob).update([replace('k', 'v')]);
    const [mine, theirs] = [await opened({}, ann), await opened({}, bob)];
    await developer.identity.mergeDeveloperIdentities({
      IdentityPoolId,
      DeveloperProviderName: backend,
      SourceUserIdentifier: 'bob',
      DestinationUserIdentifier: 'ann',
    });
    await mine.untilCount(`settings.${bob.ids.IdentityId}`, 1);
    expect(await reason(theirs)).toBe('disabled');
    expect(await (await open({}, bob)).refusal()).toMatchObject({
      status: 403,
      error: 'NotAuthorizedException',
    });
    await developer.identity.unlinkDeveloperIdentity({
      IdentityPoolId,
      IdentityId: ann.ids.IdentityId,
      DeveloperProviderName: backend,
      DeveloperUserIdentifier: 'bob',
    });
    await developer.identity.unlinkDeveloperIdentity({
      IdentityPoolId,
      IdentityId: ann.ids.IdentityId,
      DeveloperProviderName: backend,
      DeveloperUserIdentifier: 'ann',
    });
    expect(await reason(mine)).toBe('disabled');
  });

  /** A user whom the developer vouches for. */
  async function signIn(IdentityPoolId: string, user: string): Promise<Guest> {
    const { IdentityId, Token } = await developer.identity.getOpenIdTokenForDeveloperIdentity({
      IdentityPoolId,
      Logins: { [backend]: user },
    });
    const app = new CognitoIdentity(scenario.endpoint);
    const given = await app.getCredentialsForIdentity({
      IdentityId,
      Logins: { 'cognito-identity.amazonaws.com': present(Token) },
    });
    app.destroy();
    const { AccessKeyId, SecretKey, SessionToken } = present(given.Credentials);
    return {
      ids: { IdentityPoolId, IdentityId: present(IdentityId) },
      credentials: {
        accessKeyId: present(AccessKeyId),
        secretAccessKey: present(SecretKey),
        sessionToken: present(SessionToken),
      },
    };
  }
});

describe('an attack', () => {
  const refusal = async (asked: StreamRequest, of: Guest = guest) => (await open(asked, of)).refusal();
  const notYours = {
    status: 403,
    error: 'NotAuthorizedException',
    body: {
      __type: 'NotAuthorizedException',
      message: 'These credentials are not valid for accessing this resource',
    },
  };

  test("on another identity's stream is refused, in header and URL", async () => {
    const { credentials } = await newGuest(scenario);
    expect(await refusal({ credentials })).toEqual(notYours);
    expect(await refusal({ credentials, signing: { presignedSeconds: 60 } })).toEqual(notYours);
    const reader: Credentials = server.credentials;
    expect((await opened({ credentials: reader })).status).toBe(200);
  });

  test('without a signature, or with one that was made for something else', async () => {
    const unsigned = await LiveStream.open(url, guest.ids, {});
    expect(await unsigned.refusal()).toMatchObject({
      status: 403,
      error: 'MissingAuthenticationTokenException',
    });
    const { target, headers } = await streamRequest(url, guest.ids, {
      credentials: guest.credentials,
      query: 'lastEventId=1',
      signing: { presignedSeconds: 60 },
    });
    const send = (changed: string) =>
      LiveStream.send(url, { method: 'GET', target: changed, headers, body: none });
    const honest = await send(target);
    streams.push(honest);
    expect(honest.status).toBe(200);
    const tampered = [
      target.replace('lastEventId=1', 'lastEventId=2'),
      target.replace('lastEventId=1&', ''),
      target.replace(/X-Amz-Expires=60/, 'X-Amz-Expires=900'),
      target.replace('/changes', '/datasets'),
    ];
    for (const changed of tampered) {
      expect(changed).not.toBe(target);
      expect(await (await send(changed)).refusal()).toMatchObject({
        status: 403,
        error: 'InvalidSignatureException',
      });
    }
  });

  const none = new Uint8Array();

  test.each(['HEAD', 'POST', 'PUT', 'DELETE'])('with %s finds no operation', async (method) => {
    expect(await refusal({ method })).toMatchObject({ status: 404, error: 'UnknownOperationException' });
  });

  test('with too many streams is refused until one is closed', async () => {
    const mine = [await opened(), await opened(), await opened()];
    expect(await refusal({})).toMatchObject({
      status: 429,
      error: 'TooManyRequestsException',
      body: { message: expect.stringContaining('The identity has 3 listeners') },
    });
    expect(await refusal({ credentials: server.credentials })).toMatchObject({ status: 429 });
    const others = [await newGuest(scenario), await newGuest(scenario)] as const;
    for (let count = 0; count < 3; count++) await opened({}, others[0]);
    expect(await refusal({}, others[1])).toMatchObject({
      status: 429,
      body: { message: expect.stringContaining('The server has 6 listeners') },
    });
    mine[0]?.close();
    await vi.waitFor(async () => expect(await listeners()).toBe(5));
    await opened();
  });

  test('that goes away before it is answered leaves nothing behind', async () => {
    const { target, headers } = await streamRequest(url, guest.ids, { credentials: guest.credentials });
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
    for (let count = 0; count < 50; count++) {
      const socket = connect(Number(new URL(url).port), '127.0.0.1');
      socket.on('error', () => {});
      await once(socket, 'connect');
      socket.write(`GET ${target} HTTP/1.1\r\n${lines.join('')}\r\n`, () => socket.resetAndDestroy());
      await once(socket, 'close');
    }
    await vi.waitFor(async () => expect(await listeners()).toBe(0));
    for (let count = 0; count < 3; count++) await opened();
  });
});

test('a server that closes ends its streams at once, also of those who do not read', async () => {
  const other = await startScenario();
  const user = await newGuest(other);
  const reading = await LiveStream.open(other.server.url, user.ids, user);
  const idle = await LiveStream.open(other.server.url, user.ids, user);
  idle.answer.pause();
  const startedAt = performance.now();
  await endScenario(other);
  expect(performance.now() - startedAt).toBeLessThan(3_000);
  expect(await reading.end()).toMatchObject({ type: 'end', data: { reason: 'closing' } });
  idle.close();
});
