import type { DatabaseSync } from 'node:sqlite';
import type { DeliveryKind, NewDelivery } from '../../domain/outbox.ts';
import type { DeadLetterSelection } from '../../ports/outbox.ts';
import { type DeadLetterRow, deadLetterColumns, prepare, type Query, toDeadLetter } from './rows.ts';

/** Where a lane leads. */
export interface LanePlace {
  readonly kind: DeliveryKind;
  readonly destination: string;
}

interface Outbox {
  putAgain(delivery: NewDelivery, at: number): void;
  count(kind: DeliveryKind, destination: string, queued: number, dead: number): void;
}

/** Dead letters, for the one connection that writes. */
export class DeadLetterRows {
  readonly #outbox: Outbox;
  readonly #place: Query<readonly [kind: DeliveryKind, destination: string]>;
  readonly #insert: Query;
  readonly #deleteDelivery: Query;
  readonly #some: Query<DeadLetterRow>;
  readonly #delete: Query;
  readonly #one: Query<DeadLetterRow>;

  constructor(db: DatabaseSync, outbox: Outbox) {
    this.#outbox = outbox;
    this.#place = prepare(db, 'SELECT kind, destination FROM outbox_lane WHERE lane = ?');
    this.#insert = prepare(
      db,
      `INSERT INTO dead_letter (delivery, kind, destination, name, queued_at, died_at, reason, payload)
       SELECT delivery, kind, destination, name, queued_at, ?, ?, payload
       FROM outbox_delivery JOIN outbox_lane USING (lane) WHERE delivery = ? AND lane = ?`,
    );
    this.#deleteDelivery = prepare(db, 'DELETE FROM outbox_delivery WHERE delivery = ?');
    this.#some = prepare(db, `SELECT ${deadLetterColumns} FROM dead_letter ORDER BY delivery LIMIT ?`);
    this.#delete = prepare(db, 'DELETE FROM dead_letter WHERE delivery = ?');
    this.#one = prepare(db, `SELECT ${deadLetterColumns} FROM dead_letter WHERE delivery = ?`);
  }

  place(lane: number): LanePlace | undefined {
    const row = this.#place.get(lane);
    return row && { kind: row[0], destination: row[1] };
  }

  /** Takes the delivery out of its lane. */
  bury(
    lane: number,
    { kind, destination }: LanePlace,
    dead: { id: number; reason: string; at: number },
  ): void {
    if (this.#insert.run(dead.at, dead.reason, dead.id, lane).changes === 0) return;
    this.#deleteDelivery.run(dead.id);
    this.#outbox.count(kind, destination, -1, 1);
  }

  retry({ ids, limit, at }: DeadLetterSelection & { readonly at: number }): number {
    const rows = this.#rows(ids, limit);
    for (const row of rows) {
      const { id, kind, destination, lane, payload } = toDeadLetter(row);
      this.#delete.run(id);
      this.#outbox.putAgain({ kind, destination, lane, payload }, at);
      this.#outbox.count(kind, destination, 0, -1);
    }
    return rows.length;
  }

  drop({ ids, limit }: DeadLetterSelection): number {
    const rows = this.#rows(ids, limit);
    for (const row of rows) {
      const { id, kind, destination } = toDeadLetter(row);
      this.#delete.run(id);
      this.#outbox.count(kind, destination, 0, -1);
    }
    return rows.length;
  }

  #rows(ids: readonly number[] | undefined, limit: number): readonly DeadLetterRow[] {
    if (!ids) return this.#some.all(limit);
    return [...new Set(ids)]
      .slice(0, limit)
      .map((id) => this.#one.get(id))
      .filter((row) => row !== undefined);
  }
}
