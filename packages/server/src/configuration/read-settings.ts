import { readFileSync } from 'node:fs';
import type { Settings } from './settings.ts';

/** The configuration file cannot be used. The message names it and tells everything that is wrong with it. */
export class SettingsError extends Error {
  override readonly name = 'SettingsError';
}

const mostBytes = 1_048_576;

/**
 * Reads the configuration file; one that is not there says nothing, unless it was asked for by name.
 *
 * @throws SettingsError
 */
export async function readSettings(file: string, mustExist: boolean): Promise<Settings> {
  const text = readText(file, mustExist);
  if (text === undefined) return {};
  const value = parseJson(file, text);
  // Schemas and what checks them take some 20 MB, which a server without a configuration file need not have in memory.
  const [{ Settings }, { problemsOf }] = await Promise.all([
    import('./settings.ts'),
    import('./problems.ts'),
  ]);
  const problems = problemsOf(Settings, value);
  if (problems.length > 0) {
    throw new SettingsError([`${file} cannot be used:`, ...problems.map((one) => `  ${one}`)].join('\n'));
  }
  return value as Settings;
}

function readText(file: string, mustExist: boolean): string | undefined {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (cause) {
    if (!mustExist && (cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new SettingsError(`${file} cannot be read: ${(cause as Error).message}.`, { cause });
  }
  if (text.length > mostBytes) throw new SettingsError(`${file} is longer than ${mostBytes} characters.`);
  return text;
}

function parseJson(file: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    // The parser's own message quotes the file, which may hold secrets; its position does not.
    const position = /position (\d+)/.exec((error as Error).message)?.[1];
    const before = text.slice(0, Number(position ?? 0)).split('\n');
    const where =
      position === undefined ? '' : ` (line ${before.length}, column ${(before.at(-1)?.length ?? 0) + 1})`;
    throw new SettingsError(`${file} is not JSON${where}.`);
  }
}
