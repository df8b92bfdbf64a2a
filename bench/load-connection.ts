import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { type Response, ResponseReader } from './response-reader.ts';

/** Told of each answer and how long it took. */
export type OnAnswer = (response: Response, milliseconds: number) => void;

/** A connection that sends its requests by turns, each as soon as the one before it was answered. */
export class LoadConnection {
  readonly #socket: Socket;
  readonly #requests: readonly Buffer[];
  readonly #reader = new ResponseReader();
  #next = 0;
  #sentAt = 0;

  private constructor(socket: Socket, requests: readonly Buffer[]) {
    this.#socket = socket;
    this.#requests = requests;
  }

  static async open(port: number, requests: readonly Buffer[]): Promise<LoadConnection> {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true });
    await once(socket, 'connect');
    return new LoadConnection(socket, requests);
  }

  /** Resolves with the first answer that arrives after `deadline` (of `performance.now()`). */
  run(deadline: number, onAnswer: OnAnswer): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#socket.on('data', (chunk) => {
        const response = this.#reader.push(chunk);
        if (!response) return;
        const now = performance.now();
        if (now > deadline) {
          resolve();
          return;
        }
        onAnswer(response, now - this.#sentAt);
        this.#send(now);
      });
      this.#socket.on('error', reject);
      this.#socket.on('close', () => reject(new Error('The server closed a connection.')));
      this.#send(performance.now());
    });
  }

  close(): void {
    this.#socket.destroy();
  }

  #send(now: number): void {
    const request = this.#requests[this.#next];
    if (!request) throw new Error('A connection has no requests.');
    this.#next = (this.#next + 1) % this.#requests.length;
    this.#sentAt = now;
    this.#socket.write(request);
  }
}
