import { guest, type IdentityProvider, openIdToken, SyncError } from '@holdall/client';
import { deviceNotes } from './device.ts';
import { service } from './service.ts';

/** Somebody who signed in on this device. */
export interface Login {
  readonly name: string;
  /** An ID token of the sign-in provider. */
  readonly idToken: string;
  /** Epoch milliseconds. */
  readonly expiresAt: number;
}

/** Where any script of the page can read it: an app with more to lose asks its provider again after each load. */
export const storedLogin = {
  get(): Login | undefined {
    const text = deviceNotes.get('login');
    return text === undefined ? undefined : (JSON.parse(text) as Login);
  },
  set(login: Login | undefined): void {
    deviceNotes.set('login', login && JSON.stringify(login));
  },
};

const { endpoint, identityPoolId, signIn } = service;
const visitor = guest({ identityPoolId, endpoint });
const person = personOf(freshToken);

/**
 * Whoever is signed in on this device, else a guest. In every window, also in those where nobody signed in. The client
 * keeps the name of the user, for the app to show.
 */
export const whoever: IdentityProvider = {
  async identity(request) {
    const login = storedLogin.get();
    if (!login) return visitor.identity(request);
    return { ...(await person.identity(request)), user: login.name };
  },
  credentials: (identity, request) => (storedLogin.get() ? person : visitor).credentials(identity, request),
};

/** Somebody who signs in now. From when the service knows them, all windows of the device do. */
export function newcomer(login: Login): IdentityProvider {
  const { identity } = personOf(async () => login.idToken);
  return {
    ...whoever,
    async identity(request) {
      const signedIn = await identity(request);
      storedLogin.set(login);
      return { ...signedIn, user: login.name };
    },
  };
}

function personOf(token: () => Promise<string>): IdentityProvider {
  return openIdToken({ identityPoolId, endpoint, provider: signIn.name, token });
}

async function freshToken(): Promise<string> {
  const login = storedLogin.get();
  if (login && login.expiresAt > Date.now()) return login.idToken;
  throw new SyncError('AUTH', 'It is a day since you signed in. Sign in again to go on synchronising.');
}
