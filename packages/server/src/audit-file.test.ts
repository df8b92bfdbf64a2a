import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { AuditFile, auditLine, auditPath } from './audit-file.ts';
import type { AuditEvent } from './ports/audit-log.ts';

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'holdall-audit-'));
  path = join(folder, 'audit.log');
});
afterEach(() => rmSync(folder, { recursive: true }));

const at = Date.UTC(2026, 0, 1);
const done: AuditEvent = {
  at,
  source: 'api',
  actor: { kind: 'developer', accessKeyId: 'AKIA1' },
  action: 'DeleteIdentityPool',
  target: { identityPoolId: 'r:0' },
  outcome: 'done',
  requestId: 'id',
};
const guessed: AuditEvent = { ...done, actor: { kind: 'unverified' }, outcome: 'refused', error: 'X' };

function open(): AuditFile {
  return new AuditFile({
    path,
    failed: (cause) => {
      throw cause;
    },
  });
}

function written(): Record<string, unknown>[] {
  const text = readFileSync(path, 'utf8');
  return text.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line)]));
}

describe('a line', () => {
  test('is JSON with the version first, and ends', () => {
    expect(auditLine(done)).toBe(
      '{"audit":1,"time":"2026-01-01T00:00:00.000Z","source":"api","actor":{"kind":"developer","accessKeyId":"AKIA1"},' +
        '"action":"DeleteIdentityPool","target":{"identityPoolId":"r:0"},"outcome":"done","requestId":"id"}\n',
    );
  });

  test('is one line whatever is in it', () => {
    const line = auditLine({ ...done, target: { datasetName: 'a\n{"audit":1}\u2028' } });
    expect(line.indexOf('\n')).toBe(line.length - 1);
    expect(JSON.parse(line).target).toEqual({ datasetName: 'a\n{"audit":1}\u2028' });
  });
});

describe('the file', () => {
  test('is there from the start, for its owner only', () => {
    open();
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(written()).toEqual([]);
  });

  test('has what was recorded soon after, in order, and after what was there', async () => {
    const audit = open();
    audit.record(done);
    audit.record({ ...done, action: 'TagResource' });
    await expect
      .poll(() => written().map(({ action }) => action))
      .toEqual(['DeleteIdentityPool', 'TagResource']);
    const next = open();
    next.record({ ...done, action: 'UntagResource' });
    next.flush();
    expect(written().map(({ action }) => action)).toEqual([
      'DeleteIdentityPool',
      'TagResource',
      'UntagResource',
    ]);
  });

  test('can be renamed away while it is written to', () => {
    const audit = open();
    audit.record(done);
    audit.flush();
    renameSync(path, `${path}.1`);
    audit.record(done);
    audit.flush();
    expect(written()).toHaveLength(1);
  });

  test('that cannot be written stops the start', () => {
    path = join(folder, 'missing', 'audit.log');
    expect(open).toThrow('ENOENT');
  });

  test('that cannot be written later is told of, with the lines', () => {
    const failures: string[] = [];
    const audit = new AuditFile({ path, failed: (_cause, lines) => failures.push(lines) });
    rmSync(folder, { recursive: true });
    audit.record(done);
    audit.flush();
    audit.flush();
    expect(failures).toEqual([auditLine(done)]);
    // For the clean-up.
    mkdirSync(folder);
  });
});

describe('a flood of refusals', () => {
  test('is written up to a limit, and counted beyond; what developers do is always written', () => {
    const audit = open();
    for (let count = 0; count < 1_500; count++) audit.record(guessed);
    for (let count = 0; count < 1_500; count++) audit.record({ ...done, outcome: 'refused' });
    audit.record(done);
    audit.flush();
    expect(written()).toHaveLength(1_000 + 1_500 + 1);
    audit.record({ ...guessed, at: at + 60_000 });
    audit.record({ ...guessed, at: at + 60_001 });
    audit.flush();
    expect(written().slice(2_501)).toEqual([
      { audit: 1, time: '2026-01-01T00:01:00.000Z', omitted: 500 },
      expect.objectContaining({ time: '2026-01-01T00:01:00.000Z', outcome: 'refused' }),
      expect.objectContaining({ time: '2026-01-01T00:01:00.001Z', outcome: 'refused' }),
    ]);
  });
});

test('the setting is from the data directory, unless it is absolute or stderr', () => {
  expect(auditPath('/data', 'audit.log')).toBe('/data/audit.log');
  expect(auditPath('/data', '/var/log/audit.log')).toBe('/var/log/audit.log');
  expect(auditPath('/data', '-')).toBe('-');
});
