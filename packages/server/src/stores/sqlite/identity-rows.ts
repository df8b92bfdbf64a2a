import type { DatabaseSync } from 'node:sqlite';
import type { Instant } from '../../domain/dataset.ts';
import type { Identity } from '../../domain/identity.ts';
import type { Login } from '../../domain/login.ts';
import {
  type MergeDeveloperUsersCommand,
  type MergeDeveloperUsersOutcome,
  mergeDeveloperUsers,
} from '../../domain/merge-developer-users.ts';
import { type SignInCommand, type SignInOutcome, signIn } from '../../domain/sign-in.ts';
import {
  type UnlinkLoginsCommand,
  type UnlinkLoginsOutcome,
  unlinkLogins,
} from '../../domain/unlink-logins.ts';
import type { DatasetRows } from './dataset-rows.ts';
import type { IdentityDeliveries } from './identity-deliveries.ts';
import type { PoolUsageTally } from './pool-usage-tally.ts';
import {
  type IdentityRow,
  identityByLogin,
  identityColumns,
  prepare,
  type Query,
  toIdentity,
} from './rows.ts';

/** Finds and keeps identities and their logins, for the one connection that writes. */
export class IdentityRows {
  readonly #datasets: DatasetRows;
  readonly #deliveries: IdentityDeliveries;
  readonly #usage: PoolUsageTally;
  readonly #poolExists: Query<readonly unknown[]>;
  readonly #identity: Query<IdentityRow>;
  readonly #byLogin: Query<IdentityRow>;
  readonly #eraseHidden: Query;
  readonly #eraseSomeHidden: Query<readonly [id: string]>;
  readonly #insert: Query;
  readonly #update: Query;
  readonly #insertLogin: Query;
  readonly #deleteLogins: Query;
  readonly #deleteDevices: Query;
  readonly #storage: Query<readonly [pool: number, storageBytes: number]>;
  readonly #insertHiddenPool: Query;
  readonly #hide: Query;
  readonly #hideDatasets: Query;

