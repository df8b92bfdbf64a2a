import { describe, expect, test } from 'vitest';
import { createTestServer, createVirtualClock, type TestServer } from '../../src/testing/index.ts';
import { signedFetch } from './signed-fetch.ts';

function setUp(seed = 1) {
  const clock = createVirtualClock();
  const server = createTestServer({ clock, seed });
  const { identityId, credentials } = server.createIdentity();
  const path = `/identitypools/${server.identityPoolId}/identities/${identityId}`;
  return { clock, server, identityId, credentials, path };
}

describe('signatures', () => {
  test('hold for 15 minutes before and after, by the clock that answers tell', async () => {
    const { clock, server, credentials, path } = setUp();
    const statusAt = async (at: number) => (await signedFetch(server, credentials, path, { at })).status;
    const minute = 60_000;
    expect(await statusAt(clock.now() - 15 * minute)).toBe(200);
    expect(await statusAt(clock.now() + 15 * minute)).toBe(200);
    expect(await statusAt(clock.now() - 15 * minute - 1000)).toBe(403);
    expect(await statusAt(clock.now() + 15 * minute + 1000)).toBe(403);
    const refused = await signedFetch(server, credentials, path, { at: clock.now() - 60 * minute });
    expect(Date.parse(refused.headers.get('date') ?? '')).toBe(clock.now());
    expect(refused.headers.get('x-amzn-errortype')).toBe('InvalidSignatureException:');
  });

  test('of credentials that have expired do not hold', async () => {
    const { clock, server, identityId, path } = setUp();
    const short = server.credentialsFor(identityId, 5000);
    expect((await signedFetch(server, short, path)).status).toBe(200);
    await clock.advance(5000);
    expect((await signedFetch(server, short, path)).headers.get('x-amzn-errortype')).toBe(
      'ExpiredTokenException:',
    );
  });
});

describe('a test server', () => {
  test('is the same for the same seed, and another for another', () => {
    const idOf = (seed: number) => setUp(seed).identityId;
    expect(idOf(7)).toBe(idOf(7));
    expect(idOf(7)).not.toBe(idOf(8));
  });

  test('answers in the order of asking, and tells what it answered', async () => {
    const { server, credentials, path } = setUp();
    const records = await signedFetch(server, credentials, `${path}/datasets/notes/records`);
    const { SyncSessionToken } = (await records.json()) as { SyncSessionToken: string };
    const write = (Value: string, size: number) =>
      signedFetch(server, credentials, `${path}/datasets/notes`, {
        method: 'POST',
        body: JSON.stringify({
          SyncSessionToken,
          RecordPatches: [{ Op: 'replace', Key: 'k', Value: Value.repeat(size), SyncCount: 0 }],
        }),
      });
    // The first takes longer to be hashed and read.
    const statuses = await Promise.all([write('a', 500_000), write('b', 1)]);
    expect(statuses.map(({ status }) => status)).toEqual([200, 409]);
    expect(server.requests.slice(-2)).toEqual([
      { operation: 'UpdateRecords', status: 200 },
      { operation: 'UpdateRecords', status: 409, error: 'ResourceConflictException' },
    ]);
  });

  test('merges a guest into the identity of a login, as a device sees it', async () => {
    const { server } = setUp();
    const guest = server.createIdentity().identityId;
    const user = server.signInDeveloperUser('user-1').identityId;
    server.write(guest, 'notes', { a: '1', gone: null });
    server.write(guest, 'notes', { a: '2' });
    const login = { 'accounts.google.com': server.loginToken('accounts.google.com', 'user-1') };
    const ask = (IdentityId: string) =>
      server.fetch(server.url, {
        method: 'POST',
        headers: { 'X-Amz-Target': 'AWSCognitoIdentityService.GetCredentialsForIdentity' },
        body: JSON.stringify({ IdentityId, Logins: login }),
      });
    const other = server.createIdentity().identityId;
    expect(await (await ask(other)).json()).toMatchObject({ IdentityId: other });
    expect(await (await ask(guest)).json()).toMatchObject({ IdentityId: other });
    expect(server.state()).toMatchObject({
      [guest]: { mergedInto: other, logins: [], datasets: {} },
      [other]: {
        datasets: {
          [`notes.${guest}`]: { exists: true, syncCount: 1, values: { a: '2' }, syncCounts: { a: 1 } },
        },
      },
      [user]: { logins: [{ provider: 'login.test', subject: 'user-1' }] },
    });
  });
});

