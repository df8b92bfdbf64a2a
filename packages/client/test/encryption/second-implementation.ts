import { createCipheriv, createDecipheriv, createHmac, hkdfSync, pbkdf2Sync } from 'node:crypto';

// The format of docs/guides/encryption.md once more, on OpenSSL instead of WebCrypto and without any code of ours.

const derived = (key: Uint8Array, purpose: string, bytes: number) =>
  Buffer.from(hkdfSync('sha256', key, new Uint8Array(0), `holdall encryption 1 ${purpose}`, bytes));

export const keyIdOf = (key: Uint8Array) => derived(key, 'id', 8).toString('base64url');

export const stretch = (passphrase: string, salt: string, iterations: number) =>
  pbkdf2Sync(passphrase, salt, iterations, 32, 'sha256');

export function hide(key: Uint8Array, dataset: string, name: string): string {
  const mac = createHmac('sha256', derived(key, 'names', 32)).update(JSON.stringify([dataset, name]));
  return mac.digest().subarray(0, 16).toString('base64url');
}

export function openText(key: Uint8Array, text: string, dataset: string, storedKey: string) {
  const [version, id, iv = '', sealed = ''] = text.split('.');
  const bytes = Buffer.from(sealed, 'base64url');
  const cipher = createDecipheriv('aes-256-gcm', derived(key, 'cipher', 32), Buffer.from(iv, 'base64url'));
  cipher.setAAD(Buffer.from(JSON.stringify([version, id, dataset, storedKey])));
  cipher.setAuthTag(bytes.subarray(-16));
  const plain = Buffer.concat([cipher.update(bytes.subarray(0, -16)), cipher.final()]);
  const keyEnd = 6 + plain.readUInt16BE(0);
  return {
    key: plain.toString('utf8', 6, keyEnd),
    text: plain.toString('utf8', keyEnd, keyEnd + plain.readUInt32BE(2)),
    bytes: plain.length,
  };
}

export function sealText(
  key: Uint8Array,
  { name, text }: { name: string; text: string },
  dataset: string,
  storedKey: string,
  iv: Uint8Array,
): string {
  const head = Buffer.alloc(6);
  head.writeUInt16BE(Buffer.byteLength(name), 0);
  head.writeUInt32BE(Buffer.byteLength(text), 2);
  const id = keyIdOf(key);
  const cipher = createCipheriv('aes-256-gcm', derived(key, 'cipher', 32), iv);
  cipher.setAAD(Buffer.from(JSON.stringify(['h1', id, dataset, storedKey])));
  const sealed = Buffer.concat([
    cipher.update(Buffer.concat([head, Buffer.from(name), Buffer.from(text)])),
    cipher.final(),
    cipher.getAuthTag(),
  ]);
  return ['h1', id, Buffer.from(iv).toString('base64url'), sealed.toString('base64url')].join('.');
}
