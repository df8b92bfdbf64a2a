import { useSyncExternalStore } from 'react';

/** What the window shows is in its address: `#/notes/<id>`, `#/private/<id>`, `#/conflicts`, `#/settings`. */
export interface Route {
  readonly screen: Screen;
  readonly id: string | undefined;
}

export type Screen = (typeof screens)[number];

const screens = ['notes', 'private', 'conflicts', 'settings'] as const;

export function addressFor(screen: Screen, id?: string): string {
  return `#/${screen}${id === undefined ? '' : `/${encodeURIComponent(id)}`}`;
}

export function go(screen: Screen, id?: string): void {
  location.hash = addressFor(screen, id);
}

export function useRoute(): Route {
  const hash = useSyncExternalStore(subscribe, () => location.hash);
  const [, screen, id] = hash.split('/');
  return { screen: screens.find((name) => name === screen) ?? 'notes', id: id && decodeURIComponent(id) };
}

function subscribe(changed: () => void): () => void {
  addEventListener('hashchange', changed);
  return () => removeEventListener('hashchange', changed);
}
