import { Buffer } from 'node:buffer';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { compareLogins, joinLogins } from './login.ts';

test('logins are in the binary order of their texts, each once', () => {
  const text = fc.string({ unit: 'binary', maxLength: 4 });
  const logins = fc.array(fc.record({ provider: fc.constantFrom('p', 'q'), subject: text }));
  fc.assert(
    fc.property(logins, logins, (left, right) => {
      const joined = joinLogins(left, right);
      const bytes = joined.map(({ provider, subject }) => Buffer.from(`${provider}\0${subject}`));
      for (const [index, one] of bytes.entries()) {
        const before = bytes[index - 1];
        if (before) expect(Buffer.compare(before, one)).toBeLessThan(0);
      }
      for (const login of [...left, ...right]) expect(joined).toContainEqual(login);
    }),
  );
});

test('the provider comes first', () => {
  const [a, b] = [
    { provider: 'a', subject: 'z' },
    { provider: 'ab', subject: 'a' },
  ] as const;
  expect(compareLogins(a, b)).toBeLessThan(0);
  expect(compareLogins(b, a)).toBeGreaterThan(0);
  expect(compareLogins(a, { ...a })).toBe(0);
});