  constructor(
    db: DatabaseSync,
    {
      datasets,
      deliveries,
      usage,
    }: {
      readonly datasets: DatasetRows;
      readonly deliveries: IdentityDeliveries;
      readonly usage: PoolUsageTally;
    },
  ) {
    this.#datasets = datasets;
    this.#deliveries = deliveries;
    this.#usage = usage;
    this.#poolExists = prepare(db, 'SELECT 1 FROM identity_pool WHERE id = ?');
    this.#identity = prepare(db, `SELECT ${identityColumns} FROM visible_identity WHERE id = ?`);
    this.#byLogin = prepare(db, identityByLogin);
    this.#eraseHidden = prepare(
      db,
      'DELETE FROM identity WHERE id = ? AND pool IN (SELECT pool FROM identity_pool WHERE id IS NULL)',
    );
    this.#eraseSomeHidden = prepare(
      db,
      `DELETE FROM identity WHERE id IN (
         SELECT identity.id FROM identity_pool JOIN identity USING (pool) WHERE identity_pool.id IS NULL LIMIT ?)
       RETURNING id`,
    );
    this.#insert = prepare(
      db,
      `INSERT INTO identity (id, pool, created_at, last_modified_at, disabled, merged_into)
       SELECT ?, pool, ?, ?, ?, ? FROM identity_pool WHERE id = ?`,
    );
    this.#update = prepare(
      db,
      'UPDATE identity SET last_modified_at = ?, disabled = ?, merged_into = ? WHERE id = ?',
    );
    this.#insertLogin = prepare(
      db,
      `INSERT INTO login (pool, provider, subject, identity_id)
       SELECT pool, ?, ?, id FROM identity WHERE id = ?`,
    );
    this.#deleteLogins = prepare(db, 'DELETE FROM login WHERE identity_id = ?');
    this.#deleteDevices = prepare(db, 'DELETE FROM device WHERE identity_id = ?');
    this.#storage = prepare(
      db,
      `SELECT identity.pool, coalesce(sum(storage_bytes), 0)
       FROM visible_identity AS identity LEFT JOIN dataset ON dataset.identity_id = identity.id
       WHERE identity.id = ? GROUP BY identity.id`,
    );
    this.#insertHiddenPool = prepare(db, "INSERT INTO identity_pool (document) VALUES ('')");
    this.#hide = prepare(db, 'UPDATE identity SET pool = ? WHERE id = ?');
    this.#hideDatasets = prepare(db, 'UPDATE dataset SET pool = ? WHERE identity_id = ?');
  }

  create(identity: Identity): boolean {
    // A deleted identity that waits for `purge` must not keep its id from a new one.
    if (this.#eraseHidden.run(identity.id).changes > 0) this.#deliveries.erase(identity.id);
    const { id, poolId, createdAt, lastModifiedAt, disabled, mergedInto = null } = identity;
    const { changes } = this.#insert.run(id, createdAt, lastModifiedAt, Number(disabled), mergedInto, poolId);
    if (changes === 0) return false;
    this.#putLogins(identity);
    return true;
  }

  /** Hides identities in a pool without an id, which is what hides all that is in a deleted pool. */
  delete(identityIds: readonly string[], at: Instant): readonly string[] {
    const found = [...new Set(identityIds)].flatMap((id) => {
      const storage = this.#storage.get(id);
      return storage ? [{ id, storage }] : [];
    });
    if (found.length === 0) return [];
    const hidden = Number(this.#insertHiddenPool.run().lastInsertRowid);
    for (const { id } of found) {
      this.#deleteLogins.run(id);
      this.#hide.run(hidden, id);
      this.#hideDatasets.run(hidden, id);
    }
    for (const { storage } of found) this.#usage.add(storage[0], -storage[1], at);
    return found.map(({ id }) => id);
  }

  /** Erases up to `limit` hidden identities with all that is theirs. Returns how many. */
  purge(limit: number): number {
    const erased = this.#eraseSomeHidden.all(limit);
    for (const [id] of erased) this.#deliveries.erase(id);
    return erased.length;
  }

  signIn(command: SignInCommand): SignInOutcome {
    const { poolId, logins, presentedId } = command;
    const presented = presentedId === undefined ? undefined : this.#find(presentedId);
    const owners = new Map<string, Identity>();
    for (const login of logins) {
      const owner = this.#owner(poolId, login);
      if (owner) owners.set(owner.id, owner);
    }
    const outcome = signIn(
      {
        poolExists: this.#poolExists.get(poolId) !== undefined,
        presented: presented?.poolId === poolId ? presented : undefined,
        survivor: this.#survivor(presented),
        owners: [...owners.values()],
      },
      command,
    );
    if (outcome.kind === 'created') this.create(outcome.identity);
    if (outcome.kind === 'joined') this.#join(outcome);
    return outcome;
  }

  mergeDeveloperUsers(command: MergeDeveloperUsersCommand): MergeDeveloperUsersOutcome {
    const ownerOf = (subject: string) =>
      this.#owner(command.poolId, { provider: command.developerProvider, subject });
    const owners = { source: ownerOf(command.source), destination: ownerOf(command.destination) };
    const outcome = mergeDeveloperUsers(owners, command);
    if (outcome.kind === 'joined') this.#join(outcome);
    return outcome;
  }

  unlinkLogins(command: UnlinkLoginsCommand): UnlinkLoginsOutcome {
    const identity = this.#find(command.identityId);
    const outcome = unlinkLogins(identity?.poolId === command.poolId ? identity : undefined, command);
    if (outcome.kind !== 'unlinked') return outcome;
    this.#put(outcome.identity);
    if (outcome.identity.disabled) this.#datasets.freeze(outcome.identity.id);
    return outcome;
  }

  #find(identityId: string): Identity | undefined {
    const row = this.#identity.get(identityId);
    return row && toIdentity(row);
  }

  #owner(poolId: string, { provider, subject }: Login): Identity | undefined {
    const row = this.#byLogin.get(poolId, provider, subject);
    return row && toIdentity(row);
  }

  /** Who has what the identity had, after any number of merges. */
  #survivor(identity: Identity | undefined): Identity | undefined {
    let survivor = identity;
    while (survivor?.mergedInto !== undefined) survivor = this.#find(survivor.mergedInto);
    return survivor;
  }

  #join({
    identity,
    disabled,
  }: {
    readonly identity: Identity;
    readonly disabled: readonly Identity[];
  }): void {
    for (const loser of disabled) {
      // Before the winner takes its logins, which belong to one identity at a time.
      this.#put(loser);
      this.#datasets.move(loser.id, identity.id);
      this.#deleteDevices.run(loser.id);
    }
    this.#put(identity);
  }

  #put(identity: Identity): void {
    const { id, lastModifiedAt, disabled, mergedInto = null } = identity;
    this.#update.run(lastModifiedAt, Number(disabled), mergedInto, id);
    this.#deleteLogins.run(id);
    this.#putLogins(identity);
  }

  #putLogins({ id, logins }: Identity): void {
    for (const { provider, subject } of logins) this.#insertLogin.run(provider, subject, id);
  }
}
