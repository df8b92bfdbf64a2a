import { DatabaseSync } from 'node:sqlite';
import { expect, test } from 'vitest';
import { migrate } from '../src/stores/sqlite/migrate.ts';
import { SqliteOutboxWrites } from '../src/stores/sqlite/outbox-writes.ts';

const changes = { kind: 'stream', destination: 'changes' } as const;

test.each([
  ['releaseLanes', (writes: SqliteOutboxWrites) => writes.releaseLanes({ ...changes, at: 1, leased: false })],
  ['holdLanes', (writes: SqliteOutboxWrites) => writes.holdLanes(changes)],
  ['dropLanes', (writes: SqliteOutboxWrites) => writes.dropLanes({ ...changes, limit: 10 })],
] as const)('%s looks at the lanes of one destination only', (_, run) => {
  const prepared: string[] = [];
  class RecordingDatabase extends DatabaseSync {
    override prepare(sql: string) {
      prepared.push(sql);
      return super.prepare(sql);
    }
  }
  const db = new RecordingDatabase(':memory:');
  try {
    migrate(db);
    run(new SqliteOutboxWrites(db));
    const lanes = prepared.filter((sql) => /^(UPDATE|SELECT).* outbox_lane.*\blease IS NULL/s.test(sql));
    const selecting = lanes.filter((sql) => !sql.includes('lane = ?'));
    expect(selecting.length).toBeGreaterThan(0);
    for (const sql of selecting) {
      const plan = db.prepare(`EXPLAIN QUERY PLAN ${sql}`).all();
      expect(plan.map(({ detail }) => detail)).toEqual([
        expect.stringMatching(/^SEARCH outbox_lane USING .*INDEX \S+ \(kind=\? AND destination=\?/),
      ]);
    }
  } finally {
    db.close();
  }
});
