import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { problemsOf } from '../../src/configuration/problems.ts';
import { Settings } from '../../src/configuration/settings.ts';

const guide = readFileSync(new URL('../../../../docs/guides/deliveries.md', import.meta.url), 'utf8');
const schema = readFileSync(
  new URL('../../../../docs/reference/holdall.config.schema.json', import.meta.url),
  'utf8',
);
const delivery = readFileSync(new URL('../../src/delivery-metrics.ts', import.meta.url), 'utf8');

test('the settings of the guide are valid', () => {
  const blocks = [...guide.matchAll(/```json\n([\s\S]*?)```/g)].map(([, text]) => JSON.parse(text ?? ''));
  expect(blocks.length).toBeGreaterThan(0);
  for (const settings of blocks) expect(problemsOf(Settings, settings)).toEqual([]);
});

test('the published schema is one that editors can read', () => {
  const published = JSON.parse(schema);
  expect(published.$schema).toBe('https://json-schema.org/draft/2020-12/schema');
  expect(problemsOf(published, { streams: { a: { type: 'file', path: 'x' } } })).toEqual([]);
  expect(problemsOf(published, { streams: { a: { type: 'file' } } })).toEqual(['streams.a.path is missing.']);
});

test('every metric is in the guide, and every metric of the guide is there', () => {
  const made = new Set(delivery.match(/holdall_\w+/g));
  expect([...new Set(guide.match(/holdall_\w+/g))].sort()).toEqual([...made].sort());
});
