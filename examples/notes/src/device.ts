import { type LocalStore, type Tabs, webTabs } from '@holdall/client';
import { indexedDbStore } from '@holdall/client/stores/indexeddb';
import { memoryStore } from '@holdall/client/stores/memory';

/**
 * Windows of one browser are one device: they share its storage. To try two devices in one browser, a window can be
 * another one, with storage of its own: `?device=second`. Apps need none of this.
 */
export const deviceName = new URL(placeBeforeSignIn() ?? location.href).searchParams.get('device') ?? '';

/** The provider sends everybody back to one address, which does not say which device it was. */
function placeBeforeSignIn(): string | undefined {
  const attempt = sessionStorage.getItem('sign-in');
  if (attempt === null || !new URLSearchParams(location.search).has('state')) return undefined;
  return (JSON.parse(attempt) as { returnTo: string }).returnTo;
}

/** The address of the app as another device. */
export function addressOf(device: string): string {
  const address = new URL(location.pathname, location.href);
  if (device) address.searchParams.set('device', device);
  return address.href;
}

/** Small things that are this device's alone, for all of its windows. */
export const deviceNotes = {
  get: (name: string): string | undefined => localStorage.getItem(`${deviceName}/${name}`) ?? undefined,
  set(name: string, text: string | undefined): void {
    if (text === undefined) localStorage.removeItem(`${deviceName}/${name}`);
    else localStorage.setItem(`${deviceName}/${name}`, text);
  },
  /** Calls back when another window sets it. */
  subscribe(name: string, listener: () => void): () => void {
    const heard = ({ key }: StorageEvent) => key === `${deviceName}/${name}` && listener();
    addEventListener('storage', heard);
    return () => removeEventListener('storage', heard);
  },
};

export interface DeviceStorage {
  readonly store: LocalStore;
  readonly tabs: Tabs;
  /** Nothing outlives the window: the browser has no storage for this page. */
  readonly isLost: boolean;
}

export async function openStorage(): Promise<DeviceStorage> {
  const store = indexedDbStore({ name: `notes ${deviceName}` });
  try {
    await store.note('is there storage?');
    return { store, tabs: tabsOf(deviceName), isLost: false };
  } catch {
    await store.close();
    // As in some private windows. What is synchronised is safe; what is not goes with the window.
    return { store: memoryStore(), tabs: tabsOf(crypto.randomUUID()), isLost: true };
  }
}

/** Finds only the windows of this device. */
function tabsOf(device: string): Tabs {
  const tabs = webTabs();
  return {
    exclusively: (name, signal, work) => tabs.exclusively(`${device}/${name}`, signal, work),
    channel: (name, received) => tabs.channel(`${device}/${name}`, received),
  };
}
