import { SyncError } from '@holdall/client';
import { type FormEvent, type RefObject, useState } from 'react';
import { explain } from '../explain.ts';
import { say } from '../notices.ts';
import { signOut } from '../session.ts';

interface SignOutDialogProps {
  readonly dialog: RefObject<HTMLDialogElement | null>;
  readonly name: string;
}

export function SignOutDialog({ dialog, name }: SignOutDialogProps) {
  const [erase, setErase] = useState(false);
  const [wouldLose, setWouldLose] = useState(false);
  const [fault, setFault] = useState<string>();

  const submit = async (event: FormEvent) => {
    event.preventDefault();
    setFault(undefined);
    try {
      await signOut({ erase, givesUpChanges: wouldLose });
      dialog.current?.close();
      say(erase ? `Goodbye, ${name}. Nothing of yours is left on this device.` : `Goodbye, ${name}.`);
    } catch (error) {
      if (error instanceof SyncError && error.code === 'UNSYNCED') setWouldLose(true);
      else setFault(explain(error));
    }
  };
  const choose = (choice: boolean) => {
    setErase(choice);
    setWouldLose(false);
  };

  return (
    <dialog ref={dialog} aria-labelledby="sign-out" onClose={() => choose(false)}>
      <form onSubmit={submit}>
        <h2 id="sign-out">Sign out</h2>
        <fieldset className="stack">
          <legend>What becomes of your notes on this device?</legend>
          <label>
            <input type="radio" name="erase" checked={!erase} onChange={() => choose(false)} />
            They stay, unseen, until you come back
          </label>
          <label>
            <input type="radio" name="erase" checked={erase} onChange={() => choose(true)} />
            They are erased here; the service keeps them
          </label>
        </fieldset>
        <p className="fault" role="alert">
          {wouldLose ? 'Some changes were not sent yet. If you erase them now, they are lost.' : fault}
        </p>
        <p className="actions">
          <button type="submit" className="main">
            {wouldLose ? 'Lose them and sign out' : 'Sign out'}
          </button>
          <button type="button" onClick={() => dialog.current?.close()}>
            Stay
          </button>
        </p>
      </form>
    </dialog>
  );
}
