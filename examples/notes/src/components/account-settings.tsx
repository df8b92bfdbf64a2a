import { useSyncState } from '@holdall/client/react';
import { useRef } from 'react';
import { explain } from '../explain.ts';
import { sayFailure } from '../notices.ts';
import { goToSignIn } from '../sign-in.ts';
import { useOverview } from '../use-overview.ts';
import { SignOutDialog } from './sign-out-dialog.tsx';

export function AccountSettings() {
  const { identity } = useSyncState();
  const { error } = useOverview();
  const dialog = useRef<HTMLDialogElement>(null);
  const name = identity?.guest === false ? (identity.user ?? 'somebody') : undefined;
  const signIn = () => void goToSignIn().catch((error: unknown) => sayFailure(explain(error)));
  return (
    <section className="panel" aria-labelledby="account">
      <h2 id="account">Account</h2>
      <p>
        {name === undefined
          ? 'You are a guest. Sign in to have your notes on other devices, too: what you have written comes along.'
          : `You are signed in as ${name}.`}
      </p>
      <p className="actions">
        {(name === undefined || error?.code === 'AUTH') && (
          <button type="button" className="main" onClick={signIn}>
            {name === undefined ? 'Sign in' : 'Sign in again'}
          </button>
        )}
        {name !== undefined && (
          <button type="button" onClick={() => dialog.current?.showModal()}>
            Sign out
          </button>
        )}
      </p>
      <SignOutDialog dialog={dialog} name={name ?? ''} />
    </section>
  );
}
