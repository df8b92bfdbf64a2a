import { type Answer, eventStream, type Wire } from '../../../../conformance/signed-client.ts';
import type { Outgoing } from '../../../../conformance/signing.ts';

/** Names that `fetch` gives in lower case, as the service writes them: the wire cases compare them so. */
const written = new Map(
  [
    'Content-Type',
    'Cache-Control',
    'Date',
    'Access-Control-Allow-Origin',
    'Access-Control-Expose-Headers',
    'X-Accel-Buffering',
    'x-amzn-RequestId',
    'x-amzn-ErrorType',
    'x-amzn-ErrorMessage',
  ].map((name) => [name.toLowerCase(), name]),
);

/** A wire that is a `fetch`. What `fetch` cannot send, it refuses. */
export function fetchWire(url: string, fetchLike: typeof fetch): Wire {
  return {
    host: new URL(url).host,
    async send({ method, target, headers, body }: Outgoing): Promise<Answer> {
      const list = Object.entries(headers).flatMap(([name, values]) =>
        [values].flat().map((value): [string, string] => [name, Buffer.from(value).toString('latin1')]),
      );
      const address = url + target;
      const { pathname, search } = new URL(address);
      if (pathname + search !== target) throw new Error(`fetch sends ${pathname + search} for ${target}`);
      const response = await fetchLike(address, {
        method,
        headers: list,
        ...(body.length > 0 && { body: new Uint8Array(body) }),
      });
      return {
        status: response.status,
        headers: new Map([...response.headers].map(([name, value]) => [written.get(name) ?? name, value])),
        text: await textOf(response),
      };
    },
    [Symbol.dispose]: () => {},
  };
}

/** Of a stream, which goes on, what comes first. */
async function textOf(response: Response): Promise<string> {
  if (response.headers.get('content-type') !== eventStream || !response.body) return response.text();
  const reader = response.body.getReader();
  const { value } = await reader.read();
  await reader.cancel();
  return new TextDecoder().decode(value);
}
