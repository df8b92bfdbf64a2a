// What a page loads instead of amazon-cognito-js.
import { importLegacyLocalStorage, installCompat, type LegacyAws } from '@holdall/client/compat';
import { indexedDbStore } from '@holdall/client/stores/indexeddb';

const { AWS } = globalThis as unknown as { AWS: LegacyAws };
installCompat(AWS, {
  store: () => indexedDbStore(),
  prepare: (store) => importLegacyLocalStorage(store, localStorage),
});
