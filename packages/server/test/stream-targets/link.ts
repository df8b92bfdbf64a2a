import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';

/** A way to a port of this machine which can be cut, restored, and blocked. */
export class Link {
  readonly port: number;
  readonly #target: number;
  readonly #sockets = new Set<Socket>();
  #server: Server | undefined;
  #isBlocked = false;

  private constructor(port: number, target: number, server: Server) {
    this.port = port;
    this.#target = target;
    this.#server = server;
    server.on('connection', (socket) => this.#connect(socket));
  }

  static async open(target: number): Promise<Link> {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new Link((server.address() as { port: number }).port, target, server);
  }

  async start(): Promise<void> {
    const server = createServer((socket) => this.#connect(socket)).listen(this.port, '127.0.0.1');
    await once(server, 'listening');
    this.#server = server;
  }

  async stop(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    if (!server) return;
    const closed = once(server, 'close');
    server.close();
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  hang(): void {
    this.#isBlocked = true;
    for (const socket of this.#sockets) socket.pause();
  }

  resume(): void {
    this.#isBlocked = false;
    for (const socket of this.#sockets) socket.resume();
  }

  #connect(near: Socket): void {
    const far = connect(this.#target, '127.0.0.1');
    for (const [socket, other] of [
      [near, far],
      [far, near],
    ] as const) {
      this.#sockets.add(socket);
      socket.on('data', (bytes) => other.write(bytes));
      socket.on('error', () => {});
      socket.on('close', () => {
        this.#sockets.delete(socket);
        other.destroy();
      });
      if (this.#isBlocked) socket.pause();
    }
  }
}
