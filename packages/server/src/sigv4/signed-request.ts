/**
 * A request as it stood on the wire. Every string holds one byte per character (latin1), as Node's parser delivers
 * them: a signature covers bytes, so a text decoded as UTF-8 could never be verified.
 */
export interface SignedRequest {
  readonly method: string;
  /** Exactly as received, without the query; neither decoded nor normalised. */
  readonly path: string;
  /** Exactly as received, without the `?`; empty when there is none. */
  readonly query: string;
  readonly headers: RequestHeaders;
  readonly body: Uint8Array;
}

/** Headers by lower-case name. Values of a repeated header are joined with a comma and no space, as SigV4 wants them. */
export class RequestHeaders {
  readonly #values = new Map<string, string>();
  #repeated: Set<string> | undefined;

  /** @param rawHeaders names and values by turns, like `IncomingMessage.rawHeaders`. */
  constructor(rawHeaders: readonly string[]) {
    for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
      this.#add((rawHeaders[index] ?? '').toLowerCase(), rawHeaders[index + 1] ?? '');
    }
  }

  get(lowerCaseName: string): string | undefined {
    return this.#values.get(lowerCaseName);
  }

  isRepeated(lowerCaseName: string): boolean {
    return this.#repeated?.has(lowerCaseName) ?? false;
  }

  #add(name: string, value: string): void {
    const earlier = this.#values.get(name);
    if (earlier === undefined) {
      this.#values.set(name, value);
      return;
    }
    this.#values.set(name, `${earlier.trimEnd()},${value.trimStart()}`);
    this.#repeated ??= new Set();
    this.#repeated.add(name);
  }
}
