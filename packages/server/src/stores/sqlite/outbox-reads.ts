import type { DatabaseSync } from 'node:sqlite';
import type { DeliveryKind } from '../../domain/outbox.ts';
import type { Backlog, DeadLetter, OutboxReads } from '../../ports/outbox.ts';
import { type DeadLetterRow, deadLetterColumns, prepare, type Query, toDeadLetter } from './rows.ts';

type BacklogRow = readonly [
  kind: DeliveryKind,
  destination: string,
  queued: number,
  dead: number,
  oldestAt: number | null,
  readyAt: number | null,
];

/** The outbox, over any connection whose schema is up to date. */
export class SqliteOutboxReads implements OutboxReads {
  readonly #backlog: Query<BacklogRow>;
  readonly #deadLetters: Query<DeadLetterRow>;
  readonly #payload: Query<readonly [body: string]>;

  constructor(db: DatabaseSync) {
    // The first entry of an index each, however many lanes there are.
    const first = (column: string) =>
      `(SELECT ${column} FROM outbox_lane AS lane
        WHERE lane.kind = outbox_total.kind AND lane.destination = outbox_total.destination
          AND ${column} IS NOT NULL ORDER BY ${column} LIMIT 1)`;
    this.#backlog = prepare(
      db,
      `SELECT kind, destination, queued, dead, ${first('oldest_at')}, ${first('ready_at')}
       FROM outbox_total WHERE queued > 0 OR dead > 0 ORDER BY kind, destination`,
    );
    this.#deadLetters = prepare(
      db,
      `SELECT ${deadLetterColumns} FROM dead_letter WHERE delivery > ? ORDER BY delivery LIMIT ?`,
    );
    this.#payload = prepare(db, 'SELECT body FROM stream_payload WHERE id = ? AND expires_at > ?');
  }

  backlog(): readonly Backlog[] {
    return this.#backlog.all().map(([kind, destination, queued, dead, oldestAt, readyAt]) => ({
      kind,
      destination,
      queued,
      dead,
      ...(oldestAt !== null && { oldestAt }),
      ...(readyAt !== null && { readyAt }),
    }));
  }

  deadLetters({
    after = 0,
    limit,
  }: {
    readonly after?: number;
    readonly limit: number;
  }): readonly DeadLetter[] {
    return this.#deadLetters.all(after, limit).map(toDeadLetter);
  }

  streamPayload(id: string, at: number): string | undefined {
    return this.#payload.get(id, at)?.[0];
  }
}
