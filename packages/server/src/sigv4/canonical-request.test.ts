import { describe, expect, test } from 'vitest';

import { latin1 } from '../../test/fixtures/signed-requests.ts';
import { canonicalQuery } from './canonical-query.ts';
import { canonicalHeaders, canonicalPath } from './canonical-request.ts';
import { RequestHeaders } from './signed-request.ts';

describe('the path', () => {
  test.each([
    ['', '/'],
    ['/', '/'],
    ['/identitypools/us-east-1%3Aab/x', '/identitypools/us-east-1%253Aab/x'],
    ['/identitypools/us-east-1:ab', '/identitypools/us-east-1%3Aab'],
    ['/a//b/./../c/', '/a//b/./../c/'],
    ['/%2f%zz', '/%252f%25zz'],
    ["/!$&'()*+,;=@ ~", '/%21%24%26%27%28%29%2A%2B%2C%3B%3D%40%20~'],
    [latin1('/é€'), '/%C3%A9%E2%82%AC'],
  ])('%j', (path, canonical) => {
    expect(canonicalPath(path)).toBe(canonical);
  });

  test('that is no string of bytes is an error of the caller, not a signature', () => {
    expect(() => canonicalPath('/€')).toThrow(RangeError);
  });
});

describe('the query', () => {
  test.each([
    ['', ''],
    ['&&', ''],
    ['a', 'a='],
    ['b=2&a=1', 'a=1&b=2'],
    ['a=2&a=1&a=10', 'a=1&a=10&a=2'],
    ['a-b=1&a=1&ab=1', 'a=1&a-b=1&ab=1'],
    ['n=n+t&s=a+b%2F%2B%3D%7E*', 'n=n%20t&s=a%20b%2F%2B%3D~%2A'],
    ['a=%e2%82%ac', 'a=%E2%82%AC'],
    [latin1('é=1'), '%C3%A9=1'],
    ['a=b=c', 'a=b%3Dc'],
    ['a=%zz&b=%4&c=%', 'a=%25zz&b=%254&c=%25'],
    ['a=100%25', 'a=100%25'],
  ])('%j', (query, canonical) => {
    expect(canonicalQuery(query, false)).toBe(canonical);
  });

  test('loses its signature only if it is presigned', () => {
    expect(canonicalQuery('X-Amz-Signature=1&a=2', false)).toBe('X-Amz-Signature=1&a=2');
    expect(canonicalQuery('X-Amz-Signature=1&a=2&X-Amz%2DSignature=3', true)).toBe('a=2');
  });
});

test('headers are trimmed, their blanks collapsed and repeated ones joined', () => {
  const headers = new RequestHeaders([
    'B',
    ' x   y\t z ',
    'a',
    ' 1 ',
    'C',
    'unsigned',
    'A',
    '\t2 ',
    'd',
    latin1('à'),
  ]);
  expect(canonicalHeaders(headers, ['a', 'b', 'd', 'missing'])).toBe(`a:1,2\nb:x y z\nd:${latin1('à')}\n`);
});
