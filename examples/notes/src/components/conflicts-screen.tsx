import type { Conflict, Dataset } from '@holdall/client';
import { useConflicts } from '@holdall/client/react';
import { useEffect, useRef } from 'react';
import { type Note, type Notes, notes, privateNotes } from '../client.ts';
import { explain } from '../explain.ts';
import { say, sayFailure } from '../notices.ts';
import { ConflictCard } from './conflict-card.tsx';

/** Notes that were changed on two devices, for a person to decide. */
export function ConflictsScreen() {
  const heading = useRef<HTMLHeadingElement>(null);
  const ofNotes = useDecisions(notes);
  const ofPrivate = useDecisions(privateNotes);
  const conflicts = [...ofNotes, ...ofPrivate];
  const { length } = conflicts;
  // A card that was decided is gone, and the focus would be with it.
  // biome-ignore lint/correctness/useExhaustiveDependencies: it is the number that matters
  useEffect(() => heading.current?.focus(), [length]);
  return (
    <div className="sheet">
      <h1 ref={heading} tabIndex={-1}>
        Changed twice
      </h1>
      <p className="lead">
        {conflicts.length > 0
          ? 'These notes were changed on two devices before either knew of the other. Nothing is lost: choose what to keep.'
          : 'Nothing to decide. When a note is changed on two devices at once, both versions are shown here.'}
      </p>
      {conflicts.map(({ conflict, decide }) => (
        <ConflictCard key={`${conflict.dataset}/${conflict.key}`} conflict={conflict} decide={decide} />
      ))}
    </div>
  );
}

function useDecisions(dataset: Dataset<Notes>) {
  const [conflicts, resolve] = useConflicts(dataset);
  return conflicts.map((conflict: Conflict<Note>) => ({
    conflict,
    async decide(value: Note | undefined) {
      try {
        await resolve(conflict, { use: 'value', value });
        say('Decided. All your devices will have this version.');
      } catch (error) {
        sayFailure(explain(error));
      }
    },
  }));
}
