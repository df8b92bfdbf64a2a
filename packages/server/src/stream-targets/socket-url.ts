/** How receivers of one kind that are no HTTP servers are addressed. */
export interface SocketSchemes {
  readonly secure: `${string}:`;
  readonly plain: `${string}:`;
}

const ownMachine = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/;

/**
 * The address of a receiver. What is sent there is people's data, so it goes through TLS, or stays on this machine,
 * unless the settings allow otherwise.
 *
 * @throws Error that says what the address must be, without its text, which may have a password in it
 */
export function socketUrl(text: string, { secure, plain }: SocketSchemes, allowPlainTcp = false): URL {
  const url = URL.parse(text);
  if (!url || url.hostname === '' || url.username !== '' || url.password !== '') {
    throw new Error('The address of a receiver must be a URL, and without a user name.');
  }
  if (url.protocol === secure) return url;
  if (url.protocol === plain && (allowPlainTcp || ownMachine.test(url.hostname))) return url;
  throw new Error(
    `The address of a receiver must be ${secure}//, or ${plain}// on this machine, or allowPlainTcp must be true.`,
  );
}
