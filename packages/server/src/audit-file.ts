import { appendFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Instant } from './domain/dataset.ts';
import type { AuditEvent, AuditLog } from './ports/audit-log.ts';

/** The version of the lines' form. Members may come to it; what a member means does not change within it. */
const version = 1;

/** Refusals that anybody on the network can cause: beyond this many in a minute they are counted, not written. */
const mostRefusalsPerMinute = 1_000;
const minute = 60_000;

export interface AuditFileOptions {
  /** `-` is stderr. */
  readonly path: string;
  /** Told when lines could not be written, and which. */
  readonly failed: (cause: unknown, lines: string) => void;
}

/**
 * Appends audit events to a file as JSON lines, for its owner only. The file is opened anew for each turn of the event
 * loop that has something to write, so it can be renamed away at any time, and several processes can share it.
 */
export class AuditFile implements AuditLog {
  readonly #options: AuditFileOptions;
  #lines = '';
  #minute = { beganAt: Number.NEGATIVE_INFINITY, refusals: 0 };

  /** @throws Error when the file cannot be written */
  constructor(options: AuditFileOptions) {
    this.#options = options;
    append(options.path, '');
  }

  record(event: AuditEvent): void {
    if (this.#admits(event)) this.#write(auditLine(event));
  }

  #write(line: string): void {
    if (this.#lines === '') setImmediate(() => this.flush());
    this.#lines += line;
  }

  /** Writes what has not been written yet. */
  flush(): void {
    const lines = this.#lines;
    this.#lines = '';
    if (lines === '') return;
    try {
      append(this.#options.path, lines);
    } catch (cause) {
      this.#options.failed(cause, lines);
    }
  }

  /** Whoever can be refused could fill the disk; developers cannot but by what they may do. */
  #admits({ at, actor, outcome }: AuditEvent): boolean {
    if (outcome !== 'refused' || actor.kind === 'developer' || actor.kind === 'operator') return true;
    if (at - this.#minute.beganAt >= minute) {
      const unwritten = this.#minute.refusals - mostRefusalsPerMinute;
      if (unwritten > 0) this.#write(omissionLine(at, unwritten));
      this.#minute = { beganAt: at, refusals: 0 };
    }
    this.#minute.refusals += 1;
    return this.#minute.refusals <= mostRefusalsPerMinute;
  }
}

/** Where the setting says that the audit log of a data directory is. */
export function auditPath(data: string, setting: string): string {
  return setting === '-' ? setting : resolve(data, setting);
}

function append(path: string, lines: string): void {
  if (path === '-') process.stderr.write(lines);
  else appendFileSync(path, lines, { mode: 0o600 });
}

/** One event as docs/reference/audit-log.md describes it. */
export function auditLine({ at, ...event }: AuditEvent): string {
  return `${JSON.stringify({ audit: version, time: new Date(at).toISOString(), ...event })}\n`;
}

function omissionLine(at: Instant, omitted: number): string {
  return `${JSON.stringify({ audit: version, time: new Date(at).toISOString(), omitted })}\n`;
}
