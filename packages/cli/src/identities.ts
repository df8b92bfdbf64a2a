import type { ListedIdentity } from '@holdall/server';
import { type Command, InvalidArgumentError } from 'commander';
import {
  type AdministrationFlags,
  administer,
  administrationCommand,
  commandGroup,
  iso,
  print,
  printJson,
} from './administer.ts';
import { confirm } from './confirm.ts';
import { facts, table } from './table.ts';

type Identity = ListedIdentity['identity'];

/** `holdall identities`: the users of a pool without any SDK. */
export function identitiesCommand(): Command {
  return commandGroup('identities', 'Look at and delete identities, while the service runs or not.', [
    listCommand(),
    showCommand(),
    deleteCommand(),
  ]);
}

interface ListFlags extends AdministrationFlags {
  readonly limit: number;
  readonly after?: string;
  readonly hideDisabled?: true;
}

function listCommand(): Command {
  return administrationCommand('list <POOL>', 'List the identities of a pool, in the order of their ids.')
    .option('--limit <N>', 'At most so many.', parseLimit, 100)
    .option('--after <ID>', 'Those that come after this one.')
    .option('--hide-disabled', 'Without those that were merged into others or have lost their last login.')
    .addHelpText(
      'after',
      `
Examples:
  holdall identities list us-east-1:7a1f…
  holdall identities list us-east-1:7a1f… --limit 1000 --after us-east-1:90bc… --json
`,
    )
    .action(async (poolId: string, { limit, after, hideDisabled, ...flags }: ListFlags) => {
      const query = { poolId, limit, hideDisabled: hideDisabled ?? false, ...(after && { after }) };
      const identities = await administer(flags, (administration) => administration.identities(query));
      if (flags.json) return printJson(identities.map(jsonOf));
      const last = identities.at(-1);
      if (!last) return print('There are no identities here.');
      print(
        table(
          ['IDENTITY ID', 'STATE', 'CREATED', 'LAST CHANGE', 'LOGINS'],
          identities.map((identity) => [
            identity.id,
            stateOf(identity),
            iso(identity.createdAt),
            iso(identity.lastModifiedAt),
            providersOf(identity).join(', '),
          ]),
        ),
      );
      if (identities.length === limit) print(`\nThere may be more: --after ${last.id}`);
    });
}

function parseLimit(text: string): number {
  const limit = Number(text);
  if (/^\d+$/.test(text) && limit >= 1 && limit <= 100_000) return limit;
  throw new InvalidArgumentError('Give a whole number from 1 to 100000.');
}

function showCommand(): Command {
  return administrationCommand('show <ID>', 'Show an identity and how much it stores.').action(
    async (id: string, flags: AdministrationFlags) => {
      const { identity, usage } = await administer(flags, (administration) => administration.identity(id));
      if (flags.json) {
        printJson({
          ...jsonOf(identity),
          IdentityPoolId: identity.poolId,
          DatasetCount: usage.datasetCount,
          DataStorage: usage.storageBytes,
        });
        return;
      }
      print(
        facts([
          ['IdentityId', identity.id],
          ['IdentityPoolId', identity.poolId],
          ['State', stateOf(identity)],
          ['Logins', providersOf(identity).join(', ')],
          ['Created', iso(identity.createdAt)],
          ['Last change', iso(usage.lastModifiedAt)],
          ['Datasets', String(usage.datasetCount)],
          ['Bytes', String(usage.storageBytes)],
        ]),
      );
    },
  );
}

interface DeleteFlags extends AdministrationFlags {
  readonly yes?: true;
}

function deleteCommand(): Command {
  return administrationCommand('delete <ID...>', 'Delete identities and all that is theirs, for good.')
    .option('--yes', 'Do not ask.')
    .addHelpText('after', '\nExample:\n  holdall identities delete us-east-1:7a1f… --yes\n')
    .action(async (ids: readonly string[], { yes, ...flags }: DeleteFlags) => {
      await administer(flags, async (administration) => {
        let bytes = 0;
        for (const id of ids) bytes += (await administration.identity(id)).usage.storageBytes;
        const whom = ids.length === 1 ? `the identity ${ids[0]}` : `${ids.length} identities`;
        if (!yes) await confirm(`This deletes ${whom} with the ${bytes} bytes that they store, for good.`);
        await administration.deleteIdentities(ids);
      });
      if (flags.json) return printJson(ids.map((id) => ({ IdentityId: id })));
      for (const id of ids) print(`${id} is deleted.`);
    });
}

function stateOf({ disabled, mergedInto }: Identity): string {
  if (mergedInto !== undefined) return `merged into ${mergedInto}`;
  return disabled ? 'disabled' : 'enabled';
}

/** Names of providers, never of users. */
function providersOf({ logins }: Identity): readonly string[] {
  return [...new Set(logins.map(({ provider }) => provider))];
}

/** As `--json` shows it, in the API's words where it has some. */
function jsonOf(identity: Identity) {
  return {
    IdentityId: identity.id,
    Logins: providersOf(identity),
    Enabled: !identity.disabled,
    ...(identity.mergedInto !== undefined && { MergedInto: identity.mergedInto }),
    CreationDate: iso(identity.createdAt),
    LastModifiedDate: iso(identity.lastModifiedAt),
  };
}