describe('the live stream', () => {
  test('tells how things are, then what changes, and what was missed after a break', async () => {
    const { clock, server, identityId, credentials, path } = setUp();
    server.write(identityId, 'notes', { a: '1' });
    server.write(identityId, 'other', { a: '1' });
    const first = await listen(server, () => signedFetch(server, credentials, `${path}/changes`));
    expect(await first.next()).toEqual([['ready'], ['notes', 1], ['other', 1, 'id 2']]);
    server.write(identityId, 'notes', { a: '2' });
    expect(await first.next()).toEqual([['notes', 2, 'id 3']]);
    await clock.advance(25_000);
    expect(await first.next()).toEqual([]);
    server.cutLiveStreams();
    await expect(first.next()).rejects.toThrow('network error');
    expect([server.liveStreams, clock.timers]).toEqual([0, 0]);

    const again = (id: string) =>
      listen(server, () =>
        signedFetch(server, credentials, `${path}/changes`, { headers: { 'Last-Event-ID': id } }),
      );
    const missedNothing = await again('3');
    expect(await missedNothing.next()).toEqual([['ready', 'id 3']]);
    await missedNothing.cancel();
    await signedFetch(server, credentials, `${path}/datasets/other`, { method: 'DELETE' });
    const missedOne = await again('3');
    expect(await missedOne.next()).toEqual([['ready'], ['notes', 2], ['other', 2, 'deleted', 'id 4']]);
    await missedOne.cancel();
    expect([server.liveStreams, clock.timers]).toEqual([0, 0]);
  });

  test('ends when the credentials expire, the identity is merged, or the caller aborts', async () => {
    const { clock, server, identityId, path } = setUp();
    const open = (signal?: AbortSignal) =>
      listen(server, () =>
        signedFetch(
          server,
          server.credentialsFor(identityId, 10_000),
          `${path}/changes`,
          signal ? { signal } : {},
        ),
      );
    const expiring = await open();
    await expiring.next();
    await clock.advance(10_000);
    expect(await expiring.next()).toEqual([['end', 'expired']]);
    expect(await expiring.next()).toBeUndefined();

    const controller = new AbortController();
    const aborted = await open(controller.signal);
    await aborted.next();
    controller.abort(new Error('enough'));
    await expect(aborted.next()).rejects.toThrow('enough');

    const merged = await open();
    await merged.next();
    const winner = server.createIdentity().identityId;
    const logins = { 'accounts.google.com': server.loginToken('accounts.google.com', 'me') };
    for (const IdentityId of [winner, identityId]) {
      await server.fetch(server.url, {
        method: 'POST',
        headers: { 'X-Amz-Target': 'AWSCognitoIdentityService.GetCredentialsForIdentity' },
        body: JSON.stringify({ IdentityId, Logins: logins }),
      });
    }
    expect(await merged.next()).toEqual([['end', 'disabled']]);
    expect([server.liveStreams, clock.timers]).toEqual([0, 0]);
  });
});

/** Reads what comes together: of each event its dataset and count, or its name, and what else it says. */
async function listen(server: TestServer, open: () => Promise<Response>) {
  const response = await open();
  expect(response.headers.get('content-type')).toBe('text/event-stream');
  expect(server.liveStreams).toBe(1);
  const reader = response.body?.getReader();
  if (!reader) throw new Error('There is no stream.');
  return {
    async next(): Promise<unknown[][] | undefined> {
      const { value, done } = await reader.read();
      return done ? undefined : eventsIn(new TextDecoder().decode(value));
    },
    cancel: () => reader.cancel(),
  };
}

function eventsIn(text: string): unknown[][] {
  return text.split('\n\n').flatMap((block) => {
    const lines = new Map(
      block.split('\n').map((line) => [line.split(': ')[0], line.slice(line.indexOf(': ') + 2)]),
    );
    const name = lines.get('event');
    if (name === undefined) return [];
    const { datasetName, syncCount, deleted, reason } = JSON.parse(lines.get('data') ?? '{}');
    const id = lines.get('id');
    const said = name === 'change' ? [datasetName, syncCount] : [name];
    return [
      [
        ...said,
        ...(deleted ? ['deleted'] : []),
        ...(reason === undefined ? [] : [reason]),
        ...(id === undefined ? [] : [`id ${id}`]),
      ],
    ];
  });
}
