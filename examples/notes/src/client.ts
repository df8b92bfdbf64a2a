import { createSyncClient, jsonCodec, resolvers } from '@holdall/client';
import { liveChanges } from '@holdall/client/live';
import { openStorage } from './device.ts';
import { connectivity } from './flight-mode.ts';
import { lockableCodec, type PassphraseMark } from './private-notes.ts';
import { service } from './service.ts';
import { whoever } from './user.ts';

/** A note is one record, under an id that nobody chose. */
export interface Note {
  readonly title: string;
  readonly text: string;
  readonly tags: readonly string[];
  /** Epoch milliseconds. */
  readonly editedAt: number;
}

export type Notes = Readonly<Record<string, Note>>;

export interface Settings {
  readonly theme: 'system' | 'light' | 'dark';
  readonly textSize: 'normal' | 'large';
  /** What notes can be filed under. */
  readonly tags: readonly string[];
  /** Ever, on all devices. */
  readonly notesWritten: number;
  readonly passphrases: readonly PassphraseMark[];
}

export const { store, tabs, isLost: isStorageLost } = await openStorage();

export const client = createSyncClient({
  endpoint: service.endpoint,
  identity: whoever,
  store,
  tabs,
  connectivity,
  live: liveChanges(),
});

/** Two versions of a note are for a person to choose from. */
export const notes = client.dataset<Notes>('notes', { codec: jsonCodec, resolve: resolvers.defer });

/** The service stores these without being able to read them. */
export const privateNotes = client.dataset<Notes>('private-notes', {
  codec: lockableCodec,
  resolve: resolvers.defer,
});

/** Settings settle themselves: by the later change, or, where both count, by adding up. */
export const settings = client.dataset<Settings>('settings', {
  codec: jsonCodec,
  resolve: {
    tags: resolvers.set,
    notesWritten: resolvers.counter,
    passphrases: resolvers.set,
    '*': resolvers.lastWriter,
  },
});
