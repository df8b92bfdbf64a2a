/**
 * Makes tokens that nobody else can read, make or change. The purpose is sealed in: a token made for one purpose does
 * not open for another.
 */
export interface Sealer {
  /** Base64url without padding, so that no client's query encoding can change it. */
  seal(purpose: SealPurpose, content: object): string;
  /** What was sealed, or undefined if the token was not sealed here for this purpose. */
  open(purpose: SealPurpose, token: string): unknown;
}

export type SealPurpose = 'credentials' | 'sync-session' | 'page';
