import { service } from './service.ts';
import type { Login } from './user.ts';

/*
 * OpenID Connect's authorization code flow with PKCE (RFC 7636): the page leaves for the provider, and comes back with a
 * code that only whoever knows the verifier can change for tokens.
 */

interface Attempt {
  readonly state: string;
  readonly verifier: string;
  /** Where the app was. */
  readonly returnTo: string;
}

const { url, clientId } = service.signIn;

/** Leaves the page. */
export async function goToSignIn(): Promise<void> {
  const attempt: Attempt = { state: randomText(), verifier: randomText(), returnTo: location.href };
  sessionStorage.setItem('sign-in', JSON.stringify(attempt));
  const query = new URLSearchParams({
    client_id: clientId,
    response_type: 'code',
    scope: 'openid',
    redirect_uri: redirectUri(),
    state: attempt.state,
    // Ask, even if somebody is signed in at the provider: it may be somebody else.
    prompt: 'login',
    code_challenge: base64Url(
      await crypto.subtle.digest('SHA-256', new TextEncoder().encode(attempt.verifier)),
    ),
    code_challenge_method: 'S256',
  });
  location.assign(`${url}/auth?${query}`);
}

/**
 * Puts the page back to where it left from, if it comes from the provider.
 *
 * @returns how to change the code for a login; undefined if the page comes from elsewhere
 */
export function returnFromSignIn(): (() => Promise<Login>) | undefined {
  const answer = new URLSearchParams(location.search);
  const text = sessionStorage.getItem('sign-in');
  if (text === null || !answer.has('state')) return undefined;
  sessionStorage.removeItem('sign-in');
  const attempt = JSON.parse(text) as Attempt;
  history.replaceState(null, '', attempt.returnTo);
  return () => loginFor(answer, attempt);
}

async function loginFor(answer: URLSearchParams, { state, verifier }: Attempt): Promise<Login> {
  const code = answer.get('code');
  if (code === null || answer.get('state') !== state) {
    throw new Error(answer.get('error_description') ?? 'The sign-in was not completed.');
  }
  const response = await fetch(`${url}/token`, {
    method: 'POST',
    body: new URLSearchParams({
      grant_type: 'authorization_code',
      client_id: clientId,
      redirect_uri: redirectUri(),
      code,
      code_verifier: verifier,
    }),
  });
  if (!response.ok) throw new Error(`The sign-in provider answered ${response.status}.`);
  const { id_token: idToken } = (await response.json()) as { id_token: string };
  // Whom it names is for the service to verify; the app only shows it.
  const { sub, exp } = claimsOf(idToken);
  return { name: sub, idToken, expiresAt: exp * 1000 };
}

function claimsOf(idToken: string): { readonly sub: string; readonly exp: number } {
  const [, payload = ''] = idToken.split('.');
  const binary = atob(payload.replaceAll('-', '+').replaceAll('_', '/'));
  return JSON.parse(new TextDecoder().decode(Uint8Array.from(binary, (byte) => byte.charCodeAt(0))));
}

function redirectUri(): string {
  return new URL('/', location.href).href;
}

function randomText(): string {
  return base64Url(crypto.getRandomValues(new Uint8Array(32)).buffer);
}

function base64Url(bytes: ArrayBuffer): string {
  const binary = String.fromCharCode(...new Uint8Array(bytes));
  return btoa(binary).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}
