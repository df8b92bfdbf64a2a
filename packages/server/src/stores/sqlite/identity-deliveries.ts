import type { DatabaseSync } from 'node:sqlite';
import type { DeliveryKind } from '../../domain/outbox.ts';
import { prepare, type Query } from './rows.ts';

interface Outbox {
  dropLane(lane: number, kind: DeliveryKind, destination: string): number;
  count(kind: DeliveryKind, destination: string, queued: number, dead: number): void;
}

/** What is to be sent about an identity, for the one connection that writes. */
export class IdentityDeliveries {
  readonly #outbox: Outbox;
  readonly #lanes: Query<readonly [lane: number, kind: DeliveryKind, destination: string]>;
  readonly #deleteLetters: Query<readonly [kind: DeliveryKind, destination: string]>;
  readonly #deletePayloads: Query;

  constructor(db: DatabaseSync, outbox: Outbox) {
    this.#outbox = outbox;
    // Names are the identity's id, or begin with it and a slash: '0' is what comes after '/'.
    const within = (column: string) => `(${column} > ?1 || '/' AND ${column} < ?1 || '0')`;
    // For each destination a look into an index, so that lanes need none by name alone.
    const lanes = `SELECT lane, kind, destination
       FROM outbox_total CROSS JOIN outbox_lane USING (kind, destination)`;
    this.#lanes = prepare(db, `${lanes} WHERE name = ?1 UNION ALL ${lanes} WHERE ${within('name')}`);
    this.#deleteLetters = prepare(
      db,
      `DELETE FROM dead_letter WHERE name = ?1 OR ${within('name')} RETURNING kind, destination`,
    );
    this.#deletePayloads = prepare(db, `DELETE FROM stream_payload WHERE ${within('id')}`);
  }

  /** Erases what is queued, also what is on its way, what was given up, and what waits to be fetched. */
  erase(identityId: string): void {
    for (const [lane, kind, destination] of this.#lanes.all(identityId))
      this.#outbox.dropLane(lane, kind, destination);
    for (const [kind, destination] of this.#deleteLetters.all(identityId))
      this.#outbox.count(kind, destination, 0, -1);
    this.#deletePayloads.run(identityId);
  }
}
