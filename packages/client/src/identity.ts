/** One user of an identity pool. */
export interface Identity {
  readonly identityId: string;
  readonly identityPoolId: string;
  /** Nobody has signed in: the data may be merged into that of the user who does. */
  readonly guest: boolean;
  /** The app's own name of the user, when its provider has one. */
  readonly user?: string;
}

/** What signs requests: AWS credentials, temporary ones as a rule. */
export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
  /** Epoch milliseconds; absent when they do not expire. */
  readonly expiresAt?: number;
}

/** Who signed in, and what came of the guest. */
export interface SignedIn extends Identity {
  /** The service merged the guest into this identity: the guest's datasets become this one's. */
  readonly mergedGuest?: boolean;
}

/** Tells who the user is, and gets credentials for that identity. */
export interface IdentityProvider {
  /**
   * The app's own name of the user (never sent). With it, an app that starts offline does not show one user's data to
   * another.
   */
  readonly user?: string;
  /** It needs nobody to sign in. */
  readonly guest?: boolean;
  /**
   * Asks for the identity. Called when it is needed for the first time, not when the client is made.
   *
   * @throws SyncError
   */
  identity(request: IdentityRequest): Promise<SignedIn>;
  /**
   * Credentials that are good for a while. The caller keeps them and asks again before they expire, or when they were
   * refused.
   *
   * @throws SyncError `AUTH` when the user has to sign in again
   */
  credentials(identity: Identity, request: ProviderRequest): Promise<Credentials>;
}

/** What an identity provider has to ask the service with. */
export interface ProviderRequest {
  readonly fetch: typeof fetch;
  readonly endpoint: string;
  readonly signal: AbortSignal;
}

/** What an identity provider is asked with for who the user is. */
export interface IdentityRequest extends ProviderRequest {
  /** Who the provider said it was last time on this device. */
  readonly known: Identity | undefined;
  /** A guest whose data the user wants to keep: the service links the login to it, or merges it. */
  readonly guest: Identity | undefined;
}
