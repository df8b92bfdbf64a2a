/** Whether the device is online and somebody is looking. React Native apps bring one made of NetInfo and AppState. */
export interface Connectivity {
  readonly isOnline: boolean;
  /** Whether the app is in front; background apps do not poll. */
  readonly isVisible: boolean;
  /** Calls back when one of them changes, and with `leaving` when the page may be about to end. */
  subscribe(listener: (event: 'changed' | 'leaving') => void): () => void;
}

/** As the browser says; where there is none, always online and visible. */
export function browserConnectivity(): Connectivity {
  const page = globalThis.document as Document | undefined;
  const navigator = globalThis.navigator as Navigator | undefined;
  return {
    get isOnline() {
      return navigator?.onLine !== false;
    },
    get isVisible() {
      return page?.visibilityState !== 'hidden';
    },
    subscribe(listener) {
      if (!page) return () => undefined;
      const changed = () => listener(page.visibilityState === 'hidden' ? 'leaving' : 'changed');
      const leaving = () => listener('leaving');
      const online = () => listener('changed');
      page.addEventListener('visibilitychange', changed);
      globalThis.addEventListener('pagehide', leaving);
      globalThis.addEventListener('online', online);
      globalThis.addEventListener('offline', online);
      return () => {
        page.removeEventListener('visibilitychange', changed);
        globalThis.removeEventListener('pagehide', leaving);
        globalThis.removeEventListener('online', online);
        globalThis.removeEventListener('offline', online);
      };
    },
  };
}

/** Resolves when it is so. @throws the signal's reason */
export function whenConnected(
  connectivity: Connectivity,
  isSo: (connectivity: Connectivity) => boolean,
  signal: AbortSignal,
): Promise<void> {
  if (isSo(connectivity)) return Promise.resolve();
  return new Promise((resolve, reject) => {
    const settle = () => {
      if (!signal.aborted && !isSo(connectivity)) return;
      unsubscribe();
      signal.removeEventListener('abort', settle);
      if (signal.aborted) reject(signal.reason);
      else resolve();
    };
    const unsubscribe = connectivity.subscribe(settle);
    signal.addEventListener('abort', settle);
  });
}
