import { constants } from 'node:fs';
import { type FileHandle, open, readdir, rename, stat } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import type { Logger } from '../ports/logger.ts';

const lineFeed = 0x0a;
const chunkBytes = 64 * 1024;

interface OpenFile {
  readonly handle: FileHandle;
  /** What is known to be on the disk, whole lines all of them. */
  bytes: number;
}

/**
 * A file that whole lines are appended to, for its owner only, by this process only. It may be renamed away at any
 * time; then a new one is begun.
 */
export class LineFile {
  readonly #path: string;
  readonly #mostBytes: number;
  readonly #logger: Logger;
  #file: OpenFile | undefined;
  #last: Promise<unknown> = Promise.resolve();

  /** @param mostBytes from this size on, the file is set aside as `<path>.1`, `<path>.2` and so on */
  constructor(path: string, mostBytes: number | undefined, logger: Logger) {
    this.#path = path;
    this.#mostBytes = mostBytes ?? Number.POSITIVE_INFINITY;
    this.#logger = logger;
  }

  /**
   * Resolves when the lines are on the disk. Without any, makes sure that they could be written.
   *
   * @throws Error when none of them count: what was written of them is cut off again
   */
  append(lines: readonly Buffer[], signal: AbortSignal): Promise<void> {
    const written = this.#last.then(() => this.#append(lines, signal));
    this.#last = written.catch(() => {});
    return written;
  }

  async close(): Promise<void> {
    await this.#last;
    await this.#release();
  }

  async #append(lines: readonly Buffer[], signal: AbortSignal): Promise<void> {
    // Once writing has begun it is not interrupted: the disk is faster than mending.
    signal.throwIfAborted();
    let file = await this.#current();
    if (lines.length === 0) return;
    const text = Buffer.concat(lines.flatMap((line) => [line, Buffer.of(lineFeed)]));
    if (file.bytes > 0 && file.bytes + text.length > this.#mostBytes) file = await this.#rotate();
    try {
      await file.handle.appendFile(text);
      await file.handle.datasync();
      file.bytes += text.length;
    } catch (error) {
      await file.handle.truncate(file.bytes).catch(() => {});
      await this.#release();
      throw error;
    }
  }

  /** The file under the path, which need not be the one of the last time. */
  async #current(): Promise<OpenFile> {
    if (this.#file && !(await this.#isStillThere(this.#file))) await this.#release();
    this.#file ??= await this.#open();
    return this.#file;
  }

  async #isStillThere({ handle }: OpenFile): Promise<boolean> {
    const [ours, there] = await Promise.all([handle.stat(), stat(this.#path).catch(() => undefined)]);
    return there !== undefined && there.ino === ours.ino && there.dev === ours.dev;
  }

  async #open(): Promise<OpenFile> {
    // Reading too, to look for the end of the last whole line.
    const handle = await open(this.#path, constants.O_RDWR | constants.O_APPEND | constants.O_CREAT, 0o600);
    try {
      const { size } = await handle.stat();
      const bytes = await endOfLastLine(handle, size);
      if (bytes < size) {
        await handle.truncate(bytes);
        this.#logger.info(
          { path: this.#path, bytes: size - bytes },
          'unfinished line cut off, it is sent again',
        );
      }
      await handle.datasync();
      await syncDirectory(dirname(this.#path));
      return { handle, bytes };
    } catch (error) {
      await handle.close();
      throw error;
    }
  }

  async #rotate(): Promise<OpenFile> {
    const aside = `${this.#path}.${(await lastNumber(this.#path)) + 1}`;
    await rename(this.#path, aside);
    this.#logger.info({ path: this.#path, aside }, 'file of stream records set aside');
    await this.#release();
    return this.#current();
  }

  async #release(): Promise<void> {
    const file = this.#file;
    this.#file = undefined;
    await file?.handle.close();
  }
}

/** After a crash a file may end within a line. Nobody was told that it had arrived. */
async function endOfLastLine(handle: FileHandle, size: number): Promise<number> {
  const chunk = Buffer.alloc(chunkBytes);
  for (let end = size; end > 0; ) {
    const begin = Math.max(0, end - chunkBytes);
    const { bytesRead } = await handle.read(chunk, 0, end - begin, begin);
    const index = chunk.subarray(0, bytesRead).lastIndexOf(lineFeed);
    if (index !== -1) return begin + index + 1;
    end = begin;
  }
  return 0;
}

/** The highest number that a file was set aside under. */
async function lastNumber(path: string): Promise<number> {
  const prefix = `${basename(path)}.`;
  const numbers = (await readdir(dirname(path)))
    .filter((name) => name.startsWith(prefix) && /^[1-9]\d{0,14}$/.test(name.slice(prefix.length)))
    .map((name) => Number(name.slice(prefix.length)));
  return Math.max(0, ...numbers);
}

/** The name of a new file is on the disk only after this. */
async function syncDirectory(path: string): Promise<void> {
  const handle = await open(path, constants.O_RDONLY);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
