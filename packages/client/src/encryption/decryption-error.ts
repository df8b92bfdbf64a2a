/**
 * Why a text could not be read. `unknown-key`: it was encrypted with a key that is not in the ring, as with another
 * passphrase. `damaged`: it was changed, cut, or brought here from another record or dataset. `not-encrypted`: it is none
 * of ours.
 */
export type DecryptionFailure = 'unknown-key' | 'damaged' | 'not-encrypted';

/** The `cause` of the SyncError `INVALID` of a value that cannot be decrypted. */
export class DecryptionError extends Error {
  override readonly name = 'DecryptionError';
  readonly reason: DecryptionFailure;
  /** Of the key that the text was encrypted with, as far as it says so. */
  readonly keyId: string | undefined;

  constructor(reason: DecryptionFailure, message: string, keyId?: string) {
    super(message);
    this.reason = reason;
    this.keyId = keyId;
  }
}
