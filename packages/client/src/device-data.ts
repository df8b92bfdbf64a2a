import type { LocalStore, Owner } from './local-store.ts';
import { isDirty } from './record-rules.ts';
import { SyncError } from './sync-error.ts';
import type { Tabs } from './tabs.ts';

/** Erases what the device has of an owner, sent or not. */
export async function eraseOwner(store: LocalStore, owner: Owner): Promise<void> {
  for (const { name } of await store.datasets(owner)) await eraseDataset(store, owner, name);
}

export async function eraseDataset(store: LocalStore, owner: Owner, dataset: string): Promise<void> {
  for (;;) {
    const kept = await store.load(owner, dataset);
    if (!kept) return;
    const expected = kept.head.revision;
    if (await store.commit([{ owner, dataset, expected, head: undefined, put: [], erase: [] }])) return;
  }
}

/** Puts what an owner has under another name; what that one has already stays as it is. */
export async function renameOwner(store: LocalStore, from: Owner, to: Owner): Promise<void> {
  for (const { name: dataset } of await store.datasets(from)) {
    for (;;) {
      const kept = await store.load(from, dataset);
      if (!kept || (await store.load(to, dataset))) break;
      const { head, records: put } = kept;
      const there = { owner: to, dataset, expected: 0, head, put, erase: [] };
      const here = { owner: from, dataset, expected: head.revision, head: undefined, put: [], erase: [] };
      if (await store.commit([there, here])) break;
    }
  }
}

/** @throws SyncError `UNSYNCED` when there is something that the service has not been sent */
export async function checkSynced(store: LocalStore, owner: Owner): Promise<void> {
  for (const { name } of await store.datasets(owner)) {
    const kept = await store.load(owner, name);
    if (!kept?.head.deletion && !kept?.records.some(isDirty)) continue;
    const message = `'${name}' has changes that only this device has: sync first, or say discardUnsynced.`;
    throw new SyncError('UNSYNCED', message, { dataset: name });
  }
}

const claimantNote = 'claimant';

/** A name of this store: what other devices of the user know this one by, and what tabs that share it have in common. */
export async function claimantOf(store: LocalStore, tabs: Tabs, signal: AbortSignal): Promise<string> {
  const known = await store.note(claimantNote);
  if (known !== undefined) return known;
  return tabs.exclusively('holdall:open', signal, async () => {
    const byNow = await store.note(claimantNote);
    if (byNow !== undefined) return byNow;
    const name = crypto.randomUUID();
    await store.setNote(claimantNote, name);
    return name;
  });
}
