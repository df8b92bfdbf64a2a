import { useRecord, useSyncState } from '@holdall/client/react';
import { useState } from 'react';
import { privateNotes, settings } from '../client.ts';
import { isUnlocked } from '../private-notes.ts';
import { Notebook } from './notebook.tsx';
import { PassphraseForm } from './passphrase-form.tsx';

export function PrivateScreen({ id }: { readonly id: string | undefined }) {
  // The key is held outside of React: what is shown has to be told that it changed.
  const [unlocked, setUnlocked] = useState(isUnlocked);
  const { unreadable } = useSyncState(privateNotes);
  const { isReady } = useSyncState(settings);
  const [marks = []] = useRecord(settings, 'passphrases');
  const opened = () => setUnlocked(true);

  if (!isReady) return <p className="empty">Reading your notes…</p>;
  if (!unlocked) return <PassphraseForm marks={marks} opened={opened} />;
  return (
    <Notebook dataset={privateNotes} screen="private" title="Private" id={id}>
      <p className="hint">
        Encrypted on this device before they leave it.{' '}
        <button type="button" className="link" onClick={() => location.reload()}>
          Lock
        </button>
      </p>
      {unreadable > 0 && (
        <details className="hint">
          <summary>
            {unreadable} {unreadable === 1 ? 'note has' : 'notes have'} another passphrase
          </summary>
          <PassphraseForm marks={marks} opened={opened} isFurther />
        </details>
      )}
    </Notebook>
  );
}
