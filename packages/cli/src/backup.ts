import { backupData } from '@holdall/server';
import { Command, Option } from 'commander';

/** `holdall backup`: works while the service runs. */
export function backupCommand(): Command {
  return new Command('backup')
    .description('Copy the database to a file, while the service runs or not.')
    .addOption(
      new Option('--data <DIR>', 'The data directory of the service.')
        .env('HOLDALL_DATA')
        .default('./holdall-data'),
    )
    .requiredOption('--to <FILE>', 'The file to write; it must not exist.')
    .addHelpText(
      'after',
      '\nTo restore: stop the service, put the file in place of holdall.db in the data directory (remove\nholdall.db-wal and holdall.db-shm), start the service. Keep the private files beside it safe as\nwell: without keys.json, credentials given out before are refused and clients fetch new ones; without\nsecrets.json, developer keys no longer work and have to be made anew.\n',
    )
    .action(async ({ data, to }: { data: string; to: string }) => {
      await backupData(data, to);
      process.stdout.write(`holdall: ${to} written\n`);
    });
}
