export { DecryptionError, type DecryptionFailure } from './decryption-error.ts';
export { type EncryptedCodec, type EncryptedCodecOptions, encryptedCodec } from './encrypted-codec.ts';
export {
  type EncryptionKey,
  encryptionKey,
  type PassphraseOptions,
  passphraseKey,
} from './encryption-key.ts';
export { KeyRing } from './key-ring.ts';
export { reencrypt } from './reencrypt.ts';
