import { type Command, InvalidArgumentError, Option } from 'commander';
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
import { table } from './table.ts';

/** `holdall deliveries`: what the service still has to send, and what it gave up. */
export function deliveriesCommand(): Command {
  return commandGroup(
    'deliveries',
    'Look at what is to be sent, and retry or drop what was given up, while the service runs or not.',
    [listCommand(), retryCommand(), dropCommand()],
  );
}

interface ListFlags extends AdministrationFlags {
  readonly limit: number;
  readonly after?: number;
}

function listCommand(): Command {
  return administrationCommand('list', 'List what is queued for each destination, and the dead letters.')
    .option('--limit <N>', 'At most so many dead letters.', parseNumber, 100)
    .option('--after <ID>', 'Dead letters that come after this one.', parseNumber)
    .addHelpText(
      'after',
      `
Examples:
  holdall deliveries list
  holdall deliveries list --limit 1000 --after 4711 --json

A destination is a stream by its name, or a push platform. A dead letter is a delivery that was refused or
failed too often; --json shows what it was to say.
`,
    )
    .action(async ({ limit, after, ...flags }: ListFlags) => {
      const page = { limit, ...(after !== undefined && { after }) };
      const { backlog, letters } = await administer(flags, async (administration) => ({
        backlog: await administration.backlog(),
        letters: await administration.deadLetters(page),
      }));
      if (flags.json) {
        return printJson({
          destinations: backlog.map(({ oldestAt, readyAt, ...entry }) => ({
            ...entry,
            ...(oldestAt !== undefined && { oldest: iso(oldestAt) }),
            ...(readyAt !== undefined && { nextTry: iso(readyAt) }),
          })),
          deadLetters: letters.map(({ payload, queuedAt, diedAt, ...letter }) => ({
            ...letter,
            queuedAt: iso(queuedAt),
            diedAt: iso(diedAt),
            message: JSON.parse(payload),
          })),
        });
      }
      if (backlog.length === 0) return print('Nothing is queued, and nothing was given up.');
      print(
        table(
          ['KIND', 'DESTINATION', 'QUEUED', 'OLDEST', 'NEXT TRY', 'DEAD'],
          backlog.map(({ kind, destination, queued, oldestAt, readyAt, dead }) => [
            kind,
            destination,
            String(queued),
            oldestAt === undefined ? '' : iso(oldestAt),
            nextTry(queued, readyAt),
            String(dead),
          ]),
        ),
      );
      if (letters.length === 0) return;
      print('');
      print(
        table(
          ['DEAD LETTER', 'KIND', 'DESTINATION', 'LANE', 'GIVEN UP', 'REASON'],
          letters.map(({ id, kind, destination, lane, diedAt, reason }) => [
            String(id),
            kind,
            destination,
            lane,
            iso(diedAt),
            reason,
          ]),
        ),
      );
    });
}

function nextTry(queued: number, readyAt: number | undefined): string {
  if (readyAt !== undefined) return iso(readyAt);
  return queued === 0 ? '' : 'held';
}

interface RetryFlags extends AdministrationFlags {
  readonly all?: true;
}

function retryCommand(): Command {
  return administrationCommand('retry [ID...]', 'Send dead letters again, behind what is queued already.')
    .option('--all', 'All dead letters.')
    .addHelpText(
      'after',
      `
Examples:
  holdall deliveries retry 4711 4712
  holdall deliveries retry --all

A running service notices within half a minute.
`,
    )
    .action(async (ids: readonly string[], { all, ...flags }: RetryFlags) => {
      const chosen = choose(ids, all);
      const retried = await administer(flags, (administration) => administration.retryDeadLetters(chosen));
      if (flags.json) return printJson({ retried });
      print(`${retried} of the dead letters ${retried === 1 ? 'is' : 'are'} queued again.`);
    });
}

interface DropFlags extends RetryFlags {
  readonly queued?: string;
  readonly kind: 'stream' | 'push';
  readonly yes?: true;
}

function dropCommand(): Command {
  return administrationCommand(
    'drop [ID...]',
    'Forget dead letters, or all that is queued for a destination.',
  )
    .option('--all', 'All dead letters.')
    .option('--queued <DESTINATION>', 'Instead of dead letters, what is queued for this destination.')
    .addOption(
      new Option('--kind <KIND>', 'The kind of that destination.')
        .choices(['stream', 'push'])
        .default('stream'),
    )
    .option('--yes', 'Do not ask.')
    .addHelpText(
      'after',
      `
Examples:
  holdall deliveries drop 4711
  holdall deliveries drop --all --yes
  holdall deliveries drop --queued old-stream
`,
    )
    .action(async (ids: readonly string[], { all, queued, kind, yes, ...flags }: DropFlags) => {
      if (queued !== undefined && (all || ids.length > 0)) {
        throw new Error('Give either dead letters or --queued.');
      }
      const chosen = queued === undefined ? choose(ids, all) : undefined;
      const what = queued === undefined ? 'dead letters' : `what is queued for the ${kind} '${queued}'`;
      if (!yes) await confirm(`This forgets ${what}, for good.`);
      const dropped = await administer(flags, (administration) =>
        queued === undefined
          ? administration.dropDeadLetters(chosen)
          : administration.dropQueued(kind, queued),
      );
      if (flags.json) return printJson({ dropped });
      print(`${dropped} ${dropped === 1 ? 'delivery is' : 'deliveries are'} forgotten.`);
    });
}

/** Undefined for all. */
function choose(ids: readonly string[], all: true | undefined): readonly number[] | undefined {
  if (all ? ids.length > 0 : ids.length === 0) throw new Error('Give ids of dead letters, or --all.');
  return all ? undefined : ids.map(parseNumber);
}

function parseNumber(text: string): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(value)) {
    throw new InvalidArgumentError(`'${text}' is not a whole number.`);
  }
  return value;
}
