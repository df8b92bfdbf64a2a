import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { errorRow, identityOperations, readInput, ServiceError } from '@holdall/protocol';
import { AuditFile, auditPath } from './audit-file.ts';
import { newAccessKeyId, newSecretAccessKey } from './credentials/root-credentials.ts';
import { SecretBox } from './credentials/secret-box.ts';
import { dataFiles } from './data-files.ts';
import type { Instant } from './domain/dataset.ts';
import { type DeveloperKey, type DeveloperScope, type KeyState, keyState } from './domain/developer-key.ts';
import { type Identity, type IdentityUsage, type PoolUsage, regionalId } from './domain/identity.ts';
import type { IdentityPool } from './domain/identity-pool.ts';
import type { DeliveryKind } from './domain/outbox.ts';
import { existingPool, identityNotFound, poolNotFound } from './operations/access.ts';
import type { AuditTarget } from './ports/audit-log.ts';
import type { Backlog, DeadLetter } from './ports/outbox.ts';
import type { IdentitiesQuery, Page, Store } from './ports/store.ts';
import { SqliteStore } from './stores/sqlite/sqlite-store.ts';

export interface AdministrationOptions {
  readonly data: string;
  /** As in the server's configuration. */
  readonly auditLog: string;
  /** Who administers, for the audit log. */
  readonly operator: string;
  readonly now?: () => Instant;
}

export interface KeyRequest {
  readonly description: string;
  readonly scope: DeveloperScope;
  readonly expiresAt?: Instant;
}

/** A developer key without its secret. */
export type ListedKey = Omit<DeveloperKey, 'sealedSecret'> & { readonly state: KeyState };

/** The one time that the secret is told. */
export type CreatedKey = ListedKey & { readonly secretAccessKey: string };

export interface ListedPool {
  readonly pool: IdentityPool;
  readonly usage: PoolUsage;
}

export interface ListedIdentity {
  readonly identity: Identity;
  readonly usage: IdentityUsage;
}

/** More than any command line would show, few enough for one read. */
const pageSize = 1_000;
/** Few enough that writes of a running server hardly wait. */
const purgedAtOnce = 50;
const deliveriesAtOnce = 500;
const mostDescription = 256;

/**
 * What a person may do to a data directory on the machine that has it, whether a server runs on it or not: the store
 * serves several processes, and a running server looks keys and pools up when it needs them.
 */
export class Administration implements AsyncDisposable {
  readonly #store: Store;
  readonly #secrets: SecretBox;
  readonly #audit: AuditFile;
  readonly #operator: string;
  readonly #now: () => Instant;

  private constructor(store: Store, secrets: SecretBox, audit: AuditFile, options: AdministrationOptions) {
    this.#store = store;
    this.#secrets = secrets;
    this.#audit = audit;
    this.#operator = options.operator;
    this.#now = options.now ?? Date.now;
  }

  /** @throws Error when there is no database */
  static async open(options: AdministrationOptions): Promise<Administration> {
    const data = resolve(options.data);
    const files = dataFiles(data);
    // A mistyped directory must not become a new, empty one.
    if (!existsSync(files.database)) {
      throw new Error(
        `There is no database at ${files.database}: name the service's data directory, or start the service once.`,
      );
    }
    const audit = new AuditFile({
      path: auditPath(data, options.auditLog),
      failed: (cause, lines) => {
        throw new Error(
          `The audit log could not be written: ${(cause as Error).message}. It lacks\n${lines}`,
          {
            cause,
          },
        );
      },
    });
    const secrets = SecretBox.open(files.secretBox);
    return new Administration(await SqliteStore.open({ file: files.database }), secrets, audit, options);
  }

