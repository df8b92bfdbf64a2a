import { describe, expect, it } from 'vitest';
import { readSecret } from './secret.ts';

describe('a secret', () => {
  it('is itself, or in the environment', () => {
    expect(readSecret('open sesame', {})).toBe('open sesame');
    expect(readSecret({ env: 'DOOR' }, { DOOR: 'open sesame' })).toBe('open sesame');
  });

  it.each([{}, { DOOR: '' }, { OTHER: 'x' }])('is missed by the name of its variable: %j', (environment) => {
    expect(() => readSecret({ env: 'DOOR' }, environment)).toThrow('DOOR');
  });
});
