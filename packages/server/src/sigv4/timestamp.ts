const BASIC_FORMAT = /^[1-9]\d{3}(?:0[1-9]|1[0-2])\d{2}T\d{2}[0-5]\d[0-5]\dZ$/;

/** Epoch milliseconds of YYYYMMDDTHHMMSSZ, or undefined when it is not that or not a moment that exists. */
export function parseBasicTimestamp(text: string): number | undefined {
  if (!BASIC_FORMAT.test(text)) {
    return undefined;
  }
  const day = Number(text.slice(6, 8));
  const hour = Number(text.slice(9, 11));
  const instant = Date.UTC(
    Number(text.slice(0, 4)),
    Number(text.slice(4, 6)) - 1,
    day,
    hour,
    Number(text.slice(11, 13)),
    Number(text.slice(13, 15)),
  );
  // A field out of its range (30 February, hour 24) has moved the day; minutes and seconds are bound by the pattern.
  const date = new Date(instant);
  return date.getUTCDate() === day && date.getUTCHours() === hour ? instant : undefined;
}

/** Epoch milliseconds of an HTTP date in the one form that is still written: `Sun, 06 Nov 1994 08:49:37 GMT`. */
export function parseHttpDate(text: string): number | undefined {
  const instant = Date.parse(text);
  return Number.isNaN(instant) || new Date(instant).toUTCString() !== text ? undefined : instant;
}

export function formatBasicTimestamp(instant: number): string {
  return new Date(instant).toISOString().replace(/[-:]|\.\d{3}/g, '');
}
