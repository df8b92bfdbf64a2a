import { createHash } from 'node:crypto';
import { errors, identityService, syncService } from '@holdall/protocol';
import { expect, test } from 'vitest';

/** The table without its prose, in the order it is written in: order shows in messages and in the docs. */
function fingerprint(table: object): string {
  const serialised = JSON.stringify(table, (name, value) => (name === 'doc' ? undefined : value));
  return createHash('sha256').update(serialised).digest('hex').slice(0, 16);
}

const whatToDo =
  'The wire has changed. If you did not mean that, undo it: clients that are out there cannot follow. If you did, say in ' +
  'CHANGELOG.md what clients will see, run `npm run docs`, and put the new fingerprint here.';

const pinned = [
  { name: 'Cognito Sync', table: syncService, expected: '162d267aee51fbda' },
  { name: 'Cognito Identity', table: identityService, expected: '12974b46314d9a2d' },
  { name: 'the errors', table: errors, expected: '7cb831c84a7a7c89' },
];

for (const { name, table, expected } of pinned) {
  test(`the wire of ${name} is what it was`, () => {
    expect(fingerprint(table), whatToDo).toBe(expected);
  });
}
