import type { DatabaseSync } from 'node:sqlite';
import type { Device } from '../../domain/identity.ts';
import {
  type Change,
  type DeliveryKind,
  type Destination,
  deliveriesOf,
  keepsNewestOnly,
  type NewDelivery,
} from '../../domain/outbox.ts';
import type {
  ClaimedDelivery,
  ClaimedLane,
  LaneClaim,
  LaneSelection,
  OutboxWrites,
  Settlement,
} from '../../ports/outbox.ts';
import { DeadLetterRows } from './dead-letter-rows.ts';
import { LaneStatement } from './lane-statement.ts';
import { prepare, type Query } from './rows.ts';

type LaneRow = readonly [lane: number, tries: number, identityExists: number];
type DeliveryRow = readonly [delivery: number, queuedAt: number, payload: string];

const nowhere: readonly Destination[] = [];

/** Where a changed dataset is kept. */
export interface ChangedDataset {
  readonly pool: number;
  /** Undefined when the change made it: nobody has subscribed to it yet. */
  readonly row: number | undefined;
}

/** The outbox, over the one connection that writes. The caller owns the transaction. */
export class SqliteOutboxWrites implements Omit<OutboxWrites, 'retryDeadLetters' | 'dropDeadLetters'> {
  readonly #dead: DeadLetterRows;
  readonly #streamName: Query<readonly [name: string]>;
  readonly #subscribers: Query<readonly [id: string, platform: string]>;
  readonly #lane: Query<readonly [lane: number]>;
  readonly #insertLane: Query;
  readonly #insertDelivery: Query;
  readonly #deleteLaneDeliveries: Query;
  readonly #addToTotal: Query;
  readonly #readyLanes: Query<LaneRow>;
  readonly #lease: Query;
  readonly #firstDeliveries: Query<DeliveryRow>;
  readonly #deleteDone: Query;
  readonly #oldest: Query<readonly [queuedAt: number]>;
  readonly #deleteLane: Query;
  readonly #forgetLane: Query;
  readonly #restLane: Query;
  readonly #release: LaneStatement<readonly [kind: DeliveryKind, destination: string]>;
  readonly #hold: LaneStatement;
  readonly #unleased: LaneStatement<readonly [lane: number, kind: DeliveryKind, destination: string]>;
  readonly #keepPayload: Query;
  readonly #forgetPayloads: Query;
  #queued = new Map<string, Destination>();

