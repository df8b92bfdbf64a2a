import { expect, test } from 'vitest';
import { socketUrl } from './socket-url.ts';

const schemes = { secure: 'rediss:', plain: 'redis:' } as const;

test.each(['rediss://cache.example.org', 'redis://localhost', 'redis://127.0.0.1:6379/1', 'redis://[::1]:1'])(
  '%s is taken',
  (text) => {
    expect(socketUrl(text, schemes).href).toBe(text);
  },
);

test.each([
  'redis://cache.example.org',
  'redis://10.0.0.1',
  'redis://localhost.example.org',
  'redis://127.0.0.1.example.org',
])('%s has to be allowed', (text) => {
  expect(() => socketUrl(text, schemes)).toThrow(
    'must be rediss://, or redis:// on this machine, or allowPlainTcp must be true',
  );
  expect(socketUrl(text, schemes, true).href).toBe(text);
});

test.each(['', 'cache.example.org', 'redis:///0', 'rediss://me:open-sesame@cache.example.org'])(
  '%s is not taken, nor repeated',
  (text) => {
    expect(() => socketUrl(text, schemes, true)).toThrow(
      /^The address of a receiver must be a URL, and without a user name\.$/,
    );
  },
);

test('another scheme is never taken', () => {
  expect(() => socketUrl('http://localhost', schemes, true)).toThrow('must be rediss://');
});
