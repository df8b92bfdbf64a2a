import { browserConnectivity, type Connectivity, type Readable } from '@holdall/client';
import { deviceNotes } from './device.ts';

const browser = browserConnectivity();
const listeners = new Set<() => void>();
deviceNotes.subscribe('flight-mode', tell);

/** A switch that takes the whole device offline, to see what the app does then. */
export const flightMode: Readable<boolean> & { set(isOn: boolean): void } = {
  get: () => deviceNotes.get('flight-mode') !== undefined,
  set(isOn) {
    deviceNotes.set('flight-mode', isOn ? 'on' : undefined);
    tell();
  },
  subscribe(listener) {
    listeners.add(listener);
    return () => listeners.delete(listener);
  },
};

/** What the browser says, and the switch. */
export const connectivity: Connectivity = {
  get isOnline() {
    return browser.isOnline && !flightMode.get();
  },
  get isVisible() {
    return browser.isVisible;
  },
  subscribe(listener) {
    const unsubscribe = browser.subscribe(listener);
    const switched = flightMode.subscribe(() => listener('changed'));
    return () => {
      unsubscribe();
      switched();
    };
  },
};

function tell(): void {
  for (const listener of listeners) listener();
}
