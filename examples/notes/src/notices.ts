import type { Readable } from '@holdall/client';

/** One line to the person. The newest takes the place of the one before. */
export interface Notice {
  readonly text: string;
  /** A failure interrupts a screen reader; anything else waits its turn. */
  readonly isFailure: boolean;
  readonly action?: { readonly name: string; readonly run: () => void };
}

let current: Notice | undefined;
const listeners = new Set<() => void>();

export const notice: Readable<Notice | undefined> = {
  get: () => current,
  subscribe(listener) {
    listeners.add(listener);
    return () => listeners.delete(listener);
  },
};

export function say(text: string, action?: Notice['action']): void {
  show({ text, isFailure: false, ...(action && { action }) });
}

export function sayFailure(text: string): void {
  show({ text, isFailure: true });
}

export function dismissNotice(): void {
  show(undefined);
}

function show(next: Notice | undefined): void {
  current = next;
  for (const listener of listeners) listener();
}