  /** @throws ServiceError when it lists a pool that is not there */
  async createKey({ description, scope, expiresAt }: KeyRequest): Promise<CreatedKey> {
    return this.#audited('CreateDeveloperKey', {}, async (target) => {
      checkDescription(description);
      for (const poolId of scope.poolIds ?? []) await existingPool(this.#store, poolId);
      const accessKeyId = newAccessKeyId('AKIA');
      const secretAccessKey = newSecretAccessKey();
      const key: DeveloperKey = {
        accessKeyId,
        sealedSecret: this.#secrets.seal(accessKeyId, secretAccessKey),
        description,
        scope,
        createdAt: this.#now(),
        ...(expiresAt !== undefined && { expiresAt }),
      };
      await this.#store.createDeveloperKey(key);
      target.accessKeyId = accessKeyId;
      return { ...this.#listed(key), secretAccessKey };
    });
  }

  /** All there ever were, the oldest first. */
  async keys(): Promise<readonly ListedKey[]> {
    const keys = await everyPage(
      (page) => this.#store.developerKeys(page),
      (key) => key.accessKeyId,
    );
    return keys.toSorted((one, other) => one.createdAt - other.createdAt).map((key) => this.#listed(key));
  }

  /** @throws ServiceError when there is no such key */
  async revokeKey(accessKeyId: string): Promise<ListedKey> {
    return this.#audited('RevokeDeveloperKey', { accessKeyId }, async () => {
      const key = await this.#store.revokeDeveloperKey(accessKeyId, this.#now());
      if (!key) {
        throw new ServiceError('ResourceNotFoundException', `There is no developer key ${accessKeyId}.`);
      }
      return this.#listed(key);
    });
  }

  /**
   * @param settings the members of CreateIdentityPool
   * @throws ServiceError when they are not acceptable, in the words that the operation has for it
   */
  async createPool(settings: Readonly<Record<string, unknown>>, region: string): Promise<IdentityPool> {
    return this.#audited('CreateIdentityPool', {}, async (target) => {
      const { input } = identityOperations.CreateIdentityPool;
      const pool = {
        id: regionalId(region, randomUUID()),
        createdAt: this.#now(),
        settings: readInput(input, settings, 'ValidationException'),
        events: {},
      };
      await this.#store.createPool(pool);
      target.identityPoolId = pool.id;
      return pool;
    });
  }

  /** In the order of their ids. */
  async pools(): Promise<readonly ListedPool[]> {
    const pools = await everyPage(
      (page) => this.#store.pools(page),
      (pool) => pool.id,
    );
    const listed = await Promise.all(pools.map((pool) => this.#withUsage(pool)));
    return listed.flatMap((found) => found ?? []);
  }

  /** @throws ServiceError when there is no such pool */
  async pool(poolId: string): Promise<ListedPool> {
    const listed = await this.#withUsage(await existingPool(this.#store, poolId));
    if (!listed) throw poolNotFound(poolId);
    return listed;
  }

  /**
   * Deletes a pool and erases all that was in it.
   *
   * @throws ServiceError when there is no such pool
   */
  async deletePool(identityPoolId: string): Promise<void> {
    await this.#audited('DeleteIdentityPool', { identityPoolId }, async () => {
      if (!(await this.#store.deletePool(identityPoolId))) throw poolNotFound(identityPoolId);
    });
    await this.#purge();
  }

  /**
   * A page in the order of their ids.
   *
   * @throws ServiceError when there is no such pool
   */
  async identities(query: IdentitiesQuery): Promise<readonly Identity[]> {
    await existingPool(this.#store, query.poolId);
    return this.#store.identities(query);
  }

  /** @throws ServiceError when there is no such identity */
  async identity(identityId: string): Promise<ListedIdentity> {
    const identity = await this.#store.identity(identityId);
    const usage = await this.#store.identityUsage(identityId);
    if (!identity || !usage) throw identityNotFound(identityId);
    return { identity, usage };
  }

  /**
   * Deletes identities and erases all that is theirs.
   *
   * @throws ServiceError when there is one that does not exist; then none is deleted
   */
  async deleteIdentities(identityIds: readonly string[]): Promise<void> {
    await this.#audited('DeleteIdentities', { identityIds }, async () => {
      for (const id of identityIds) if (!(await this.#store.identity(id))) throw identityNotFound(id);
      await this.#store.deleteIdentities(identityIds, this.#now());
    });
    await this.#purge();
  }

  /** What is to be sent, and what was given up, by destination. */
  async backlog(): Promise<readonly Backlog[]> {
    return await this.#store.backlog();
  }

  /** A page in the order of their ids, those after `after`. */
  async deadLetters(page: {
    readonly after?: number;
    readonly limit: number;
  }): Promise<readonly DeadLetter[]> {
    return await this.#store.deadLetters(page);
  }

  /** Queues dead letters again, all unless there are ids. A running server notices within half a minute. */
  async retryDeadLetters(ids?: readonly number[]): Promise<number> {
    return await this.#audited('RetryDeadLetters', {}, () => {
      const at = this.#now();
      return total((limit) => this.#store.retryDeadLetters({ ...(ids && { ids }), limit, at }));
    });
  }

  /** Forgets dead letters, all unless there are ids. */
  async dropDeadLetters(ids?: readonly number[]): Promise<number> {
    return await this.#audited('DropDeadLetters', {}, () =>
      total((limit) => this.#store.dropDeadLetters({ ...(ids && { ids }), limit })),
    );
  }

  /** Forgets what is queued for a destination, but for what is on its way. */
  async dropQueued(kind: DeliveryKind, destination: string): Promise<number> {
    return await this.#audited('DropDeliveries', { destination }, () =>
      total((limit) => this.#store.dropLanes({ kind, destination, limit })),
    );
  }

  async #purge(): Promise<void> {
    // Where this is interrupted, the next start of the service goes on.
    while ((await this.#store.purge(purgedAtOnce)) > 0);
  }

  async close(): Promise<void> {
    await this.#store.close();
    this.#audit.flush();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #withUsage(pool: IdentityPool): Promise<ListedPool | undefined> {
    // Somebody else may delete it between the two reads.
    const usage = await this.#store.poolUsage(pool.id);
    return usage && { pool, usage };
  }

  #listed({ sealedSecret: _secret, ...key }: DeveloperKey): ListedKey {
    return { ...key, state: keyState(key, this.#now()) };
  }

  /** What comes to be in the work is told to `target` by it. */
  async #audited<Result>(
    action: string,
    named: Target,
    work: (target: Target) => Promise<Result>,
  ): Promise<Result> {
    const actor = { kind: 'operator', user: this.#operator } as const;
    const target = { ...named };
    const event = { at: this.#now(), source: 'cli', actor, action, target } as const;
    try {
      const result = await work(target);
      this.#audit.record({ ...event, outcome: 'done' });
      return result;
    } catch (error) {
      const code = error instanceof ServiceError ? error.code : 'InternalErrorException';
      const outcome = errorRow(code).fault === 'server' ? 'failed' : 'refused';
      this.#audit.record({ ...event, outcome, error: code });
      throw error;
    } finally {
      this.#audit.flush();
    }
  }
}

type Target = { -readonly [Name in keyof AuditTarget]: AuditTarget[Name] };

/** Does it again until there is nothing left to do. */
async function total(step: (limit: number) => Promise<number>): Promise<number> {
  let done = 0;
  for (;;) {
    const some = await step(deliveriesAtOnce);
    if (some === 0) return done;
    done += some;
  }
}

function checkDescription(description: string): void {
  // It is shown in terminals, to which control characters are commands.
  if (description.length <= mostDescription && !/\p{Cc}/u.test(description)) return;
  throw new ServiceError(
    'InvalidParameterException',
    `A description has at most ${mostDescription} characters, all of them visible.`,
  );
}

async function everyPage<Item>(
  list: (page: Page) => Promise<readonly Item[]>,
  key: (item: Item) => string,
): Promise<readonly Item[]> {
  const all: Item[] = [];
  for (let page = await list({ limit: pageSize }); ; ) {
    all.push(...page);
    const last = page.at(-1);
    if (page.length < pageSize || last === undefined) return all;
    page = await list({ after: key(last), limit: pageSize });
  }
}
