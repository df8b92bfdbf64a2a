export interface FetchJsonOptions {
  readonly method?: 'POST';
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly timeoutMs: number;
  readonly mostBytes: number;
  /** Aborts besides the timeout. */
  readonly signal: AbortSignal;
}

export interface JsonAnswer {
  readonly status: number;
  /** Undefined when there was no body, or it was no JSON. */
  readonly json: unknown;
}

/**
 * Asks another server for a short JSON document. Redirects are refused, so that the address that an administrator wrote
 * is the one that is asked.
 *
 * @throws Error when there was no answer in time, or it was too long, or a redirect
 */
export async function fetchJson(url: URL, options: FetchJsonOptions): Promise<JsonAnswer> {
  const { timeoutMs, mostBytes, signal, method = 'GET', headers, body } = options;
  const response = await fetch(url, {
    method,
    headers: { accept: 'application/json', ...headers },
    redirect: 'error',
    signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
    ...(body !== undefined && { body }),
  });
  return { status: response.status, json: parse(await readText(response, mostBytes)) };
}

/** Counts what arrives: a length that a server announces proves nothing, and compression hides it. */
async function readText(response: Response, mostBytes: number): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += chunk.length;
    // Leaving the loop cancels the rest.
    if (bytes > mostBytes) throw new Error(`${response.url} answered more than ${mostBytes} bytes.`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
