import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { readSecret, type Secret } from '../configuration/secret.ts';
import { receiverUrl } from '../outgoing/receiver-url.ts';
import type { Logger } from '../ports/logger.ts';
import type { SyncTrigger } from '../ports/sync-trigger.ts';
import { FunctionTable, type TableEntry } from './function-table.ts';
import { HttpFunction } from './http-function.ts';
import { LambdaFunction } from './lambda-function.ts';
import { ModuleFunction } from './module-function.ts';
import type {
  FunctionSettings,
  HttpFunctionSettings,
  LambdaFunctionSettings,
  ModuleFunctionSettings,
} from './settings.ts';
import type { TriggerFunction } from './trigger-function.ts';

export { FunctionSettings } from './settings.ts';

export interface SyncTriggerOptions {
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** What paths of modules are relative to. */
  readonly directory: string;
  readonly logger: Logger;
}

/** Settings of a function that cannot be used. The message names it and says what is wrong. */
export class FunctionSettingsError extends Error {
  override readonly name = 'FunctionSettingsError';
}

const usualConcurrency = 32;
const usualThreads = 2;
const usualMemoryMb = 128;
const mostOutputCharacters = 4096;

/**
 * Opens the functions that pools may name. Nothing is connected to or run before the first event.
 *
 * @param settingsByArn each of the form of `FunctionSettings`
 * @throws FunctionSettingsError
 */
export function openSyncTriggers(
  settingsByArn: Readonly<Record<string, FunctionSettings>>,
  options: SyncTriggerOptions,
): SyncTrigger {
  const entries = Object.entries(settingsByArn).map(([functionArn, settings]): [string, TableEntry] => {
    try {
      const concurrency = settings.concurrency ?? usualConcurrency;
      return [functionArn, { function: openFunction(functionArn, settings, options), concurrency }];
    } catch (cause) {
      throw new FunctionSettingsError(`functions['${functionArn}']: ${(cause as Error).message}`, { cause });
    }
  });
  return new FunctionTable(new Map(entries), options.logger);
}

function openFunction(
  functionArn: string,
  settings: FunctionSettings,
  options: SyncTriggerOptions,
): TriggerFunction {
  switch (settings.type) {
    case 'lambda':
      return openLambda(functionArn, settings, options);
    case 'http':
      return openHttp(settings, options);
    case 'module':
      return openModule(functionArn, settings, options);
  }
}

function openLambda(
  functionArn: string,
  { functionName = functionArn, region, endpoint, allowPlainHttp, credentials }: LambdaFunctionSettings,
  { environment }: SyncTriggerOptions,
): LambdaFunction {
  const chosenRegion = region ?? regionIn(functionName) ?? regionIn(functionArn);
  if (chosenRegion === undefined) {
    throw new Error('region must be given, as the function is not named by the ARN of a Lambda function.');
  }
  return new LambdaFunction({
    functionName,
    region: chosenRegion,
    endpoint: endpoint === undefined ? undefined : receiverUrl(endpoint, allowPlainHttp).href,
    credentials: credentials && {
      accessKeyId: readSecret(credentials.accessKeyId, environment),
      secretAccessKey: readSecret(credentials.secretAccessKey, environment),
      ...(credentials.sessionToken !== undefined && {
        sessionToken: readSecret(credentials.sessionToken, environment),
      }),
    },
  });
}

function regionIn(functionArn: string): string | undefined {
  return /^arn:[\w-]+:lambda:([a-z0-9-]+):/.exec(functionArn)?.[1];
}

function openHttp(
  { url, allowPlainHttp, secret }: HttpFunctionSettings,
  { environment }: SyncTriggerOptions,
): HttpFunction {
  return new HttpFunction({
    url: receiverUrl(url, allowPlainHttp),
    secret: secret === undefined ? undefined : headerSecret(secret, environment),
  });
}

function headerSecret(secret: Secret, environment: SyncTriggerOptions['environment']): string {
  const text = readSecret(secret, environment);
  if (!/^[\x21-\x7e]{16,256}$/.test(text)) {
    throw new Error('secret must be 16 to 256 visible characters without spaces.');
  }
  return text;
}

function openModule(
  functionArn: string,
  { path, threads = usualThreads, memoryMb = usualMemoryMb, environment = {} }: ModuleFunctionSettings,
  options: SyncTriggerOptions,
): ModuleFunction {
  const file = resolve(options.directory, path);
  if (!statSync(file, { throwIfNoEntry: false })?.isFile())
    throw new Error(`path: there is no file ${file}.`);
  return new ModuleFunction({
    module: pathToFileURL(file).href,
    functionArn,
    threads,
    memoryMb,
    environment: Object.fromEntries(
      Object.entries(environment).map(([name, secret]) => [name, readSecret(secret, options.environment)]),
    ),
    onOutput: (text) =>
      options.logger.debug({ functionArn, text: text.slice(0, mostOutputCharacters) }, 'function printed'),
  });
}
