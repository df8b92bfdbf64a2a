import { useRecord } from '@holdall/client/react';
import { type FormEvent, useId, useState } from 'react';
import { settings } from '../client.ts';
import { explain } from '../explain.ts';
import { say, sayFailure } from '../notices.ts';

/** Two devices may add and remove tags at once: what either added is there, what either removed is not. */
export function TagSettings() {
  const [tags = [], setTags] = useRecord(settings, 'tags');
  const [name, setName] = useState('');
  const field = useId();

  const change = async (next: (tags: readonly string[]) => readonly string[], done: string) => {
    try {
      await setTags((tags = []) => next(tags));
      say(done);
    } catch (error) {
      sayFailure(explain(error));
    }
  };
  const add = (event: FormEvent) => {
    event.preventDefault();
    const tag = name.trim();
    setName('');
    if (tag !== '') void change((tags) => [...new Set([...tags, tag])], `Tag “${tag}” added.`);
  };

  return (
    <section className="panel" aria-labelledby="tags">
      <h2 id="tags">Tags</h2>
      <ul className="chips">
        {tags.map((tag) => (
          <li key={tag} className="chip">
            {tag}
            <button
              type="button"
              className="quiet"
              aria-label={`Remove the tag ${tag}`}
              onClick={() =>
                void change((tags) => tags.filter((one) => one !== tag), `Tag “${tag}” removed.`)
              }
            >
              ✕
            </button>
          </li>
        ))}
      </ul>
      <form className="actions" onSubmit={add}>
        <label htmlFor={field}>New tag</label>
        <input id={field} value={name} maxLength={40} onChange={(event) => setName(event.target.value)} />
        <button type="submit">Add</button>
      </form>
    </section>
  );
}
