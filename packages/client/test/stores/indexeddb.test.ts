import 'fake-indexeddb/auto';
import { test } from 'vitest';
import { localStoreContract } from '../testing/local-store-contract.ts';
import { indexedDbStore } from './indexeddb.ts';

test.each(localStoreContract)('an IndexedDB store $name', ({ name, run }) =>
  run(() => indexedDbStore({ name })),
);
