import { createSyncClient, resolvers, staticCredentials } from '@holdall/client';
import { memoryStore } from '@holdall/client/stores/memory';
import { createTestServer } from '@holdall/client/testing';
import type { StandardSchemaV1 } from '@standard-schema/spec';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { noActivity, shownPath, withEvent } from '../../src/devtools/activity.ts';
import { bugReport } from '../../src/devtools/bug-report.ts';
import { snapshotOf } from '../../src/devtools/snapshot.ts';

/** In no word of a report, but in every key and value. */
const mark = '§';
const secret = fc
  .string({ unit: 'grapheme', maxLength: 20 })
  .map((text) => `${mark}${text.replaceAll('\0', '')}${mark}`);

/** Says what it was given, as validators do. */
const talkative: StandardSchemaV1<string> = {
  '~standard': {
    version: 1,
    vendor: 'a test',
    validate: (value) =>
      `${value}`.length > 12 ? { issues: [{ message: `'${value}' is too long` }] } : { value: `${value}` },
  },
};

/** What a client has after it was edited, synchronised and disturbed, and what happened on the way. */
async function reportAfter(values: readonly (readonly [string, string])[], rivals: readonly string[]) {
  const server = createTestServer();
  const { identityId, credentials } = server.createIdentity();
  await using client = createSyncClient({
    endpoint: server.url,
    identity: staticCredentials({ identityId, identityPoolId: server.identityPoolId, ...credentials }),
    store: memoryStore(),
    fetch: server.fetch,
    autoSync: false,
  });
  let activity = noActivity;
  client.onEvent((event) => {
    activity = withEvent(activity, event);
  });
  const deferring = client.dataset('deferring', { resolve: resolvers.defer });
  const failing = client.dataset('failing', {
    resolve({ key, local, remote }) {
      throw new Error(`${key}: ${local.value} or ${remote.value}?`);
    },
  });
  const checked = client.dataset('checked', { schema: { '*': talkative } });
  const datasets = [deferring, failing];
  for (const dataset of datasets) {
    for (const [key, value] of values) await dataset.set(key, value);
    await dataset.sync();
    for (const [index, [key, value]] of values.entries()) {
      const rival = rivals[index % rivals.length] ?? null;
      server.write(identityId, dataset.name, { [key]: rival });
      await (index % 3 === 0 ? dataset.remove(key) : dataset.set(key, `${value}${mark}`));
    }
    await dataset.sync().catch(() => undefined);
  }
  server.write(identityId, 'checked', Object.fromEntries(values));
  await checked.sync().catch(() => undefined);
  const snapshot = snapshotOf(client, await client.inspect(), activity);
  return { report: bugReport(snapshot, 0, 'a browser'), snapshot, identityId };
}

test('a bug report has no value, no key and no user', async () => {
  const entries = fc.uniqueArray(fc.tuple(secret, secret), {
    minLength: 1,
    maxLength: 6,
    selector: ([key]) => key,
  });
  await fc.assert(
    fc.asyncProperty(entries, fc.array(secret, { minLength: 1 }), async (values, rivals) => {
      const { report, snapshot, identityId } = await reportAfter(values, rivals);
      // There was something to give away, in every place.
      expect(JSON.stringify(snapshot)).toContain(mark);
      expect(snapshot.datasets.some(({ state }) => state?.error?.message.includes(mark))).toBe(true);
      expect(report).not.toContain(mark);
      expect(report).not.toContain(identityId);
      expect(report).not.toContain(encodeURIComponent(identityId));
    }),
    { numRuns: 60, seed: Number(process.env.HOLDALL_SEED ?? 20_261_120) },
  );
});

test('a bug report says what is wrong', async () => {
  const { report } = await reportAfter([[`${mark}a`, `${mark}one`]], [`${mark}two`]);
  expect(JSON.parse(report)).toMatchObject({
    at: '1970-01-01T00:00:00.000Z',
    userAgent: 'a browser',
    client: { user: 'signed in', isOnline: true, isLeader: false, live: 'off' },
    datasets: [
      { name: 'checked', records: 1, dirty: 0, isOpen: true },
      {
        name: 'deferring',
        records: 1,
        dirty: 1,
        conflicts: 1,
        unsettled: [{ key: '#1', isDirty: true, isRemoved: true, conflict: { isRemoved: false } }],
      },
      { name: 'failing', dirty: 1, conflicts: 0, state: { error: { code: 'INVALID' } } },
    ],
    syncs: [
      { dataset: 'checked', done: { pulled: { added: 1 } } },
      { dataset: 'failing', error: { code: 'INVALID' }, requests: [{ method: 'GET', status: 200 }] },
      { dataset: 'failing', done: { pushed: { added: 1 } } },
      { dataset: 'deferring', done: { deferred: 1 } },
      { dataset: 'deferring', done: { pushed: { added: 1 }, requests: 2 } },
    ],
  });
});

test('paths are shown without ids and tokens', () => {
  const path =
    '/identitypools/us-east-1%3A1/identities/us-east-1%3A2/datasets/notes/records?syncSessionToken=secret';
  expect(shownPath(path)).toBe('/identitypools/…/identities/…/datasets/notes/records');
  expect(shownPath('/identitypools/1/identity/2/device')).toBe('/identitypools/…/…/…/device');
});
