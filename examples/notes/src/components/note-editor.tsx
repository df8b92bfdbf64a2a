import type { Dataset } from '@holdall/client';
import { useRecord } from '@holdall/client/react';
import { useEffect, useRef } from 'react';
import { type Note, type Notes, settings } from '../client.ts';
import { explain } from '../explain.ts';
import { addressFor } from '../routes.ts';
import { useDraft } from '../use-draft.ts';
import { Icon } from './icon.tsx';

interface NoteEditorProps {
  readonly dataset: Dataset<Notes>;
  readonly id: string;
  readonly close: () => void;
  readonly remove: () => void;
}

const noNote: Note = { title: '', text: '', tags: [], editedAt: 0 };

/** Every keystroke is stored. There is nothing to save, and nothing to lose. */
export function NoteEditor({ dataset, id, close, remove }: NoteEditorProps) {
  const [stored = noNote, store, { isDirty, isConflicted }] = useRecord(dataset, id);
  const [tags = []] = useRecord(settings, 'tags');
  const draft = useDraft(stored, store);
  const title = useRef<HTMLInputElement>(null);
  useEffect(() => title.current?.focus(), []);

  const note = draft.value;
  const edit = (members: Partial<Note>) => draft.change({ ...note, ...members, editedAt: Date.now() });
  return (
    <>
      <div className="bar">
        <button type="button" className="quiet back" onClick={close}>
          <Icon name="back" />
          All notes
        </button>
        <span className="saved">{isDirty ? 'On this device' : 'Everywhere'}</span>
        <button type="button" className="quiet" onClick={remove}>
          <Icon name="trash" />
          Delete
        </button>
      </div>
      {isConflicted && (
        <p className="banner">
          This note was changed on another device, too. <a href={addressFor('conflicts')}>Compare the two</a>
        </p>
      )}
      {draft.error !== undefined && (
        <p className="banner" role="alert">
          Not stored: {explain(draft.error)}{' '}
          <button type="button" onClick={draft.tryAgain}>
            Try again
          </button>
        </p>
      )}
      <input
        ref={title}
        className="title"
        aria-label="Title"
        placeholder="Title"
        value={note.title}
        maxLength={200}
        onChange={(event) => edit({ title: event.target.value })}
      />
      <textarea
        className="text"
        aria-label="Text"
        placeholder="Write something"
        value={note.text}
        onChange={(event) => edit({ text: event.target.value })}
      />
      {tags.length > 0 && (
        <fieldset className="tags">
          <legend>Tags</legend>
          {tags.map((tag) => (
            <label key={tag} className="chip">
              <input
                type="checkbox"
                checked={note.tags.includes(tag)}
                onChange={({ target }) =>
                  edit({
                    tags: target.checked ? [...note.tags, tag] : note.tags.filter((one) => one !== tag),
                  })
                }
              />
              {tag}
            </label>
          ))}
        </fieldset>
      )}
    </>
  );
}
