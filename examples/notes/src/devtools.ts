import type { Readable, SyncClient } from '@holdall/client';
import { deviceNotes } from './device.ts';

const listeners = new Set<() => void>();

/** Whether the panel for developers is shown. */
export const devtoolsShown: Readable<boolean> & { set(isShown: boolean): void } = {
  get: () => deviceNotes.get('devtools') !== undefined,
  set(isShown) {
    deviceNotes.set('devtools', isShown ? 'shown' : undefined);
    for (const listener of listeners) listener();
  },
  subscribe(listener) {
    listeners.add(listener);
    return () => listeners.delete(listener);
  },
};

/** Loads the panel when it is wanted, and takes it away when it is not. */
export function watchDevtools(client: SyncClient): void {
  let unmount: (() => void) | undefined;
  const follow = async () => {
    if (devtoolsShown.get() === (unmount !== undefined)) return;
    if (unmount) {
      unmount();
      unmount = undefined;
      return;
    }
    const { mountDevtools } = await import('@holdall/client/devtools');
    if (devtoolsShown.get()) unmount ??= mountDevtools(client, { open: true });
  };
  devtoolsShown.subscribe(() => void follow());
  void follow();
}
