import { randomBytes } from 'node:crypto';
import { readPrivateFile, writePrivateFile } from './private-file.ts';

/** The developer credentials that can do everything. */
export interface RootCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

/**
 * Reads the root credentials from their file, making them at the first start.
 *
 * @throws Error when the file is there and does not hold credentials
 */
export function openRootCredentials(file: string): RootCredentials {
  const text = readPrivateFile(file);
  if (text !== undefined) return parse(file, text);
  const credentials = { accessKeyId: newAccessKeyId('AKIA'), secretAccessKey: newSecretAccessKey() };
  writePrivateFile(file, `${JSON.stringify(credentials, null, 2)}\n`);
  return credentials;
}

function parse(file: string, text: string): RootCredentials {
  let parsed: Partial<RootCredentials> | null = null;
  try {
    parsed = JSON.parse(text);
  } catch {
    // Told below: a parser's own message would quote the secret.
  }
  const { accessKeyId, secretAccessKey } = parsed ?? {};
  if (typeof accessKeyId !== 'string' || typeof secretAccessKey !== 'string') {
    throw new Error(
      `${file} must hold {"accessKeyId": …, "secretAccessKey": …}: mend it, or remove it to have new ones made.`,
    );
  }
  return { accessKeyId, secretAccessKey };
}

const base32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/** `AKIA` begins a lasting key and `ASIA` a temporary one, as clients and people expect. */
export function newAccessKeyId(prefix: 'AKIA' | 'ASIA'): string {
  return prefix + Array.from(randomBytes(16), (byte) => base32[byte % 32]).join('');
}

/** 40 characters. */
export function newSecretAccessKey(): string {
  return randomBytes(30).toString('base64');
}
