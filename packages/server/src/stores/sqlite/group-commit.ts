import type { DatabaseSync } from 'node:sqlite';
import { type Answer, type GroupReply, type Job, toFailure } from './messages.ts';
import { PoolUsageTally } from './pool-usage-tally.ts';
import { prepare, type Query } from './rows.ts';
import { SqliteWrites } from './sqlite-writes.ts';

/** Beyond these a group gains nothing more from sharing a commit, and the first in it waits for the last. */
const maxJobs = 512;
const maxGroupMs = 25;

/**
 * Runs jobs in groups, each group in one transaction, so that they share the wait for the disk. A job that fails does so
 * alone; when the transaction fails, every job in it does.
 */
export class GroupCommit {
  readonly #db: DatabaseSync;
  readonly #usage: PoolUsageTally;
  readonly #writes: SqliteWrites;
  readonly #begin: Query;
  readonly #commit: Query;
  readonly #openSavepoint: Query;
  readonly #releaseSavepoint: Query;

  constructor(db: DatabaseSync) {
    this.#db = db;
    this.#usage = new PoolUsageTally(db);
    this.#writes = new SqliteWrites(db, this.#usage);
    this.#begin = prepare(db, 'BEGIN IMMEDIATE');
    this.#commit = prepare(db, 'COMMIT');
    this.#openSavepoint = prepare(db, 'SAVEPOINT job');
    this.#releaseSavepoint = prepare(db, 'RELEASE job');
  }

  /** Runs the first of `jobs`, as many as make a good group; the reply tells how many. */
  run(jobs: readonly Job[]): GroupReply {
    const answers: Answer[] = [];
    const group = jobs.slice(0, maxJobs);
    try {
      this.#begin.run();
      const end = performance.now() + maxGroupMs;
      for (const job of group) {
        answers.push(this.#runAlone(job));
        if (performance.now() > end) break;
      }
      this.#usage.flush();
      this.#commit.run();
      return { kind: 'committed', answers, queued: this.#writes.takeQueued() };
    } catch (error) {
      this.#usage.clear();
      if (this.#db.isTransaction) this.#db.exec('ROLLBACK');
      return { kind: 'failed', jobs: group.length, failure: toFailure(error) };
    }
  }

  #runAlone(job: Job): Answer {
    // SQLite undoes a failed statement by itself; the savepoint undoes the statements before it in the same job.
    this.#openSavepoint.run();
    try {
      const value = this.#call(job);
      this.#releaseSavepoint.run();
      return { value };
    } catch (error) {
      // A full disk, among others, makes SQLite roll back the whole transaction: then there is no job left to undo.
      if (!this.#db.isTransaction) throw error;
      this.#db.exec('ROLLBACK TO job; RELEASE job');
      return { failure: toFailure(error) };
    }
  }

  #call({ method, args }: Job): unknown {
    // A job is made from a method and the arguments of that method, which the compiler cannot follow to here.
    const call = this.#writes[method] as (...args: unknown[]) => unknown;
    return Reflect.apply(call, this.#writes, args);
  }
}
