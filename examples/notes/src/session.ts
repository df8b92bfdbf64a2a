import { client } from './client.ts';
import { returnFromSignIn } from './sign-in.ts';
import { newcomer, storedLogin } from './user.ts';

/**
 * Ends a sign-in that left the page. What the guest wrote becomes the user's.
 *
 * @returns the user's name; undefined if nobody was signing in
 */
export async function endSignIn(): Promise<string | undefined> {
  const login = await returnFromSignIn()?.();
  if (!login) return undefined;
  await client.signIn(newcomer(login));
  return login.name;
}

/**
 * `erase` takes the user's data off this device; without it, it waits here for them to come back.
 *
 * @throws SyncError `UNSYNCED` when that would lose changes, unless they are given up
 */
export async function signOut(options: { erase: boolean; givesUpChanges: boolean }): Promise<void> {
  const login = storedLogin.get();
  storedLogin.set(undefined);
  try {
    await client.signOut({
      localData: options.erase ? 'erase' : 'keep',
      discardUnsynced: options.givesUpChanges,
    });
  } catch (error) {
    storedLogin.set(login);
    throw error;
  }
}
