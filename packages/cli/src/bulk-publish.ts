import { setTimeout as sleep } from 'node:timers/promises';
import type { Administration, ListedPool } from '@holdall/server';
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
import { facts } from './table.ts';

/** `holdall bulk-publish`: how far the service is with publishing all of a pool. */
export function bulkPublishCommand(): Command {
  return commandGroup('bulk-publish', 'Look at bulk publishes, which BulkPublish starts.', [statusCommand()]);
}

interface StatusFlags extends AdministrationFlags {
  readonly watch?: true;
}

const watchMs = 1_000;

function statusCommand(): Command {
  return administrationCommand('status <POOL>', "Show the state of a pool's last bulk publish.")
    .option('--watch', 'Go on showing it until it has ended. The exit code is 1 if it failed.')
    .addHelpText('after', '\nExample:\n  holdall bulk-publish status us-east-1:7a1f… --watch\n')
    .action(async (poolId: string, { watch, ...flags }: StatusFlags) => {
      await administer(flags, async (administration) => {
        const run = watch
          ? await watchRun(administration, poolId, flags.json)
          : (await administration.pool(poolId)).pool.bulkPublish;
        if (flags.json) return printJson(jsonOf(run));
        print(facts(lines(run)));
        if (watch && run?.status === 'FAILED') process.exitCode = 1;
      });
    });
}

type Run = ListedPool['pool']['bulkPublish'];

/** Shows every change until the run has ended. */
async function watchRun(
  administration: Administration,
  poolId: string,
  quiet: true | undefined,
): Promise<Run> {
  let shown: number | undefined;
  for (;;) {
    const run = (await administration.pool(poolId)).pool.bulkPublish;
    if (run?.status !== 'IN_PROGRESS') return run;
    const { published = 0 } = run;
    if (!quiet && published !== shown) print(`${published} datasets published`);
    shown = published;
    await sleep(watchMs);
  }
}

function lines(run: Run): readonly (readonly [string, string])[] {
  if (!run) return [['Status', 'NOT_STARTED']];
  return [
    ['Status', run.status],
    ['Stream', run.streamName ?? ''],
    ['Datasets', String(run.published ?? 0)],
    ['Started', iso(run.startedAt)],
    ...(run.completedAt === undefined ? [] : [['Completed', iso(run.completedAt)] as const]),
    ...(run.failureMessage === undefined ? [] : [['Failure', run.failureMessage] as const]),
  ];
}

/** In the API's words where it has some. */
function jsonOf(run: Run) {
  if (!run) return { BulkPublishStatus: 'NOT_STARTED' };
  return {
    BulkPublishStatus: run.status,
    BulkPublishStartTime: iso(run.startedAt),
    ...(run.completedAt !== undefined && { BulkPublishCompleteTime: iso(run.completedAt) }),
    ...(run.failureMessage !== undefined && { FailureMessage: run.failureMessage }),
    StreamName: run.streamName ?? '',
    PublishedDatasets: run.published ?? 0,
  };
}
