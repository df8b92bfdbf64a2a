import { dirname, resolve } from 'node:path';
import { publicUrlProblem } from './configuration/public-url.ts';
import { readSettings, SettingsError } from './configuration/read-settings.ts';
import { dataFiles } from './data-files.ts';
import { openReceivers, ReceiverSettingsError } from './open-receivers.ts';

export interface SettingsCheckOptions {
  readonly data: string;
  /** As in the server's configuration. */
  readonly config?: string;
  /** What the server will listen on. */
  readonly host: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/** One receiver of the configuration file. */
export interface CheckedReceiver {
  /** Its place in the file, such as `streams['changes']`. */
  readonly place: string;
  readonly type: string;
  /** Finds out whether it can be reached. @throws Error saying why it cannot */
  probe(signal: AbortSignal): Promise<void>;
}

/** A configuration file without mistakes. Its owner closes it. */
export interface CheckedSettings {
  readonly file: string;
  readonly receivers: readonly CheckedReceiver[];
  /** What the server would start with, and yet should not be so; undefined when there is nothing. */
  readonly warning: string | undefined;
  close(): Promise<void>;
}

/** Checks take notice of what they are told; there is no log. */
const noLogger = { error: () => {}, info: () => {}, debug: () => {} };

/**
 * Reads the configuration file as the server does at its start.
 *
 * @throws SettingsError telling everything that is wrong
 */
export async function checkSettings(options: SettingsCheckOptions): Promise<CheckedSettings> {
  const file = resolve(options.config ?? dataFiles(resolve(options.data)).settings);
  const settings = await readSettings(file, options.config !== undefined);
  const { environment } = options;
  const needs = { environment, directory: dirname(file), logger: noLogger, now: Date.now };
  try {
    const receivers = await openReceivers(settings, needs);
    const { syncTrigger, streamTargets, pushTargets } = receivers;
    return {
      file,
      receivers: [
        ...Object.entries(settings.functions ?? {}).map(([arn, { type }]) => ({
          place: `functions['${arn}']`,
          type,
          probe: (signal: AbortSignal) => syncTrigger.probe(arn, signal),
        })),
        ...Object.entries(settings.streams ?? {}).map(([name, { type }]) => ({
          place: `streams['${name}']`,
          type,
          probe: async (signal: AbortSignal) => await streamTargets.get(name)?.probe(signal),
        })),
        ...Object.entries(settings.push ?? {}).map(([arn, { type }]) => ({
          place: `push['${arn}']`,
          type,
          probe: async (signal: AbortSignal) => await pushTargets.get(arn)?.probe(signal),
        })),
      ],
      warning: publicUrlProblem(settings, options.host),
      close: () => receivers.close(),
    };
  } catch (error) {
    if (!(error instanceof ReceiverSettingsError)) throw error;
    const problems = error.message.split('\n').map((one) => `  ${one}`);
    throw new SettingsError([`${file} cannot be used:`, ...problems].join('\n'), { cause: error });
  }
}
