import { type Conflict, SyncError } from '@holdall/client';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { type Service, startService } from './compat/devices.ts';

// Questions of the core that are answered after the run which found them: what the compat facade is built on.

let service: Service;
beforeAll(async () => {
  service = await startService();
});
afterAll(() => service.close());

async function inConflict() {
  const user = await service.newUser();
  const theirs = service.client(user).dataset('settings');
  await theirs.set('a', 'theirs');
  await theirs.sync();
  const ours = service.client(user).dataset('settings', { resolve: () => ({ use: 'defer' }) });
  await ours.set('a', 'ours');
  await ours.sync();
  const [conflict] = (await ours.conflicts()) as readonly Conflict<string>[];
  if (!conflict) throw new Error('There should be a conflict.');
  return { user, theirs, ours, conflict };
}

test('a decision counts while the conflict is the one that was decided about', async () => {
  const { user, ours, conflict } = await inConflict();
  await ours.resolveConflict('a', { use: 'local' }, conflict);
  await ours.sync();
  expect(await service.content(user)).toEqual({ a: 'ours' });
});

test('a decision about values that are gone is refused, and the conflict stays', async () => {
  const { user, theirs, ours, conflict } = await inConflict();
  await ours.set('a', 'newer');
  await expect(ours.resolveConflict('a', { use: 'remote' }, conflict)).rejects.toMatchObject({
    code: 'CONFLICT',
  });
  await theirs.set('a', 'theirs, newer');
  await theirs.sync();
  await ours.sync();
  const [now] = (await ours.conflicts()) as readonly Conflict<string>[];
  expect([now?.local.value, now?.remote.value]).toEqual(['newer', 'theirs, newer']);
  await expect(ours.resolveConflict('a', { use: 'local' }, conflict)).rejects.toMatchObject({
    code: 'CONFLICT',
  });
  await ours.resolveConflict('a', { use: 'local' }, now);
  await ours.sync();
  expect(await service.content(user)).toEqual({ a: 'newer' });
});

test('an error of onRemoteDelete ends the sync, and nothing is changed', async () => {
  const user = await service.newUser();
  const onRemoteDelete = vi.fn((): 'discard' => {
    throw new SyncError('ABORTED', 'Nobody agreed.');
  });
  const dataset = service.client(user).dataset('settings', { onRemoteDelete });
  await dataset.set('a', '1');
  await dataset.sync();
  await service.sync.deleteDataset({ ...user.ids, DatasetName: 'settings' });
  await dataset.set('b', '2');
  await expect(dataset.sync()).rejects.toThrow('Nobody agreed.');
  expect([onRemoteDelete.mock.calls.length, { ...(await dataset.all()) }]).toEqual([1, { a: '1', b: '2' }]);
  onRemoteDelete.mockImplementation(() => 'discard');
  expect((await dataset.sync()).discarded).toEqual(['b']);
});
