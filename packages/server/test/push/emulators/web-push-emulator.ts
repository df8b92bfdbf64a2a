import {
  createDecipheriv,
  createECDH,
  createPublicKey,
  type ECDH,
  hkdfSync,
  type KeyObject,
  randomBytes,
  randomUUID,
} from 'node:crypto';
import { jwtVerify } from 'jose';
import { type Answer, HttpReceiver, type Received } from './loopback-receiver.ts';

interface Browser {
  readonly curve: ECDH;
  readonly auth: Buffer;
}

/** A push service and the browsers that subscribed at it, by RFC 8030, 8188, 8291 and 8292. */
export class WebPushEmulator implements AsyncDisposable {
  readonly #browsers = new Map<string, Browser>();
  readonly messages: { path: string; text: string; headers: Received['headers'] }[] = [];
  readonly #applicationServerKey: string;
  #receiver: HttpReceiver | undefined;
  isKeyForeign = false;

  private constructor(applicationServerKey: string) {
    this.#applicationServerKey = applicationServerKey;
  }

  static async start(applicationServerKey: string): Promise<WebPushEmulator> {
    const emulator = new WebPushEmulator(applicationServerKey);
    emulator.#receiver = await HttpReceiver.start('https', (request) => emulator.#answer(request));
    return emulator;
  }

  get receiver(): HttpReceiver {
    if (!this.#receiver) throw new Error('It was not started.');
    return this.#receiver;
  }

  /** `JSON.stringify(await registration.pushManager.subscribe(…))` */
  subscribe(): string {
    const curve = createECDH('prime256v1');
    const p256dh = curve.generateKeys().toString('base64url');
    const auth = randomBytes(16);
    const path = `/wpush/v2/${randomUUID()}`;
    this.#browsers.set(path, { curve, auth });
    return JSON.stringify({
      endpoint: `${this.receiver.url}${path}`,
      expirationTime: null,
      keys: { p256dh, auth: auth.toString('base64url') },
    });
  }

  unsubscribe(subscription: string): void {
    this.#browsers.delete(new URL(JSON.parse(subscription).endpoint).pathname);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.receiver.stop();
  }

  async #answer({ path, headers, body }: Received): Promise<Answer> {
    const vapid = /^vapid t=(?<token>[^,]+), ?k=(?<key>\S+)$/.exec(headers.authorization ?? '')?.groups;
    if (vapid?.key !== this.#applicationServerKey || this.isKeyForeign) return { status: 403 };
    try {
      const { payload } = await jwtVerify(vapid.token ?? '', publicKeyOf(vapid.key), {
        algorithms: ['ES256'],
        audience: [this.receiver.url, this.receiver.url.replace('127.0.0.1', 'localhost')],
        requiredClaims: ['exp'],
      });
      if (!/^(?:mailto:|https:)/.test(String(payload.sub))) return { status: 401 };
      if (Number(payload.exp) > Date.now() / 1000 + 24 * 3600) return { status: 401 };
    } catch {
      return { status: 401 };
    }
    const browser = this.#browsers.get(path);
    if (!browser) return { status: 410 };
    if (!/^\d+$/.test(headers.ttl?.toString() ?? '')) return { status: 400 };
    if (!/^[\w-]{1,32}$/.test(headers.topic?.toString() ?? '')) return { status: 400 };
    if (headers['content-encoding'] !== 'aes128gcm') return { status: 415 };
    this.messages.push({ path, headers, text: decrypt(body, browser) });
    return { status: 201, headers: { location: '/message/1' } };
  }
}

function publicKeyOf(encoded: string): KeyObject {
  const point = Buffer.from(encoded, 'base64url');
  const x = point.subarray(1, 33).toString('base64url');
  const y = point.subarray(33).toString('base64url');
  return createPublicKey({ key: { kty: 'EC', crv: 'P-256', x, y }, format: 'jwk' });
}

/** RFC 8291 §3.4 and RFC 8188 §2, of one record, as messages of push services are. */
export function decrypt(body: Buffer, { curve, auth }: Browser): string {
  const salt = body.subarray(0, 16);
  const keyLength = body.readUInt8(20);
  const senderKey = body.subarray(21, 21 + keyLength);
  const encrypted = body.subarray(21 + keyLength);
  const derive = (secret: Uint8Array, from: Uint8Array, info: Uint8Array, length: number) =>
    Buffer.from(hkdfSync('sha256', secret, from, info, length));
  const info = Buffer.concat([Buffer.from('WebPush: info\0'), curve.getPublicKey(), senderKey]);
  const secret = derive(curve.computeSecret(senderKey), auth, info, 32);
  const key = derive(secret, salt, Buffer.from('Content-Encoding: aes128gcm\0'), 16);
  const nonce = derive(secret, salt, Buffer.from('Content-Encoding: nonce\0'), 12);
  const decipher = createDecipheriv('aes-128-gcm', key, nonce);
  decipher.setAuthTag(encrypted.subarray(-16));
  const padded = Buffer.concat([decipher.update(encrypted.subarray(0, -16)), decipher.final()]);
  const end = padded.lastIndexOf(2);
  return padded.subarray(0, end).toString('utf8');
}
