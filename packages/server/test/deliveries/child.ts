import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';

/** A program of ours in a process of its own, which can be killed as a crash would. */
export class Child {
  readonly #process: ChildProcessByStdio<null, Readable, null>;
  readonly url: string;

  private constructor(process: ChildProcessByStdio<null, Readable, null>, url: string) {
    this.#process = process;
    this.url = url;
  }

  /** Resolves when it has printed `listening on <url>`. */
  static async start(program: URL, args: readonly string[]): Promise<Child> {
    const environment = Object.entries(process.env).filter(([name]) => !name.startsWith('HOLDALL_'));
    const child = spawn(process.execPath, [program.pathname, ...args], {
      env: Object.fromEntries(environment),
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    for await (const line of createInterface({ input: child.stdout })) {
      const url = /listening on (http:\/\/\S+)/.exec(line)?.[1];
      if (url === undefined) continue;
      child.stdout.resume();
      return new Child(child, url);
    }
    throw new Error(`${program.pathname} did not start.`);
  }

  async kill(): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return;
    const exited = once(this.#process, 'exit');
    this.#process.kill('SIGKILL');
    await exited;
  }
}
