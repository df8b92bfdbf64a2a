import { generateKeyPairSync, randomUUID, verify } from 'node:crypto';
import { createSecureServer, type Http2SecureServer, type ServerHttp2Session } from 'node:http2';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { type Answer, type Fault, type Receiver, tls } from './loopback-receiver.ts';

export interface AppleRequest {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly payload: Record<string, Record<string, unknown>>;
  /** When the provider token that it showed was made, in seconds. */
  readonly issuedAt: number;
}

/** APNs over HTTP/2, as far as a provider with a token key sees it. */
export class ApnsEmulator implements Receiver {
  readonly keyId = 'ABC123DEFG';
  readonly teamId = 'DEF123GHIJ';
  readonly topic = 'org.example.app';
  readonly #keys = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  readonly tokens = new Set<string>();
  readonly delivered: AppleRequest[] = [];
  readonly sessions = new Set<ServerHttp2Session>();
  readonly #sockets = new Set<Socket>();
  /** Seconds; Apple's own clock. */
  now = Date.UTC(2026, 10, 20, 12) / 1000;
  isKeyRevoked = false;
  sessionsEver = 0;
  pings = 0;
  /** Between the client and HTTP/2, so that connections can be cut and spoilt from outside. */
  #relay: Server | undefined;
  #server: Http2SecureServer | undefined;
  #port = 0;
  #onHang: () => void = () => {};
  #onPing: () => void = () => {};
  fault: Fault | undefined;

  static async startNew(): Promise<ApnsEmulator> {
    const emulator = new ApnsEmulator();
    await emulator.start();
    return emulator;
  }

  get url(): string {
    return `https://127.0.0.1:${this.#port}`;
  }

  get key(): string {
    return this.#keys.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  }

  hung(): Promise<void> {
    return new Promise((resolve) => {
      this.#onHang = resolve;
    });
  }

  pinged(): Promise<void> {
    return new Promise((resolve) => {
      this.#onPing = resolve;
    });
  }

  async start(): Promise<void> {
    const server = createSecureServer(tls);
    server.on('sessionError', () => {});
    server.on('session', (session) => {
      this.sessionsEver += 1;
      this.sessions.add(session);
      session.once('close', () => this.sessions.delete(session));
      session.on('ping', () => {
        this.pings += 1;
        this.#onPing();
      });
    });
    server.on('stream', (stream, headers) => {
      stream.on('error', () => {});
      let body = '';
      stream.setEncoding('utf8');
      stream.on('data', (chunk) => {
        body += chunk;
      });
      stream.once('end', () => {
        if (this.fault === 'vanish') return this.cutConnections();
        if (this.fault === 'hang') return this.#onHang();
        if (this.fault === 'garbage') {
          for (const socket of this.#sockets) socket.write('SSH-2.0-OpenSSH_10.0\r\n'.repeat(20));
          return;
        }
        if (this.fault === 'endless') {
          stream.respond({ ':status': 500 });
          const more = () => {
            if (!stream.destroyed) stream.write('x'.repeat(1024), () => setImmediate(more));
          };
          return more();
        }
        const flat = Object.fromEntries(
          Object.entries(headers).map(([name, value]) => [name, String(value)]),
        );
        const answer = this.fault ?? this.#answer(flat, body);
        stream.respond({ ':status': answer.status, 'apns-id': randomUUID(), ...answer.headers });
        stream.end(answer.body);
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const relay = createServer((socket) => this.#join(socket, port));
    await new Promise<void>((resolve) => relay.listen(this.#port, '127.0.0.1', resolve));
    this.#port = (relay.address() as AddressInfo).port;
    this.#server = server;
    this.#relay = relay;
  }

  cutConnections(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  async stop(): Promise<void> {
    const relay = this.#relay;
    this.#relay = undefined;
    if (!relay) return;
    const closed = new Promise((resolve) => relay.close(resolve));
    this.cutConnections();
    for (const session of this.sessions) session.destroy();
    this.#server?.close();
    await closed;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  #join(socket: Socket, port: number): void {
    const behind = connect(port, '127.0.0.1');
    this.#sockets.add(socket);
    socket
      .on('error', () => {})
      .once('close', () => {
        this.#sockets.delete(socket);
        // HTTP/2 in Node does not notice a mere end.
        behind.resetAndDestroy();
      });
    behind.on('error', () => {}).once('close', () => socket.destroy());
    socket.pipe(behind);
    behind.pipe(socket);
  }

  #answer(headers: Readonly<Record<string, string>>, body: string): Answer {
    const issuedAt = this.#verify(headers.authorization ?? '');
    if (issuedAt === undefined || this.isKeyRevoked) return refused(403, 'InvalidProviderToken');
    if (this.now - issuedAt > 3600) return refused(403, 'ExpiredProviderToken');
    if (headers['apns-topic'] !== this.topic) return refused(400, 'BadTopic');
    if (headers['apns-push-type'] !== 'background' || headers['apns-priority'] !== '5') {
      return refused(400, 'BadPriority');
    }
    if (Buffer.byteLength(headers['apns-collapse-id'] ?? '') > 64) return refused(400, 'BadCollapseId');
    if (Buffer.byteLength(body) > 4096) return refused(413, 'PayloadTooLarge');
    const token = /^\/3\/device\/(?<token>[0-9a-f]{64,200})$/.exec(headers[':path'] ?? '')?.groups?.token;
    if (token === undefined || /^0+$/.test(token)) return refused(400, 'BadDeviceToken');
    if (!this.tokens.has(token)) return refused(410, 'Unregistered');
    this.delivered.push({ path: headers[':path'] ?? '', headers, payload: JSON.parse(body), issuedAt });
    return { status: 200 };
  }

  /** Written from Apple's description, not with the library that the sender uses. */
  #verify(authorization: string): number | undefined {
    const [header = '', payload = '', signature = ''] = authorization.replace(/^bearer /, '').split('.');
    const key = { key: this.#keys.publicKey, dsaEncoding: 'ieee-p1363' } as const;
    const signed = Buffer.from(`${header}.${payload}`);
    if (!verify('sha256', signed, key, Buffer.from(signature, 'base64url'))) return undefined;
    const { alg, kid } = JSON.parse(Buffer.from(header, 'base64url').toString());
    const { iss, iat } = JSON.parse(Buffer.from(payload, 'base64url').toString());
    return alg === 'ES256' && kid === this.keyId && iss === this.teamId && iat <= this.now ? iat : undefined;
  }
}

export function refused(status: number, reason: string): Answer {
  return { status, body: JSON.stringify({ reason }) };
}
