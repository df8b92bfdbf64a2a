import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { announcingStore } from '../src/live/announcing-store.ts';
import type { ChangeFeed } from '../src/ports/change-feed.ts';
import type { Store } from '../src/ports/store.ts';
import { MemoryStore } from '../src/stores/memory/memory-store.ts';
import { SqliteStore } from '../src/stores/sqlite/sqlite-store.ts';
import { type OpenedStore, storeContract } from '../src/testing/store-contract.ts';

async function openMemory(): Promise<OpenedStore> {
  const store = new MemoryStore();
  return { store, dispose: () => store.close() };
}

async function openSqlite(): Promise<OpenedStore> {
  const folder = mkdtempSync(join(tmpdir(), 'holdall-store-'));
  const opened: Store[] = [];
  const open = async (name: string) => {
    const store = await SqliteStore.open({ file: join(folder, name) });
    opened.push(store);
    return store;
  };
  const store = await open('data.db');
  return {
    store,
    reopen: () => open('data.db'),
    async openBackup() {
      await store.backup(join(folder, 'backup.db'));
      return open('backup.db');
    },
    async dispose() {
      for (const each of opened) await each.close();
      rmSync(folder, { recursive: true });
    },
  };
}

/** What a tracing or metering decorator would be: every call handed on, nothing added. */
function passThrough(store: Store): Store {
  return new Proxy(store, {
    get(target, name) {
      const method: unknown = Reflect.get(target, name, target);
      return typeof method === 'function'
        ? (...args: unknown[]) => Reflect.apply(method, target, args)
        : method;
    },
  });
}

const nobody: ChangeFeed = { changed() {}, datasetsCame() {}, identityEnded() {}, poolDeleted() {} };

/** What operations have: it tells of changes, and everything else goes through it as it is. */
function announcing(store: Store): Store {
  return announcingStore(store, nobody);
}

async function openWrapped(
  open: () => Promise<OpenedStore>,
  wrap: (store: Store) => Store,
): Promise<OpenedStore> {
  const opened = await open();
  return { ...opened, store: wrap(opened.store) };
}

storeContract('memory', openMemory);
storeContract('sqlite', openSqlite);
storeContract('memory, wrapped', () => openWrapped(openMemory, passThrough));
storeContract('sqlite, wrapped', () => openWrapped(openSqlite, passThrough));
storeContract('memory, announcing', () => openWrapped(openMemory, announcing));
