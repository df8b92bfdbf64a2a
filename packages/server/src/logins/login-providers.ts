import { readFileSync } from 'node:fs';
import { isPrivateTransport } from '../outgoing/receiver-url.ts';

/** What `login-providers.json` says; docs/guides/login-providers.md describes it. */
export interface LoginProviders {
  /** By the name that `Logins` maps use. */
  readonly openIdConnect: ReadonlyMap<string, OpenIdConnectSettings>;
  readonly webhooks: ReadonlyMap<string, WebhookSettings>;
}

export interface OpenIdConnectSettings {
  /** Client ids that tokens may be for, where the pool itself has none for the provider. */
  readonly clientIds: readonly string[];
  /** The `iss` of its tokens, when that is not `https://` and the provider's name. */
  readonly issuer?: string;
  readonly allowPlainHttp: boolean;
}

export interface WebhookSettings {
  readonly url: string;
  readonly secret: string;
  readonly timeoutMs: number;
}

/** The file cannot be used. The message names it and says what is wrong. */
export class LoginProvidersError extends Error {
  override readonly name = 'LoginProvidersError';
}

const none: LoginProviders = { openIdConnect: new Map(), webhooks: new Map() };

/**
 * Reads the file; one that is not there says nothing, unless it was asked for by name.
 *
 * @throws LoginProvidersError
 */
export function readLoginProviders(file: string, mustExist: boolean): LoginProviders {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    if (!mustExist && (error as NodeJS.ErrnoException).code === 'ENOENT') return none;
    throw new LoginProvidersError(`${file} cannot be read: ${(error as Error).message}.`);
  }
  try {
    return parseLoginProviders(parseJson(text));
  } catch (error) {
    if (error instanceof Wrong) throw new LoginProvidersError(`${file}: ${error.message}.`);
    throw error;
  }
}

class Wrong extends Error {}

/** A parser's own message would quote the file, which holds secrets. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new Wrong('this is not JSON');
  }
}

function parseLoginProviders(value: unknown): LoginProviders {
  const { openIdConnect, webhooks } = members(value, 'the file', ['openIdConnect', 'webhooks']);
  const parsed = {
    openIdConnect: entries(openIdConnect, 'openIdConnect', parseOpenIdConnect),
    webhooks: entries(webhooks, 'webhooks', parseWebhook),
  };
  for (const name of parsed.webhooks.keys()) {
    if (parsed.openIdConnect.has(name)) throw new Wrong(`'${name}' is both in openIdConnect and in webhooks`);
  }
  return parsed;
}

function parseOpenIdConnect(value: unknown, path: string): OpenIdConnectSettings {
  const given = members(value, path, ['clientIds', 'issuer', 'allowPlainHttp']);
  const { clientIds = [], issuer, allowPlainHttp = false } = given;
  if (!Array.isArray(clientIds) || !clientIds.every((id) => isText(id, 256))) {
    throw new Wrong(`${path}.clientIds must be a list of texts`);
  }
  if (typeof allowPlainHttp !== 'boolean') throw new Wrong(`${path}.allowPlainHttp must be true or false`);
  return {
    clientIds,
    allowPlainHttp,
    ...(issuer !== undefined && { issuer: parseUrl(issuer, `${path}.issuer`, allowPlainHttp) }),
  };
}

const mostTimeoutMs = 30_000;

function parseWebhook(value: unknown, path: string): WebhookSettings {
  const given = members(value, path, ['url', 'secret', 'timeoutMs', 'allowPlainHttp']);
  const { url, secret, timeoutMs = 5000, allowPlainHttp = false } = given;
  if (typeof secret !== 'string' || !/^[\x21-\x7e]{16,256}$/.test(secret)) {
    throw new Wrong(`${path}.secret must be 16 to 256 visible characters without spaces`);
  }
  if (!Number.isInteger(timeoutMs) || Number(timeoutMs) < 1 || Number(timeoutMs) > mostTimeoutMs) {
    throw new Wrong(`${path}.timeoutMs must be a whole number from 1 to ${mostTimeoutMs}`);
  }
  if (typeof allowPlainHttp !== 'boolean') throw new Wrong(`${path}.allowPlainHttp must be true or false`);
  return { url: parseUrl(url, `${path}.url`, allowPlainHttp), secret, timeoutMs: Number(timeoutMs) };
}

function parseUrl(value: unknown, path: string, allowPlainHttp: boolean): string {
  const url = typeof value === 'string' ? URL.parse(value) : null;
  if (typeof value !== 'string' || !url || url.username !== '' || url.password !== '') {
    throw new Wrong(`${path} must be a URL without a user name`);
  }
  if (!isPrivateTransport(url) && !(allowPlainHttp && url.protocol === 'http:')) {
    throw new Wrong(`${path} must be https, or http on this machine, or allowPlainHttp must be true`);
  }
  // As it was written: an `iss` is compared letter by letter.
  return value;
}

function entries<Settings>(
  value: unknown,
  path: string,
  parse: (value: unknown, path: string) => Settings,
): ReadonlyMap<string, Settings> {
  const given = value === undefined ? {} : object(value, path);
  return new Map(
    Object.entries(given).map(([name, settings]) => {
      if (!isText(name, 128)) throw new Wrong(`a name in ${path} must have 1 to 128 characters`);
      if (name.includes('://'))
        throw new Wrong(`'${name}' in ${path} must be the name in Logins, without https://`);
      return [name, parse(settings, `${path}['${name}']`)];
    }),
  );
}

function members(value: unknown, path: string, known: readonly string[]): Readonly<Record<string, unknown>> {
  const given = object(value, path);
  const unknown = Object.keys(given).filter((name) => !known.includes(name));
  if (unknown.length > 0) {
    throw new Wrong(`${path} has the unknown member '${unknown[0]}'; known are ${known.join(', ')}`);
  }
  return given;
}

function object(value: unknown, path: string): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new Wrong(`${path} must be an object`);
  }
  return value as Readonly<Record<string, unknown>>;
}

function isText(value: unknown, most: number): value is string {
  return typeof value === 'string' && value !== '' && value.length <= most;
}
