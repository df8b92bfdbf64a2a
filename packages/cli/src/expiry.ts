import { InvalidArgumentError } from 'commander';

const unitMs = { h: 3_600_000, d: 86_400_000 };

/**
 * When something ends that was given as `30d`, `12h` or a time.
 *
 * @throws InvalidArgumentError when it is none of these, or over already
 */
export function parseExpiry(text: string, now = Date.now()): number {
  const instant = instantOf(text, now);
  if (instant === undefined || !Number.isSafeInteger(instant)) {
    throw new InvalidArgumentError('Give days (30d), hours (12h) or a time (2027-01-31T00:00:00Z).');
  }
  if (instant <= now) throw new InvalidArgumentError('That is over already.');
  return instant;
}

function instantOf(text: string, now: number): number | undefined {
  const span = /^(?<count>\d{1,6})(?<unit>[hd])$/.exec(text)?.groups;
  if (span) return now + Number(span.count) * unitMs[span.unit as keyof typeof unitMs];
  return /^\d{4}-\d{2}-\d{2}/.test(text) ? Date.parse(text) : undefined;
}
