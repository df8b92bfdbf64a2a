import { createHash } from 'node:crypto';
import { errors, identityService, stsService, syncService } from '@holdall/protocol';
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
  { name: 'Cognito Sync', table: syncService, expected: 'e83ffdd13510da1d' },
  { name: 'Cognito Identity', table: identityService, expected: '2cb76be11a8685b6' },
  { name: 'STS', table: stsService, expected: '666534284b7a5708' },
  { name: 'the errors', table: errors, expected: '0f907b3bf398fa43' },
];

for (const { name, table, expected } of pinned) {
  test(`the wire of ${name} is what it was`, () => {
    expect(fingerprint(table), whatToDo).toBe(expected);
  });
}
