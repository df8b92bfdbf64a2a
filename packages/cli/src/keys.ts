import type { ListedKey } from '@holdall/server';
import type { Command } from 'commander';
import {
  type AdministrationFlags,
  administer,
  administrationCommand,
  commandGroup,
  iso,
  print,
  printJson,
} from './administer.ts';
import { parseExpiry } from './expiry.ts';
import { facts, table } from './table.ts';

/** `holdall keys`: developer credentials for backends and people, beside the root credentials. */
export function keysCommand(): Command {
  return commandGroup('keys', 'Make, list and revoke developer keys, while the service runs or not.', [
    createCommand(),
    listCommand(),
    revokeCommand(),
  ]);
}

interface CreateFlags extends AdministrationFlags {
  readonly description: string;
  readonly expires?: number;
  readonly pool?: readonly string[];
  readonly readOnly?: true;
}

function createCommand(): Command {
  return administrationCommand('create', 'Make a developer key. Its secret is shown this once.')
    .option('--description <TEXT>', 'What it is for.', '')
    .option('--expires <WHEN>', 'In 30d, in 12h, or at a time (2027-01-31T00:00:00Z).', (text) =>
      parseExpiry(text),
    )
    .option(
      '--pool <ID>',
      'Reach this identity pool only; give it again for more.',
      (id, before?: readonly string[]) => [...(before ?? []), id],
    )
    .option('--read-only', 'Call only operations that change nothing.')
    .addHelpText(
      'after',
      `
Examples:
  holdall keys create --description 'billing backend' --expires 90d
  holdall keys create --description dashboard --read-only
  holdall keys create --pool us-east-1:7a1f… --pool us-east-1:90bc… --json

A key without --pool reaches every pool. One with --pool may not call operations that name no pool,
but lists of pools, which show it its own.
`,
    )
    .action(async ({ description, expires, pool, readOnly, ...flags }: CreateFlags) => {
      const key = await administer(flags, (administration) =>
        administration.createKey({
          description,
          scope: { readOnly: readOnly ?? false, ...(pool && { poolIds: pool }) },
          ...(expires !== undefined && { expiresAt: expires }),
        }),
      );
      if (flags.json) {
        printJson({ secretAccessKey: key.secretAccessKey, ...jsonOf(key) });
        return;
      }
      print(
        facts([
          ['Access key id', key.accessKeyId],
          ['Secret', key.secretAccessKey],
          ['Reaches', scopeOf(key)],
          ['Expires', key.expiresAt === undefined ? 'never' : iso(key.expiresAt)],
        ]),
      );
      print('\nKeep the secret now: it is not shown again.');
    });
}

function listCommand(): Command {
  return administrationCommand('list', 'List all developer keys, without their secrets.')
    .addHelpText('after', '\nRoot credentials and keys given by HOLDALL_DEVELOPER_KEYS are not listed.\n')
    .action(async (flags: AdministrationFlags) => {
      const keys = await administer(flags, (administration) => administration.keys());
      if (flags.json) return printJson(keys.map(jsonOf));
      if (keys.length === 0) return print('There are no developer keys. `holdall keys create` makes one.');
      const heads = ['ACCESS KEY ID', 'STATE', 'REACHES', 'CREATED', 'EXPIRES', 'DESCRIPTION'];
      print(
        table(
          heads,
          keys.map((key) => [
            key.accessKeyId,
            key.state,
            scopeOf(key),
            iso(key.createdAt),
            key.expiresAt === undefined ? 'never' : iso(key.expiresAt),
            key.description,
          ]),
        ),
      );
    });
}

function revokeCommand(): Command {
  return administrationCommand('revoke <ID>', 'Revoke a developer key, for good.')
    .addHelpText(
      'after',
      `
Example:
  holdall keys revoke AKIA…

A running service refuses the key from its next request on. Revoking twice is revoking once.
`,
    )
    .action(async (id: string, flags: AdministrationFlags) => {
      const key = await administer(flags, (administration) => administration.revokeKey(id));
      if (flags.json) return printJson(jsonOf(key));
      print(`${key.accessKeyId} is revoked since ${iso(key.revokedAt ?? 0)}.`);
    });
}

function scopeOf({ scope }: ListedKey): string {
  const pools = scope.poolIds?.join(', ') ?? 'all pools';
  return scope.readOnly ? `${pools}, read-only` : pools;
}

/** As `--json` shows it, which is for programs: no member is ever taken away. */
function jsonOf(key: ListedKey) {
  return {
    accessKeyId: key.accessKeyId,
    description: key.description,
    state: key.state,
    pools: key.scope.poolIds ?? 'all',
    readOnly: key.scope.readOnly,
    createdAt: iso(key.createdAt),
    ...(key.expiresAt !== undefined && { expiresAt: iso(key.expiresAt) }),
    ...(key.revokedAt !== undefined && { revokedAt: iso(key.revokedAt) }),
  };
}
