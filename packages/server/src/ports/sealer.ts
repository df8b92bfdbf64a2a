/**
 * Makes tokens that nobody else can make or change. The purpose is part of what is proven: a token made for one purpose
 * is none for another. All are text that no client's query encoding can change (base64url without padding, and dots).
 */
export interface Sealer {
  /** A token that nobody else can read either. */
  seal(purpose: TokenPurpose, content: object): string;
  /** What was sealed, or undefined if the token was not sealed here for this purpose. */
  open(purpose: TokenPurpose, token: string): unknown;
  /** A token whose content its bearer could read, and knows already. Cheaper than `seal`. */
  sign(purpose: TokenPurpose, content: object): string;
  /** What was signed, or undefined if the token was not signed here for this purpose. */
  verify(purpose: TokenPurpose, token: string): unknown;
}

export type TokenPurpose = 'credentials' | 'sync-session' | 'page' | 'stream-records';
