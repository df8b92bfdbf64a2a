/** Whose credentials signed a request. */
export type Caller =
  | { readonly kind: 'developer'; readonly accountId: string }
  | { readonly kind: 'identity'; readonly poolId: string; readonly identityId: string }
  /** The operation is open; nobody asked. */
  | { readonly kind: 'anyone' };
