import type { SyncError } from '@holdall/client';
import { useSyncState } from '@holdall/client/react';
import { notes, privateNotes, settings } from './client.ts';
import { isUnlocked } from './private-notes.ts';

/** How far the device is with synchronising, in all. */
export interface Overview {
  readonly kind: 'offline' | 'failed' | 'saving' | 'saved' | 'live';
  /** A few words. */
  readonly text: string;
  /** Changes that only this device has. */
  readonly pending: number;
  /** Notes that wait for a decision. */
  readonly conflicts: number;
  readonly syncedAt: number | undefined;
  readonly error: SyncError | undefined;
}

export function useOverview(): Overview {
  const { isOnline, live } = useSyncState();
  const ofNotes = useSyncState(notes);
  const ofPrivate = useSyncState(privateNotes);
  const ofSettings = useSyncState(settings);
  const states = [ofNotes, ofPrivate, ofSettings];

  const pending = states.reduce((sum, state) => sum + state.pending, 0);
  const conflicts = states.reduce((sum, state) => sum + state.conflicts, 0);
  // What cannot be read while it is locked is no failure.
  const failed = isUnlocked() ? states : [ofNotes, ofSettings];
  const error = failed.find((state) => state.error && state.error.code !== 'OFFLINE')?.error;
  const figures = { pending, conflicts, error, syncedAt: ofNotes.syncedAt };

  const changes = `${pending} ${pending === 1 ? 'change' : 'changes'}`;
  if (!isOnline) {
    return { ...figures, kind: 'offline', text: pending > 0 ? `Offline, ${changes} to send` : 'Offline' };
  }
  if (error) {
    const text = error.code === 'AUTH' ? 'Signed out by the service' : 'Not synchronised';
    return { ...figures, kind: 'failed', text };
  }
  if (pending > 0 || ofNotes.syncedAt === undefined) return { ...figures, kind: 'saving', text: 'Saving…' };
  return live === 'live'
    ? { ...figures, kind: 'live', text: 'Saved, live' }
    : { ...figures, kind: 'saved', text: 'Saved' };
}
