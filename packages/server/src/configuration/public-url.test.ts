import { expect, test } from 'vitest';
import { publicUrlProblem } from './public-url.ts';

const streams = { changes: { type: 'file', path: 'changes.ndjson' } } as const;

test.each(['0.0.0.0', '::', '0:0::0', '0'])('links of a server that listens on %s lead nowhere', (host) => {
  const problem = publicUrlProblem({ streams }, host);
  expect(problem).toContain(host);
  expect(problem).toContain('publicUrl');
  expect(publicUrlProblem({ streams, publicUrl: 'https://sync.example.com' }, host)).toBeUndefined();
  expect(publicUrlProblem({ streams: {} }, host)).toBeUndefined();
  expect(publicUrlProblem({}, host)).toBeUndefined();
});

test.each(['127.0.0.1', '::1', '192.0.2.1', '2001:db8::', 'sync.example.com', '10.0.0.0'])(
  'those of one that listens on %s lead to it',
  (host) => {
    expect(publicUrlProblem({ streams }, host)).toBeUndefined();
  },
);
