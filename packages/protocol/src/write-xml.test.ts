import { describe, expect, test } from 'vitest';
import type { Members } from './shape.ts';
import { writeXmlMembers, xmlText } from './write-xml.ts';

const text = { type: 'string' } as const;

describe('members in XML', () => {
  test('are elements in the order of the row, those without a value left out', () => {
    const members = {
      B: { shape: text },
      Absent: { shape: text },
      A: { shape: { type: 'integer' } },
      Null: { shape: text },
    } as const satisfies Members;
    expect(writeXmlMembers(members, { A: 0, B: '', Null: null, Unknown: 'x' })).toBe('<B></B><A>0</A>');
  });

  test('of every shape', () => {
    const members = {
      Yes: { shape: { type: 'boolean' } },
      At: { shape: { type: 'timestamp' } },
      List: { shape: { type: 'list', member: text } },
      Map: { shape: { type: 'map', key: text, value: { type: 'long' } } },
      Inner: { shape: { type: 'structure', members: { Text: { shape: text } } } },
    } as const satisfies Members;
    const value = {
      Yes: true,
      At: Date.UTC(2026, 10, 20, 12, 9, 59, 999),
      List: ['<1>', '2'],
      Map: { 'a&b': 2 ** 53 - 1 },
      Inner: { Text: '"' },
    };
    expect(writeXmlMembers(members, value)).toBe(
      '<Yes>true</Yes><At>2026-11-20T12:09:59Z</At><List><member>&lt;1&gt;</member><member>2</member></List>' +
        '<Map><entry><key>a&amp;b</key><value>9007199254740991</value></entry></Map>' +
        '<Inner><Text>&quot;</Text></Inner>',
    );
  });
});

describe('text in XML', () => {
  test.each([
    ['a & b < c > d "e"', 'a &amp; b &lt; c &gt; d &quot;e&quot;'],
    [']]>', ']]&gt;'],
    ['&amp;', '&amp;amp;'],
    ['line\r\nline\ttab', 'line&#xD;\nline\ttab'],
    ['\0\x07\x1b\x7f', '\uFFFD\uFFFD\uFFFD\x7f'],
    ['\uFFFE\uFFFF\uD800', '\uFFFD\uFFFD\uFFFD'],
    ['ä𝄞', 'ä𝄞'],
  ])('%j is %j', (given, written) => {
    expect(xmlText(given)).toBe(written);
  });
});
