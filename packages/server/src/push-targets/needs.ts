import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { readSecret, type Secret } from '../configuration/secret.ts';
import type { Logger } from '../ports/logger.ts';

/** What every target is opened with, beside its settings. */
export interface PushTargetNeeds {
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Where paths in the settings start: the folder of the configuration file. */
  readonly directory: string;
  readonly logger: Logger;
  /** `arn:aws:sns:<region>:<account>:app/<platform>/<name>` */
  readonly applicationArn: string;
  /** Epoch milliseconds. */
  readonly now: () => number;
}

/** Most milliseconds for one delivery, where the settings say nothing. */
export const usualTimeoutMs = 10_000;

/** @throws Error naming the file */
export function readFileOf(path: string, directory: string): string {
  const file = resolve(directory, path);
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new Error(`${file} cannot be read: ${(error as Error).message}.`);
  }
}

/**
 * A secret that may be given itself, or as a file.
 *
 * @param name what it is called in the settings; its file is `<name>File`
 * @throws Error naming the setting, the variable or the file
 */
export function readKey(
  name: string,
  given: { readonly secret: Secret | undefined; readonly file: string | undefined },
  needs: PushTargetNeeds,
): string {
  if ((given.secret === undefined) === (given.file === undefined)) {
    throw new Error(`Exactly one of ${name} and ${name}File must be given.`);
  }
  if (given.file !== undefined) return readFileOf(given.file, needs.directory);
  return readSecret(given.secret ?? '', needs.environment);
}
