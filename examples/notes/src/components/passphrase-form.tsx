import { type FormEvent, useId, useState } from 'react';
import { privateNotes, settings } from '../client.ts';
import { explain } from '../explain.ts';
import { markOf, type PassphraseMark, unlock } from '../private-notes.ts';
import { Icon } from './icon.tsx';

interface PassphraseFormProps {
  readonly marks: readonly PassphraseMark[];
  readonly opened: () => void;
  /** Some notes are open already; this is for the others. */
  readonly isFurther?: boolean;
}

/** Asks for the passphrase, or for a new one where there is none yet. */
export function PassphraseForm({ marks, opened, isFurther = false }: PassphraseFormProps) {
  const [passphrase, setPassphrase] = useState('');
  const [fault, setFault] = useState<string>();
  const [isBusy, setBusy] = useState(false);
  const field = useId();
  const help = useId();
  const isNew = marks.length === 0;

  const submit = async (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    setFault(undefined);
    try {
      const known = isNew ? [await rememberedMark(passphrase)] : marks;
      if (await unlock(passphrase, known)) {
        await privateNotes.reread();
        opened();
        return;
      }
      setFault('That is not the passphrase. Your notes are as they were: try again, there is no limit.');
    } catch (error) {
      setFault(explain(error));
    } finally {
      setBusy(false);
    }
  };

  const Heading = isFurther ? 'h2' : 'h1';
  return (
    <form className={isFurther ? 'passphrase' : 'passphrase sheet'} onSubmit={submit}>
      {!isFurther && (
        <span className="seal">
          <Icon name="lock" />
        </span>
      )}
      <Heading>{isNew ? 'Choose a passphrase' : 'Say your passphrase'}</Heading>
      <p id={help} className="lead">
        {isNew
          ? 'Private notes are encrypted with it before they leave this device. Nobody can read them without it, and nobody can get it back: write it down somewhere.'
          : 'Your private notes are here, and stay closed until you do.'}
      </p>
      <label htmlFor={field}>Passphrase</label>
      <input
        id={field}
        type="password"
        autoComplete={isNew ? 'new-password' : 'current-password'}
        required
        minLength={isNew ? 8 : 1}
        value={passphrase}
        aria-describedby={help}
        aria-invalid={fault !== undefined}
        onChange={(event) => setPassphrase(event.target.value)}
      />
      <p className="fault" role="alert">
        {fault}
      </p>
      <button type="submit" className="main" disabled={isBusy}>
        {isBusy ? 'One moment…' : isNew ? 'Use this passphrase' : 'Open'}
      </button>
    </form>
  );
}

async function rememberedMark(passphrase: string): Promise<PassphraseMark> {
  const mark = await markOf(passphrase);
  await settings.update('passphrases', (marks = []) => [...marks, mark]);
  return mark;
}
