import { describe, expect, test } from 'vitest';
import { readXml } from './xml.ts';

describe('XML', () => {
  test('is read as elements and their texts', () => {
    const text = '<A xmlns="u">\n  <B>1 &lt; 2 &amp; &quot;3&quot;</B>\n  <C><D></D></C>\n</A>\n';
    expect(readXml(text)).toEqual({ A: { '@xmlns': 'u', B: '1 < 2 & "3"', C: { D: '' } } });
  });

  test.each([
    ['no element', 'text'],
    ['nothing', ''],
    ['two roots', '<A></A><B></B>'],
    ['an open element', '<A><B></B>'],
    ['an element that was never opened', '<A></A></B>'],
    ['crossed elements', '<A><B></A></B>'],
    ['text beside elements', '<A>x<B></B></A>'],
    ['text beside the root', '<A></A>x'],
    ['two elements of one name', '<A><B></B><B></B></A>'],
    ['a bare ampersand', '<A>a & b</A>'],
    ['an unknown reference', '<A>&nbsp;</A>'],
    ['a bare angle', '<A>a < b</A>'],
    ['JSON', '{"A":"B"}'],
  ])('is not %s', (_, text) => {
    expect(readXml(text)).toBeUndefined();
  });
});
