import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { refusal, retryAfterMs } from './refusal.ts';

const now = Date.UTC(2026, 10, 20, 12);

describe('a status', () => {
  test.each([
    [301, 'gone'],
    [307, 'gone'],
    [400, 'refused'],
    [401, 'gone'],
    [403, 'gone'],
    [404, 'unavailable'],
    [405, 'gone'],
    [408, 'unavailable'],
    [410, 'gone'],
    [413, 'refused'],
    [422, 'refused'],
    [425, 'unavailable'],
    [429, 'unavailable'],
    [500, 'unavailable'],
    [503, 'unavailable'],
    [599, 'unavailable'],
    [0, 'unavailable'],
  ])('%i: %s', (status, failure) => {
    const error = refusal('The webhook', { status, headers: {} }, now);
    expect(error).toMatchObject({
      failure,
      message: `The webhook answered ${status}.`,
      retryAfterMs: undefined,
    });
  });
});

describe('Retry-After', () => {
  test('in seconds, as a date, or missing', () => {
    expect(retryAfterMs('120', now)).toBe(120_000);
    expect(retryAfterMs('Fri, 20 Nov 2026 12:00:30 GMT', now)).toBe(30_000);
    expect(retryAfterMs(undefined, now)).toBeUndefined();
    expect(retryAfterMs('soon', now)).toBeUndefined();
  });

  test('is between nothing and a day, whatever is sent', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.integer().map(String), fc.date().map(String)), (header) => {
        const wait = retryAfterMs(header, now) ?? 0;
        expect(wait).toBeGreaterThanOrEqual(0);
        expect(wait).toBeLessThanOrEqual(86_400_000);
      }),
    );
  });
});
