import { createCipheriv, createDecipheriv, createSecretKey, type KeyObject, randomBytes } from 'node:crypto';
import { createPrivateFile, readPrivateFile } from './private-file.ts';

const version = 1;
const nonceBytes = 12;
const tagBytes = 16;
const cipher = 'aes-256-gcm';

/**
 * Keeps secrets that have to be known again for as long as the data is: AES-256-GCM under one key, which has a private
 * file of its own and never changes. (The key ring drops its keys after a month.)
 *
 * A sealed secret is `version ‖ nonce ‖ ciphertext ‖ tag`. Whose secret it is is authenticated with it, so that nobody
 * who can write to the database can have one key's secret pass for another's. Nonces are random: there are a few
 * thousand secrets at most.
 */
export class SecretBox {
  readonly #file: string;
  readonly #key: KeyObject;

  private constructor(file: string, key: KeyObject) {
    this.#file = file;
    this.#key = key;
  }

  /**
   * Opens the box, making its key if there is none; of two processes that do so at once, one makes it for both.
   *
   * @throws Error when the file is there and does not hold a key
   */
  static open(file: string): SecretBox {
    let text = readPrivateFile(file);
    if (text === undefined) {
      createPrivateFile(file, `${JSON.stringify({ key: randomBytes(32).toString('base64') }, null, 2)}\n`);
      text = readPrivateFile(file) ?? '';
    }
    return new SecretBox(file, parseKey(file, text));
  }

  seal(owner: string, secret: string): string {
    const nonce = randomBytes(nonceBytes);
    const encryption = createCipheriv(cipher, this.#key, nonce, { authTagLength: tagBytes });
    encryption.setAAD(Buffer.from(owner));
    const text = Buffer.concat([encryption.update(secret, 'utf8'), encryption.final()]);
    return Buffer.concat([Buffer.of(version), nonce, text, encryption.getAuthTag()]).toString('base64');
  }

  /** @throws Error when it was not sealed for this owner in this box */
  open(owner: string, sealed: string): string {
    const bytes = Buffer.from(sealed, 'base64');
    try {
      if (bytes[0] !== version) throw new Error(`The version is ${bytes[0]}.`);
      const nonce = bytes.subarray(1, 1 + nonceBytes);
      const decryption = createDecipheriv(cipher, this.#key, nonce, { authTagLength: tagBytes });
      decryption.setAAD(Buffer.from(owner));
      decryption.setAuthTag(bytes.subarray(-tagBytes));
      const text = decryption.update(bytes.subarray(1 + nonceBytes, -tagBytes));
      return Buffer.concat([text, decryption.final()]).toString('utf8');
    } catch (cause) {
      throw new Error(
        `The secret of ${owner} does not open with ${this.#file}: restore the file that it was made with.`,
        { cause },
      );
    }
  }
}

function parseKey(file: string, text: string): KeyObject {
  try {
    const { key } = JSON.parse(text) as { key: string };
    const bytes = Buffer.from(key, 'base64');
    if (bytes.length === 32) return createSecretKey(bytes);
  } catch {
    // Told below: a parser's own message would quote the key.
  }
  throw new Error(
    `${file} does not hold a key: restore it from a backup, or remove it and make all developer keys anew.`,
  );
}
