// compat-library.ts: what pages load instead of amazon-cognito-js
import { importLegacyLocalStorage, installCompat, type LegacyAws } from '@holdall/client/compat';
import { indexedDbStore } from '@holdall/client/stores/indexeddb';

const { AWS } = globalThis as unknown as { AWS: LegacyAws };
installCompat(AWS, {
  store: () => indexedDbStore(),
  async prepare(store) {
    const { problems } = await importLegacyLocalStorage(store, localStorage);
    for (const { storageKey, key, message } of problems) console.warn(storageKey, key, message);
  },
});
