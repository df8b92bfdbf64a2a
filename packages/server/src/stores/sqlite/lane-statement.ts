import type { DatabaseSync, SQLInputValue } from 'node:sqlite';
import type { LaneSelection } from '../../ports/outbox.ts';
import { prepare, type Query } from './rows.ts';

/** One statement for each way to select lanes: one for them all could use no index. */
export class LaneStatement<Row extends readonly unknown[] = never> {
  readonly #db: DatabaseSync;
  readonly #sql: (selected: string) => string;
  readonly #prepared = new Map<string, Query<Row>>();

  /** @param sql for a condition, with the parameters of `all` by number */
  constructor(db: DatabaseSync, sql: (selected: string) => string) {
    this.#db = db;
    this.#sql = sql;
  }

  all({ kind, destination }: LaneSelection, ...parameters: SQLInputValue[]): Row[] {
    const values = [...parameters];
    const conditions: string[] = [];
    // `push` returns the number of what it added.
    if (kind !== undefined) conditions.push(`kind = ?${values.push(kind)}`);
    if (destination !== undefined) conditions.push(`destination = ?${values.push(destination)}`);
    const selected = conditions.join(' AND ') || 'TRUE';
    let query = this.#prepared.get(selected);
    if (!query) {
      query = prepare<Row>(this.#db, this.#sql(selected));
      this.#prepared.set(selected, query);
    }
    return query.all(...values);
  }
}
