import { expect, test } from 'vitest';
import { BoundedCache } from './bounded-cache.ts';

test('a full cache forgets its oldest entry for a new one', () => {
  const cache = new BoundedCache<string, number>(2);
  cache.set('a', 1);
  cache.set('b', 2);
  cache.set('c', 3);
  expect([cache.get('a'), cache.get('b'), cache.get('c')]).toEqual([undefined, 2, 3]);
});

test('a value set again, or an entry deleted, pushes nothing out', () => {
  const cache = new BoundedCache<string, number>(2);
  cache.set('a', 1);
  cache.set('b', 2);
  cache.set('b', 4);
  expect([cache.get('a'), cache.get('b')]).toEqual([1, 4]);
  cache.delete('a');
  cache.set('c', 3);
  expect([cache.get('a'), cache.get('b'), cache.get('c')]).toEqual([undefined, 4, 3]);
});
