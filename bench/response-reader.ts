export interface Response {
  readonly status: number;
  /** Kept only of answers that are not 200. */
  readonly body: string;
}

const blankLine = '\r\n\r\n';

/** Finds the end of each answer on a connection that has one request outstanding; does as little else as possible. */
export class ResponseReader {
  #head: Buffer | undefined;
  #status = 0;
  /** Bytes of the body still to come, once the head is complete. */
  #missing = 0;
  #kept: Buffer[] = [];

  /** The answer, if `chunk` is its last piece. */
  push(chunk: Buffer): Response | undefined {
    if (this.#status === 0) this.#readHead(chunk);
    else this.#readBody(chunk);
    if (this.#status === 0 || this.#missing > 0) return undefined;
    if (this.#missing < 0) throw new Error('The server sent more than its Content-Length.');
    const response = { status: this.#status, body: Buffer.concat(this.#kept).toString() };
    this.#status = 0;
    this.#kept = [];
    return response;
  }

  #readHead(chunk: Buffer): void {
    const head = this.#head ? Buffer.concat([this.#head, chunk]) : chunk;
    const end = head.indexOf(blankLine);
    this.#head = end < 0 ? head : undefined;
    if (end < 0) return;
    const text = head.toString('latin1', 0, end);
    const length = /\r\ncontent-length: *(\d+)/i.exec(text)?.[1];
    if (length === undefined) throw new Error(`The answer has no Content-Length:\n${text}`);
    this.#status = Number(text.slice(9, 12));
    this.#missing = Number(length);
    this.#readBody(head.subarray(end + blankLine.length));
  }

  #readBody(chunk: Buffer): void {
    this.#missing -= chunk.length;
    if (this.#status !== 200) this.#kept.push(chunk);
  }
}
