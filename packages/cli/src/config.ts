import { existsSync } from 'node:fs';
import { type CheckedReceiver, checkSettings } from '@holdall/server';
import { Command, Option } from 'commander';
import { commandGroup, print, printJson } from './administer.ts';

/** `holdall config`: the configuration file, before the service is started with it. */
export function configCommand(): Command {
  return commandGroup('config', 'Check the configuration file.', [checkCommand()]);
}

interface CheckFlags {
  readonly data: string;
  readonly config?: string;
  readonly host: string;
  readonly probe?: true;
  readonly json?: true;
}

/** More than any receiver takes that can be used. */
const probeLimitMs = 15_000;

function checkCommand(): Command {
  return new Command('check')
    .description(
      'Tell everything that is wrong with the configuration file; with --probe, try its receivers.',
    )
    .showHelpAfterError(true)
    .addOption(
      new Option('--data <DIR>', 'The data directory of the service.')
        .env('HOLDALL_DATA')
        .default('./holdall-data'),
    )
    .addOption(
      new Option('--config <FILE>', 'The file; holdall.config.json in the data directory unless given.').env(
        'HOLDALL_CONFIG',
      ),
    )
    .addOption(
      new Option('--host <H>', 'The address that the service listens on.')
        .env('HOLDALL_HOST')
        .default('127.0.0.1'),
    )
    .option('--probe', 'Find out whether each receiver can be reached with what is configured.')
    .option('--json', 'Answer in JSON.')
    .addHelpText(
      'after',
      `
Examples:
  holdall config check
  holdall config check --config ./holdall.config.json --probe

Secrets that the file takes from the environment must be set as for the service. A probe sends no changes, and
does not run functions where that can be avoided. The exit code is 1 if anything is wrong.
`,
    )
    .action(async ({ data, config, host, probe, json }: CheckFlags) => {
      const options = { data, host, environment: process.env, ...(config !== undefined && { config }) };
      const checked = await checkSettings(options);
      const { file, warning } = checked;
      try {
        if (!json) {
          const is = existsSync(file) ? 'is in order' : 'is not there';
          print(`${file} ${is}: ${counted(checked.receivers.length)}.`);
        }
        if (!json && warning !== undefined) print(`Warning: ${warning}`);
        const results = probe ? await probeAll(checked.receivers, json) : [];
        if (json) printJson({ file, receivers: checked.receivers.length, warning, probes: results });
        if (results.some(({ problem }) => problem !== undefined)) process.exitCode = 1;
      } finally {
        await checked.close();
      }
    });
}

interface Probed {
  readonly place: string;
  readonly type: string;
  readonly milliseconds: number;
  /** Absent when it can be reached. */
  readonly problem?: string;
}

/** One after the other, each told as it ends. */
async function probeAll(
  receivers: readonly CheckedReceiver[],
  quiet: true | undefined,
): Promise<readonly Probed[]> {
  const results: Probed[] = [];
  for (const [index, receiver] of receivers.entries()) {
    const { place, type } = receiver;
    if (!quiet) process.stdout.write(`[${index + 1}/${receivers.length}] ${place} (${type}) … `);
    const began = performance.now();
    const problem = await problemOf(receiver);
    const milliseconds = Math.round(performance.now() - began);
    if (!quiet) print(problem === undefined ? `reached in ${milliseconds} ms` : `failed: ${problem}`);
    results.push({ place, type, milliseconds, ...(problem !== undefined && { problem }) });
  }
  return results;
}

async function problemOf(receiver: CheckedReceiver): Promise<string | undefined> {
  try {
    await receiver.probe(AbortSignal.timeout(probeLimitMs));
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function counted(receivers: number): string {
  if (receivers === 0) return 'it names no receiver, and nothing is sent';
  return receivers === 1 ? 'one receiver' : `${receivers} receivers`;
}
