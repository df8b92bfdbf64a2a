import type { Credentials, Identity, IdentityProvider } from '../identity.ts';
import type { SyncClient } from '../sync-client.ts';
import { SyncError } from '../sync-error.ts';
import type { LegacyUser } from './manager.ts';

/** `AWS.CognitoIdentityCredentials` of version 2 of the AWS SDK. */
export interface LegacyCredentials {
  readonly params: {
    readonly IdentityPoolId: string;
    readonly Logins?: Readonly<Record<string, string>>;
  };
  readonly identityId?: string | null;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
  readonly expireTime?: Date | string | number | null;
  /** Gets new ones when there are none, or they have expired. */
  get(callback: (error?: Error | null) => void): void;
  refresh(callback: (error?: Error | null) => void): void;
  clearCachedId(): void;
}

/**
 * The user that the SDK's credentials name. They may come to name another at any time, when somebody signs in: then that
 * one's data is used from the next call on, and what a guest left is given to who signed in.
 */
export class AwsUser implements IdentityProvider, LegacyUser {
  readonly #source: LegacyCredentials;
  #client: SyncClient | undefined;
  #prepared: Promise<unknown> = Promise.resolve();
  #turn: Promise<void> = Promise.resolve();
  /** The token that was handed out last: who asks again wants another. */
  #handedOut: string | undefined;

  constructor(source: LegacyCredentials) {
    this.#source = source;
  }

  /** Nothing is done before `prepare` has been; when it fails, so does everything else. */
  startWith(client: SyncClient, prepare: () => Promise<unknown>): void {
    this.#client = client;
    this.#prepared = client.ready().then(prepare);
    this.#prepared.catch(() => undefined);
  }

  get identityId(): string | undefined {
    return this.#source.identityId ?? undefined;
  }

  forget(): void {
    this.#source.clearCachedId();
    this.#handedOut = undefined;
  }

  /** One after the other, so that calls keep their order. */
  settle(asks = false): Promise<void> {
    const follow = () => this.#follow(asks);
    this.#turn = this.#turn.then(follow, follow);
    return this.#turn;
  }

  async identity(): Promise<Identity> {
    if (!this.identityId) await this.#call('get');
    // Credentials whose cached id was cleared look good.
    if (!this.identityId) await this.#call('refresh');
    const { params } = this.#source;
    if (!this.identityId) throw new SyncError('AUTH', 'The credentials name no identity.');
    return {
      identityId: this.identityId,
      identityPoolId: params.IdentityPoolId,
      guest: Object.keys(params.Logins ?? {}).length === 0,
    };
  }

  async credentials({ identityId }: Identity): Promise<Credentials> {
    await this.#call('get');
    if (this.#token() === this.#handedOut) await this.#call('refresh');
    this.#handedOut = this.#token();
    if (this.identityId !== identityId) {
      throw new SyncError('AUTH', `The credentials are of ${this.identityId} now.`);
    }
    const { accessKeyId, secretAccessKey, sessionToken, expireTime } = this.#source;
    return {
      accessKeyId,
      secretAccessKey,
      ...(sessionToken && { sessionToken }),
      ...(expireTime && { expiresAt: new Date(expireTime).getTime() }),
    };
  }

  async #follow(asks = false): Promise<void> {
    const client = this.#client;
    if (!client) return;
    await this.#prepared;
    // Tells of a user who has signed in since; whoever is offline fails here as they would later.
    if (asks) await this.#call('get');
    const { identityId, guest } = await this.identity();
    if (client.status.get().identity?.identityId === identityId) return;
    await client.signIn(this, { guestData: guest ? 'keep' : 'merge' });
  }

  #token(): string {
    return this.#source.sessionToken ?? this.#source.accessKeyId;
  }

  #call(method: 'get' | 'refresh'): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#source[method]((cause) => {
        if (!cause) return resolve();
        const isLost = (cause as { code?: string }).code === 'NetworkingError';
        reject(new SyncError(isLost ? 'NETWORK' : 'AUTH', cause.message, { cause, retryable: isLost }));
      });
    });
  }
}
