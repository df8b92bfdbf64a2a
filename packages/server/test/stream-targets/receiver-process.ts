import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';

/** A port of this machine that nobody listens on. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

const mostTries = 500;

/** A server program on a port of its own, which can be killed, started again, and made to hang. */
export class ReceiverProcess implements AsyncDisposable {
  readonly #command: string;
  readonly #args: readonly string[];
  readonly #port: number;
  #child: ChildProcess | undefined;

  constructor(command: string, args: readonly string[], port: number) {
    this.#command = command;
    this.#args = args;
    this.#port = port;
  }

  /** Nothing announces that a program listens, so it is asked until it does. */
  static async listening(port: number): Promise<void> {
    for (let tries = 0; tries < mostTries; tries += 1) {
      const socket = connect(port, '127.0.0.1');
      const isThere = await new Promise<boolean>((resolve) => {
        socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
      });
      socket.destroy();
      if (isThere) return;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    throw new Error(`Nobody listens on port ${port}.`);
  }

  async start(): Promise<void> {
    const child = spawn(this.#command, this.#args, { stdio: 'ignore' });
    this.#child = child;
    await Promise.race([
      ReceiverProcess.listening(this.#port),
      once(child, 'exit').then(() => Promise.reject(new Error(`${this.#command} ended at once.`))),
    ]);
  }

  async kill(): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
  }

  hang(): void {
    this.#child?.kill('SIGSTOP');
  }

  resume(): void {
    this.#child?.kill('SIGCONT');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
  }
}
