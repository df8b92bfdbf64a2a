import { expect, test } from 'vitest';
import { localStoreContract } from '../testing/local-store-contract.ts';
import { emptyMemory, memoryStore } from './memory.ts';

test.each(localStoreContract)('a memory store $name', async ({ run }) => {
  const memory = emptyMemory();
  await run(() => memoryStore(memory));
});

test('memory stores keep apart what they are not told to share', async () => {
  await memoryStore().setNote('user', 'ann');
  expect(await memoryStore().note('user')).toBeUndefined();
});