  constructor(db: DatabaseSync) {
    this.#dead = new DeadLetterRows(db, this);
    this.#streamName = prepare(db, 'SELECT name FROM pool_stream WHERE pool = ?');
    this.#subscribers = prepare(
      db,
      `SELECT device.id, device.platform FROM subscription JOIN device ON device.id = subscription.device_id
       WHERE subscription.dataset = ? AND device.identity_id = ? ORDER BY device.id`,
    );
    this.#lane = prepare(db, 'SELECT lane FROM outbox_lane WHERE kind = ? AND destination = ? AND name = ?');
    this.#insertLane = prepare(
      db,
      'INSERT INTO outbox_lane (kind, destination, name, oldest_at, ready_at) VALUES (?, ?, ?, ?, ?)',
    );
    this.#insertDelivery = prepare(
      db,
      'INSERT INTO outbox_delivery (lane, queued_at, payload) VALUES (?, ?, ?)',
    );
    this.#deleteLaneDeliveries = prepare(db, 'DELETE FROM outbox_delivery WHERE lane = ?');
    this.#addToTotal = prepare(
      db,
      `INSERT INTO outbox_total (kind, destination, queued, dead) VALUES (?, ?, ?, ?)
       ON CONFLICT DO UPDATE SET queued = queued + excluded.queued, dead = dead + excluded.dead`,
    );
    this.#readyLanes = prepare(
      db,
      `SELECT lane, tries,
         EXISTS (SELECT 1 FROM visible_identity WHERE id = substr(name, 1, instr(name || '/', '/') - 1))
       FROM outbox_lane WHERE kind = ? AND destination = ? AND ready_at <= ? ORDER BY ready_at LIMIT ?`,
    );
    this.#lease = prepare(db, 'UPDATE outbox_lane SET lease = ?, ready_at = ? WHERE lane = ?');
    this.#firstDeliveries = prepare(
      db,
      'SELECT delivery, queued_at, payload FROM outbox_delivery WHERE lane = ? ORDER BY delivery LIMIT ?',
    );
    this.#deleteDone = prepare(db, 'DELETE FROM outbox_delivery WHERE lane = ? AND delivery <= ?');
    this.#oldest = prepare(
      db,
      'SELECT queued_at FROM outbox_delivery WHERE lane = ? ORDER BY delivery LIMIT 1',
    );
    this.#deleteLane = prepare(db, 'DELETE FROM outbox_lane WHERE lane = ? AND (lease IS NULL OR lease = ?)');
    this.#forgetLane = prepare(db, 'DELETE FROM outbox_lane WHERE lane = ?');
    this.#restLane = prepare(
      db,
      `UPDATE outbox_lane SET oldest_at = ?, tries = ?, ready_at = ?, lease = NULL WHERE lane = ? AND lease IS ?`,
    );
    this.#release = new LaneStatement(
      db,
      (selected) =>
        `UPDATE outbox_lane SET ready_at = ?1, lease = NULL
         WHERE ${selected} AND (lease IS NULL OR ?2) AND (ready_at IS NULL OR ready_at > ?1)
         RETURNING kind, destination`,
    );
    this.#hold = new LaneStatement(
      db,
      (selected) =>
        `UPDATE outbox_lane SET ready_at = NULL WHERE ${selected} AND lease IS NULL AND ready_at IS NOT NULL`,
    );
    this.#unleased = new LaneStatement(
      db,
      (selected) =>
        `SELECT lane, kind, destination FROM outbox_lane WHERE ${selected} AND lease IS NULL LIMIT ?1`,
    );
    this.#keepPayload = prepare(
      db,
      'INSERT OR REPLACE INTO stream_payload (id, expires_at, body) VALUES (?, ?, ?)',
    );
    this.#forgetPayloads = prepare(
      db,
      `DELETE FROM stream_payload WHERE id IN (
         SELECT id FROM stream_payload WHERE expires_at <= ? ORDER BY expires_at LIMIT ?)`,
    );
  }

  /** Where anything was queued, or made ready, since this was last asked. */
  takeQueued(): readonly Destination[] {
    if (this.#queued.size === 0) return nowhere;
    const queued = [...this.#queued.values()];
    this.#queued.clear();
    return queued;
  }

  get dead(): DeadLetterRows {
    return this.#dead;
  }

  /** Queues what an accepted change has to send, in the transaction that makes the change. */
  queue(change: Change, { pool, row }: ChangedDataset): void {
    const streamName = this.#streamName.get(pool)?.[0];
    const rows = row === undefined || !change.records ? [] : this.#subscribers.all(row, change.identityId);
    if (streamName === undefined && rows.length === 0) return;
    const devices: Pick<Device, 'id' | 'platform'>[] = rows.map(([id, platform]) => ({ id, platform }));
    for (const delivery of deliveriesOf(change, { streamName, devices })) this.put(delivery, change.at);
  }

  put({ kind, destination, lane: name, payload }: NewDelivery, at: number): void {
    const lane =
      this.#lane.get(kind, destination, name)?.[0] ??
      Number(this.#insertLane.run(kind, destination, name, at, at).lastInsertRowid);
    const replaced = keepsNewestOnly(kind) ? Number(this.#deleteLaneDeliveries.run(lane).changes) : 0;
    this.#insertDelivery.run(lane, at, payload);
    this.count(kind, destination, 1 - replaced, 0);
    this.#queued.set(`${kind} ${destination}`, { kind, destination });
  }

  /** Puts back what was given up. */
  putAgain(delivery: NewDelivery, at: number): void {
    const { kind, destination, lane } = delivery;
    if (!keepsNewestOnly(kind) || !this.#lane.get(kind, destination, lane)) this.put(delivery, at);
  }

  count(kind: DeliveryKind, destination: string, queued: number, dead: number): void {
    if (queued !== 0 || dead !== 0) this.#addToTotal.run(kind, destination, queued, dead);
  }

  claimLanes(claim: LaneClaim): readonly ClaimedLane[] {
    const claimed: ClaimedLane[] = [];
    let room = { deliveries: claim.deliveries, characters: claim.characters };
    const { kind, destination, at, lanes } = claim;
    for (const [lane, tries, identityExists] of this.#readyLanes.all(kind, destination, at, lanes)) {
      if (identityExists === 0) {
        this.dropLane(lane, kind, destination);
        continue;
      }
      const rows = this.#firstDeliveries.all(lane, Math.min(claim.perLane, room.deliveries));
      const deliveries: ClaimedDelivery[] = [];
      for (const [id, queuedAt, payload] of rows) {
        const isFirst = claimed.length === 0 && deliveries.length === 0;
        if (payload.length > room.characters && !isFirst) break;
        deliveries.push({ id, queuedAt, payload });
        room = { deliveries: room.deliveries - 1, characters: room.characters - payload.length };
      }
      // Left by one whose lease was over when it settled what was the last.
      if (rows.length === 0) this.#forgetLane.run(lane);
      if (rows.length === 0) continue;
      if (deliveries.length === 0) break;
      this.#lease.run(claim.lease, claim.until, lane);
      claimed.push({ lane, lease: claim.lease, tries, deliveries });
      if (room.deliveries <= 0 || room.characters <= 0) break;
    }
    return claimed;
  }

  settleLanes(settlements: readonly Settlement[]): void {
    for (const settlement of settlements) this.#settle(settlement);
  }

  #settle({ lane, lease, doneUpTo, dead, tries, readyAt }: Settlement): void {
    const place = this.#dead.place(lane);
    if (!place) return;
    const done = doneUpTo === undefined ? 0 : Number(this.#deleteDone.run(lane, doneUpTo).changes);
    this.count(place.kind, place.destination, -done, 0);
    if (dead) this.#dead.bury(lane, place, dead);
    const oldest = this.#oldest.get(lane);
    if (oldest) this.#restLane.run(oldest[0], tries, readyAt ?? null, lane, lease);
    else this.#deleteLane.run(lane, lease);
  }

  releaseLanes({ at, leased, ...lanes }: LaneSelection & { at: number; leased: boolean }): void {
    const released = this.#release.all(lanes, at, leased ? 1 : 0);
    for (const [ofKind, to] of released)
      this.#queued.set(`${ofKind} ${to}`, { kind: ofKind, destination: to });
  }

  holdLanes(lanes: LaneSelection): void {
    this.#hold.all(lanes);
  }

  dropLanes({ limit, ...lanes }: LaneSelection & { limit: number }): number {
    let dropped = 0;
    for (const [lane, ofKind, to] of this.#unleased.all(lanes, limit)) {
      dropped += this.dropLane(lane, ofKind, to);
    }
    return dropped;
  }

  /** Returns how many deliveries it had. */
  dropLane(lane: number, kind: DeliveryKind, destination: string): number {
    const deliveries = Number(this.#deleteLaneDeliveries.run(lane).changes);
    this.#forgetLane.run(lane);
    this.count(kind, destination, -deliveries, 0);
    return deliveries;
  }

  keepStreamPayload({ id, body, expiresAt }: { id: string; body: string; expiresAt: number }): void {
    this.#keepPayload.run(id, expiresAt, body);
  }

  forgetStreamPayloads(at: number, limit: number): number {
    return Number(this.#forgetPayloads.run(at, limit).changes);
  }
}
