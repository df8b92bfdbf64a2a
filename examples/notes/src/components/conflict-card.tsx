import type { Conflict } from '@holdall/client';
import { useId, useState } from 'react';
import type { Note } from '../client.ts';

interface ConflictCardProps {
  readonly conflict: Conflict<Note>;
  /** Undefined deletes the note. */
  readonly decide: (value: Note | undefined) => void;
}

/** Both versions side by side, and a third one of the person's own making. */
export function ConflictCard({ conflict, decide }: ConflictCardProps) {
  const { local, remote } = conflict;
  const [combined, setCombined] = useState<string>();
  const title = local.value?.title || remote.value?.title || 'Untitled';
  const heading = useId();
  const field = useId();
  const basis = local.value ?? remote.value;
  return (
    <section className="conflict" aria-labelledby={heading}>
      <h2 id={heading}>{title}</h2>
      <div className="versions">
        <Version
          name="This device"
          note={local.value}
          other={remote.value}
          at={local.changedAt}
          keep={() => decide(local.value)}
        />
        <Version
          name="Another device"
          note={remote.value}
          other={local.value}
          at={remote.deviceChangedAt ?? remote.changedAt}
          keep={() => decide(remote.value)}
        />
      </div>
      {basis && combined === undefined && (
        <button
          type="button"
          onClick={() => setCombined([local.value?.text, remote.value?.text].filter(Boolean).join('\n\n'))}
        >
          Write one from both
        </button>
      )}
      {basis && combined !== undefined && (
        <form
          className="combine"
          onSubmit={(event) => {
            event.preventDefault();
            decide({ ...basis, text: combined, editedAt: Date.now() });
          }}
        >
          <label htmlFor={field}>One from both</label>
          <textarea
            id={field}
            // biome-ignore lint/a11y/noAutofocus: the person has just asked for this field
            autoFocus
            rows={8}
            value={combined}
            onChange={(event) => setCombined(event.target.value)}
          />
          <button type="submit" className="main">
            Keep this one
          </button>
        </form>
      )}
    </section>
  );
}

interface VersionProps {
  readonly name: string;
  readonly note: Note | undefined;
  readonly other: Note | undefined;
  /** Epoch milliseconds. */
  readonly at: number;
  readonly keep: () => void;
}

function Version({ name, note, other, at, keep }: VersionProps) {
  const known = new Set(other?.text.split('\n'));
  const when = new Date(at);
  return (
    <article className="version">
      <h3>{name}</h3>
      <time dateTime={when.toISOString()}>
        {when.toLocaleString([], { dateStyle: 'medium', timeStyle: 'short' })}
      </time>
      {note ? (
        <>
          <p className="version-title">
            {note.title === other?.title ? note.title || 'Untitled' : <mark>{note.title || 'Untitled'}</mark>}
          </p>
          <p className="version-text">
            {note.text.split('\n').map((line, index) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: lines have no other name, and are replaced together
              <span key={index}>{line !== '' && !known.has(line) ? <mark>{line}</mark> : line}</span>
            ))}
          </p>
        </>
      ) : (
        <p className="version-text">It was deleted.</p>
      )}
      <button type="button" onClick={keep}>
        {note ? 'Keep this version' : 'Delete it'}
        <span className="hidden-visually"> of {name.toLowerCase()}</span>
      </button>
    </article>
  );
}
