import { signByHand } from '../../../../conformance/signing.ts';
import type { IssuedCredentials, TestServer } from '../../src/testing/index.ts';

/** A request to the test server's REST paths, signed by a signer that shares no code with what is tested. */
export function signedFetch(
  server: TestServer,
  credentials: IssuedCredentials,
  target: string,
  init: Omit<RequestInit, 'headers'> & {
    readonly headers?: Readonly<Record<string, string>>;
    /** When it was signed. */
    readonly at?: number;
  } = {},
): Promise<Response> {
  const { at = server.clock.now(), method = 'GET', body, headers = {}, ...rest } = init;
  const signed = signByHand(
    {
      method,
      target,
      headers: { ...headers, Host: new URL(server.url).host },
      body: Buffer.from(typeof body === 'string' ? body : ''),
    },
    credentials,
    { service: 'cognito-sync', region: server.region, at },
  );
  return server.fetch(server.url + target, {
    ...rest,
    method,
    headers: signed.headers as Record<string, string>,
    ...(body !== undefined && { body }),
  });
}
