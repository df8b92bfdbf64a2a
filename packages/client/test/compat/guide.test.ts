import { readFileSync } from 'node:fs';
import { emptyMemory, memoryStore } from '@holdall/client/stores/memory';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { type Service, startService } from './devices.ts';
import { openBoth, openClient, readAgain } from './guide/new-api.ts';

// docs/guides/migrating-from-amazon-cognito-js.md. Its script for pages is run by browser.test.ts.

let service: Service;
beforeAll(async () => {
  service = await startService();
});
afterAll(() => service.close());

const read = (path: string) => readFileSync(new URL(path, import.meta.url), 'utf8');

test('every block of TypeScript in the guide is code that is compiled and run', () => {
  const guide = read('../../../../docs/guides/migrating-from-amazon-cognito-js.md');
  const blocks = [...guide.matchAll(/^```ts\n([\s\S]*?)^```$/gm)].map(([, block = '']) => block.trim());
  expect(blocks.length).toBeGreaterThan(2);
  const code = read('guide/compat-library.ts') + read('guide/new-api.ts');
  for (const block of blocks) expect(code).toContain(block);
});

test('data that was taken over, one old screen and one new one, on one client', async () => {
  const user = await service.newUser();
  const { IdentityId, IdentityPoolId } = user.ids;
  const record = { Key: 'theme', Value: 'dark', SyncCount: 0, Modified: true };
  const items = new Map([
    [`aws.cognito.identity-id.${IdentityPoolId}`, IdentityId],
    [`${IdentityId}.settings`, JSON.stringify({ theme: record })],
  ]);
  const storage = {
    length: items.size,
    key: (index: number) => [...items.keys()][index] ?? null,
    getItem: (key: string) => items.get(key) ?? null,
    removeItem: (key: string) => void items.delete(key),
  };
  const client = await openClient(service.url, service.poolId, memoryStore(emptyMemory()), storage);
  onTestFinished(() => client[Symbol.asyncDispose]());
  const { settings, notes } = await openBoth(client);
  expect(await settings.get('theme')).toBe('dark');
  await notes.set('milk', 'two litres');
  await settings.synchronize();
  await readAgain(client);
  expect(await service.content(user)).toEqual({ theme: 'dark' });
  expect(await service.content(user, 'notes')).toEqual({ milk: 'two litres' });
});
