import type { Dataset } from '@holdall/client';
import { useDataset, useSyncState } from '@holdall/client/react';
import { type ReactNode, useRef } from 'react';
import { type Note, type Notes, settings } from '../client.ts';
import { explain } from '../explain.ts';
import { say, sayFailure } from '../notices.ts';
import { addressFor, go } from '../routes.ts';
import { Icon } from './icon.tsx';
import { NoteEditor } from './note-editor.tsx';

interface NotebookProps {
  readonly dataset: Dataset<Notes>;
  readonly screen: 'notes' | 'private';
  readonly title: string;
  readonly id: string | undefined;
  readonly children?: ReactNode;
}

/** A list of notes, and the one that is open beside it. On a phone the one takes the place of the other. */
export function Notebook({ dataset, screen, title, id, children }: NotebookProps) {
  const values = useDataset(dataset);
  const { isReady } = useSyncState(dataset);
  const list = useRef<HTMLDivElement>(null);
  const sorted = Object.entries(values)
    .flatMap(([key, note]) => (note ? [{ key, note }] : []))
    .sort((one, other) => other.note.editedAt - one.note.editedAt);
  const open = id === undefined ? undefined : values[id];

  const close = () => {
    go(screen);
    // Where the person was before.
    const link = list.current?.querySelector<HTMLElement>(`[data-note="${id}"]`);
    requestAnimationFrame(() => (link?.isConnected ? link : list.current)?.focus());
  };

  return (
    <div className="notebook" data-open={open !== undefined}>
      <section className="list" aria-label={title}>
        <div className="bar">
          <h1>{title}</h1>
          <button type="button" className="main" onClick={() => void addNote(dataset, screen)}>
            <Icon name="plus" />
            New note
          </button>
        </div>
        {children}
        <div ref={list} tabIndex={-1}>
          {isReady && sorted.length === 0 && (
            <p className="empty">
              Nothing here yet. What you write is kept on this device, and on all your others.
            </p>
          )}
          <ul className="cards">
            {sorted.map(({ key, note }) => (
              <li key={key}>
                <a
                  href={addressFor(screen, key)}
                  data-note={key}
                  aria-current={key === id ? 'true' : undefined}
                >
                  <strong>{note.title || 'Untitled'}</strong>
                  <span className="snippet">{note.text || 'No text yet'}</span>
                  {note.tags.length > 0 && <span className="tags-line">{note.tags.join(' · ')}</span>}
                </a>
              </li>
            ))}
          </ul>
        </div>
      </section>
      <section className="page" aria-label="Note">
        {id !== undefined && open ? (
          <NoteEditor
            key={id}
            dataset={dataset}
            id={id}
            close={close}
            remove={() => {
              close();
              void removeNote(dataset, id, open);
            }}
          />
        ) : (
          <p className="empty">{isReady ? 'Choose a note, or write a new one.' : 'Reading your notes…'}</p>
        )}
      </section>
    </div>
  );
}

async function addNote(dataset: Dataset<Notes>, screen: 'notes' | 'private'): Promise<void> {
  const id = crypto.randomUUID();
  try {
    await dataset.set(id, { title: '', text: '', tags: [], editedAt: Date.now() });
    go(screen, id);
    await settings.update('notesWritten', (count = 0) => count + 1);
  } catch (error) {
    sayFailure(explain(error));
  }
}

async function removeNote(dataset: Dataset<Notes>, id: string, note: Note): Promise<void> {
  try {
    await dataset.remove(id);
    const undo = () => void dataset.set(id, note).catch((error: unknown) => sayFailure(explain(error)));
    say(`“${note.title || 'Untitled'}” is deleted.`, { name: 'Undo', run: undo });
  } catch (error) {
    sayFailure(explain(error));
  }
}
