import { userInfo } from 'node:os';
import { Administration } from '@holdall/server';
import { Command, Option } from 'commander';

/** What every command that works on a data directory is given. */
export interface AdministrationFlags {
  readonly data: string;
  readonly auditLog: string;
  readonly json?: true;
}

/** A command with those flags, from its name and what follows it: `revoke <ID>`. */
export function administrationCommand(usage: string, description: string): Command {
  const [name, ...places] = usage.split(' ');
  const command = new Command(name);
  for (const place of places) command.argument(place);
  return command
    .description(description)
    .showHelpAfterError(true)
    .addOption(
      new Option('--data <DIR>', 'The data directory of the service.')
        .env('HOLDALL_DATA')
        .default('./holdall-data'),
    )
    .addOption(
      new Option('--audit-log <FILE>', "The service's audit log, from the data directory; - is stderr.")
        .env('HOLDALL_AUDIT_LOG')
        .default('audit.log'),
    )
    .option('--json', 'Answer in JSON.');
}

/** A command that only holds others. */
export function commandGroup(name: string, description: string, commands: readonly Command[]): Command {
  const group = new Command(name).description(description).showHelpAfterError(true);
  for (const command of commands) group.addCommand(command);
  return group;
}

/** Opens the data directory for the time of `work`. */
export async function administer<Result>(
  { data, auditLog }: AdministrationFlags,
  work: (administration: Administration) => Promise<Result>,
): Promise<Result> {
  await using administration = await Administration.open({ data, auditLog, operator: operator() });
  return await work(administration);
}

/** The name of the account, or its number where it has none, as in many containers. */
function operator(): string {
  try {
    return userInfo().username;
  } catch {
    return `uid ${process.getuid?.() ?? 'unknown'}`;
  }
}

export function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

export function printJson(value: unknown): void {
  print(JSON.stringify(value, null, 2));
}

/** Instants are numbers inside, and texts for everyone else. */
export function iso(instant: number): string {
  return new Date(instant).toISOString();
}
