import { readFileSync } from 'node:fs';
import { type ListedPool, options } from '@holdall/server';
import { type Command, Option } from 'commander';
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
import { facts, table, visible } from './table.ts';

/** `holdall pools`: identity pools without any SDK. */
export function poolsCommand(): Command {
  return commandGroup('pools', 'Create, look at and delete identity pools, while the service runs or not.', [
    createCommand(),
    listCommand(),
    showCommand(),
    deleteCommand(),
  ]);
}

interface CreateFlags extends AdministrationFlags {
  readonly guests?: true;
  readonly settings?: string;
  readonly region: string;
}

function createCommand(): Command {
  return administrationCommand('create <NAME>', 'Create an identity pool.')
    .option('--guests', 'Admit guests: anyone may have an identity without signing in.')
    .option('--settings <FILE>', 'More members of CreateIdentityPool, as JSON.')
    .addOption(regionOption())
    .addHelpText(
      'after',
      `
Examples:
  holdall pools create demo --guests
  holdall pools create shop --settings shop.json

where shop.json might say:
  {
    "DeveloperProviderName": "login.shop.example",
    "SupportedLoginProviders": { "accounts.google.com": "123.apps.googleusercontent.com" }
  }
`,
    )
    .action(async (name: string, { guests, settings, region, ...flags }: CreateFlags) => {
      const members = {
        AllowUnauthenticatedIdentities: guests ?? false,
        ...(settings !== undefined && readSettings(settings)),
        ...(guests && { AllowUnauthenticatedIdentities: true }),
        IdentityPoolName: name,
      };
      const pool = await administer(flags, (administration) => administration.createPool(members, region));
      if (flags.json) return printJson({ IdentityPoolId: pool.id, ...pool.settings });
      print(pool.id);
    });
}

/** The service's own setting, so that it is checked and explained once. */
function regionOption(): Option {
  const setting = options.find(({ name }) => name === 'region');
  if (!setting) throw new Error('There is no setting of that name.');
  const option = new Option('--region <R>', setting.doc).env(setting.variable);
  return option
    .argParser((text) => {
      try {
        return String(setting.parse(text));
      } catch (error) {
        throw new Error(`--region must be ${(error as Error).message}, not '${text}'.`, { cause: error });
      }
    })
    .default(setting.defaultText);
}

function readSettings(file: string): object {
  const text = readFileSync(file, 'utf8');
  let settings: unknown;
  try {
    settings = JSON.parse(text);
  } catch (cause) {
    throw new Error(`${file} is not JSON: ${(cause as Error).message}`, { cause });
  }
  if (typeof settings === 'object' && settings !== null && !Array.isArray(settings)) return settings;
  throw new Error(`${file} must hold a JSON object with members of CreateIdentityPool.`);
}

function listCommand(): Command {
  return administrationCommand('list', 'List all identity pools and what they store.').action(
    async (flags: AdministrationFlags) => {
      const pools = await administer(flags, (administration) => administration.pools());
      if (flags.json) return printJson(pools.map(jsonOf));
      if (pools.length === 0) return print('There are no identity pools. `holdall pools create` makes one.');
      print(
        table(
          ['IDENTITY POOL ID', 'GUESTS', 'BYTES', 'LAST CHANGE', 'NAME'],
          pools.map(({ pool, usage }) => [
            pool.id,
            pool.settings.AllowUnauthenticatedIdentities ? 'yes' : 'no',
            String(usage.storageBytes),
            iso(usage.lastModifiedAt),
            pool.settings.IdentityPoolName,
          ]),
        ),
      );
    },
  );
}

function showCommand(): Command {
  return administrationCommand('show <ID>', 'Show the settings of an identity pool.').action(
    async (id: string, flags: AdministrationFlags) => {
      const listed = await administer(flags, (administration) => administration.pool(id));
      if (flags.json) return printJson(jsonOf(listed));
      const { pool, usage } = listed;
      print(
        facts([
          ['IdentityPoolId', pool.id],
          ...Object.entries(pool.settings).map(
            ([name, value]) =>
              [name, typeof value === 'object' ? JSON.stringify(value) : String(value)] as const,
          ),
          ['Created', iso(pool.createdAt)],
          ['Last change', iso(usage.lastModifiedAt)],
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
  return administrationCommand('delete <ID>', 'Delete an identity pool and all in it, for good.')
    .option('--yes', 'Do not ask.')
    .addHelpText('after', '\nExample:\n  holdall pools delete us-east-1:7a1f… --yes\n')
    .action(async (id: string, { yes, ...flags }: DeleteFlags) => {
      await administer(flags, async (administration) => {
        const { pool, usage } = await administration.pool(id);
        const name = visible(pool.settings.IdentityPoolName);
        if (!yes) {
          await confirm(
            `This deletes the pool '${name}' (${pool.id}) with its identities and their ${usage.storageBytes} bytes, for good.`,
          );
        }
        await administration.deletePool(id);
      });
      if (flags.json) return printJson({ IdentityPoolId: id });
      print(`${id} is deleted.`);
    });
}

/** As `--json` shows it, in the API's words where it has some. */
function jsonOf({ pool, usage }: ListedPool) {
  return {
    IdentityPoolId: pool.id,
    ...pool.settings,
    CreationDate: iso(pool.createdAt),
    LastModifiedDate: iso(usage.lastModifiedAt),
    DataStorage: usage.storageBytes,
  };
}
