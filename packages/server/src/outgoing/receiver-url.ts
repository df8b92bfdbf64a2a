/** Whether nobody on the way can read or change what is sent: TLS, or our own machine. */
export function isPrivateTransport(url: URL): boolean {
  if (url.protocol === 'https:') return true;
  // The URL parser has brought every spelling of an IPv4 address into this one.
  return url.protocol === 'http:' && /^(?:localhost|127(?:\.\d+){3}|\[::1\])$/.test(url.hostname);
}

/**
 * The address of a receiver as settings give it.
 *
 * @throws Error when it is none, or would send in the clear beyond this machine without being allowed to
 */
export function receiverUrl(text: string, allowPlainHttp = false): URL {
  const url = URL.parse(text);
  if (url?.username !== '' || url.password !== '') {
    throw new Error('The address of a receiver must be a URL, and without a user name.');
  }
  if (!isPrivateTransport(url) && !(allowPlainHttp && url.protocol === 'http:')) {
    throw new Error(`'${text}' must be https, or http on this machine, or allowPlainHttp must be true.`);
  }
  return url;
}
