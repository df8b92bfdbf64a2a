import { Command, CommanderError } from 'commander';
import { backupCommand } from './backup.ts';
import { bulkPublishCommand } from './bulk-publish.ts';
import { configCommand } from './config.ts';
import { deliveriesCommand } from './deliveries.ts';
import { identitiesCommand } from './identities.ts';
import { keysCommand } from './keys.ts';
import { poolsCommand } from './pools.ts';
import { serveCommand } from './serve.ts';

/** Runs the command that the arguments name, and sets the exit code. */
export async function runProgram(): Promise<void> {
  const program = new Command('holdall')
    .description('Holdall: a self-hosted, wire-compatible Amazon Cognito Sync.')
    .showHelpAfterError('(holdall --help says what there is)')
    .addCommand(serveCommand())
    .addCommand(backupCommand())
    .addCommand(keysCommand())
    .addCommand(poolsCommand())
    .addCommand(identitiesCommand())
    .addCommand(deliveriesCommand())
    .addCommand(bulkPublishCommand())
    .addCommand(configCommand());
  throwInsteadOfExit(program);
  try {
    await program.parseAsync();
  } catch (error) {
    // Commander has printed its own already.
    if (!(error instanceof CommanderError)) process.stderr.write(`holdall: ${(error as Error).message}\n`);
    process.exitCode = error instanceof CommanderError ? error.exitCode : 1;
  }
}

function throwInsteadOfExit(command: Command): void {
  command.exitOverride();
  for (const inner of command.commands) throwInsteadOfExit(inner);
}
