import { isIP } from 'node:net';
import { accessKeyIdForm, parseDeveloperKeys, secretForm } from './developer-keys-setting.ts';
import type { GivenKey } from './domain/developer-key.ts';
import { originalIssuer } from './domain/open-id-issuer.ts';
import { defaultQuotas } from './domain/quotas.ts';

/** Everything that can be set from outside. */
export interface ServerConfig {
  readonly host: string;
  readonly port: number;
  /** Directory for the database, the keys and the generated credentials. */
  readonly data: string;
  readonly region: string;
  /** Twelve digits, as they appear in ARNs and in LastModifiedBy. */
  readonly accountId: string;
  readonly accessKeyId?: string;
  readonly secretAccessKey?: string;
  readonly developerKeys?: readonly GivenKey[];
  readonly logLevel: LogLevel;
  /** From the data directory; `-` is stderr. */
  readonly auditLog: string;
  readonly datasetsPerIdentity: number;
  readonly recordsPerDataset: number;
  readonly bytesPerDataset: number;
  readonly liveListenersPerIdentity: number;
  readonly liveListeners: number;
  readonly liveHeartbeatSeconds: number;
  /** The `iss` of our OpenID tokens. */
  readonly issuer: string;
  /** A file; `login-providers.json` in the data directory when absent. */
  readonly loginProviders?: string;
  /** A file; `holdall.config.json` in the data directory when absent. */
  readonly config?: string;
}

export type LogLevel = 'debug' | 'info' | 'error' | 'silent';

/** One setting: its flag, its variable, its default, and how text becomes its value. */
export interface Option {
  readonly name: keyof ServerConfig;
  /** Absent for secrets, which must not appear in a process list. */
  readonly flag?: string;
  readonly variable: string;
  readonly placeholder: string;
  readonly defaultText?: string;
  readonly doc: string;
  /** @throws Error saying what is wanted */
  readonly parse: (text: string) => Setting;
}

type Setting = string | number | readonly GivenKey[];

const wholeNumber = (least: number, most: number) => (text: string) => {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < least || value > most) {
    throw new Error(`a whole number from ${least} to ${most}`);
  }
  return value;
};

const matching = (pattern: RegExp, wanted: string) => (text: string) => {
  if (!pattern.test(text)) throw new Error(wanted);
  return text;
};

const host = (text: string) => {
  if (isIP(text) === 0 && !/^[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?$/.test(text)) {
    throw new Error('an IP address or a host name');
  }
  return text;
};

/** A URL to which paths can be appended. */
const issuer = (text: string) => {
  const url = URL.parse(text);
  const isPlain =
    url !== null && url.href.replace(/\/$/, '') === text && url.search === '' && url.hash === '';
  const isOnThisMachine = url !== null && /^(?:localhost|127\.0\.0\.1|\[::1\])$/.test(url.hostname);
  if (!isPlain || !(url.protocol === 'https:' || (url.protocol === 'http:' && isOnThisMachine))) {
    throw new Error('an https URL without a slash at its end, or http on this machine');
  }
  return text;
};

const quota = wholeNumber(1, 2_147_483_647);

/** All settings. Flags, variables, `--help` and docs/reference/configuration.md follow from this table. */
export const options: readonly Option[] = [
  {
    name: 'host',
    flag: '--host',
    variable: 'HOLDALL_HOST',
    placeholder: 'H',
    defaultText: '127.0.0.1',
    doc: 'Address to listen on. 0.0.0.0 listens on all: put TLS in front.',
    parse: host,
  },
  {
    name: 'port',
    flag: '--port',
    variable: 'HOLDALL_PORT',
    placeholder: 'N',
    defaultText: '8787',
    doc: 'Port to listen on; 0 takes a free one.',
    parse: wholeNumber(0, 65_535),
  },
  {
    name: 'data',
    flag: '--data',
    variable: 'HOLDALL_DATA',
    placeholder: 'DIR',
    defaultText: './holdall-data',
    doc: 'Directory for the database, keys and generated credentials; made if missing.',
    parse: matching(/./, 'a directory'),
  },
  {
    name: 'region',
    flag: '--region',
    variable: 'HOLDALL_REGION',
    placeholder: 'R',
    defaultText: 'us-east-1',
    doc: 'AWS region that clients sign for and that ids begin with.',
    parse: matching(/^[a-z]{2}(-[a-z]+)+-\d$/, 'an AWS region such as eu-central-1'),
  },
  {
    name: 'accountId',
    flag: '--account-id',
    variable: 'HOLDALL_ACCOUNT_ID',
    placeholder: 'N',
    defaultText: '000000000000',
    doc: 'Twelve-digit account id, seen in LastModifiedBy.',
    parse: matching(/^\d{12}$/, 'twelve digits'),
  },
  {
    name: 'logLevel',
    flag: '--log-level',
    variable: 'HOLDALL_LOG_LEVEL',
    placeholder: 'LEVEL',
    defaultText: 'info',
    doc: 'debug (every request), info, error or silent. Logs are JSON lines on stderr.',
    parse: matching(/^(debug|info|error|silent)$/, 'debug, info, error or silent'),
  },
  {
    name: 'auditLog',
    flag: '--audit-log',
    variable: 'HOLDALL_AUDIT_LOG',
    placeholder: 'FILE',
    defaultText: 'audit.log',
    doc: 'File that audit lines are appended to, from the data directory unless absolute; - is stderr.',
    parse: matching(/./, 'a file, or -'),
  },
  {
    name: 'datasetsPerIdentity',
    flag: '--datasets-per-identity',
    variable: 'HOLDALL_DATASETS_PER_IDENTITY',
    placeholder: 'N',
    defaultText: String(defaultQuotas.datasetsPerIdentity),
    doc: 'Most datasets of one identity.',
    parse: quota,
  },
  {
    name: 'recordsPerDataset',
    flag: '--records-per-dataset',
    variable: 'HOLDALL_RECORDS_PER_DATASET',
    placeholder: 'N',
    defaultText: String(defaultQuotas.recordsPerDataset),
    doc: 'Most records in one dataset.',
    parse: quota,
  },
  {
    name: 'bytesPerDataset',
    flag: '--bytes-per-dataset',
    variable: 'HOLDALL_BYTES_PER_DATASET',
    placeholder: 'N',
    defaultText: String(defaultQuotas.bytesPerDataset),
    doc: 'Most bytes of keys and values in one dataset.',
    parse: quota,
  },
  {
    name: 'liveListenersPerIdentity',
    flag: '--live-listeners-per-identity',
    variable: 'HOLDALL_LIVE_LISTENERS_PER_IDENTITY',
    placeholder: 'N',
    defaultText: '64',
    doc: 'Most streams of changes of one identity that are open at a time.',
    parse: wholeNumber(0, 1_000_000),
  },
  {
    name: 'liveListeners',
    flag: '--live-listeners',
    variable: 'HOLDALL_LIVE_LISTENERS',
    placeholder: 'N',
    defaultText: '50000',
    doc: 'Most streams of changes of all identities. Each takes a file descriptor: see `ulimit -n`.',
    parse: wholeNumber(0, 1_000_000),
  },
  {
    name: 'liveHeartbeatSeconds',
    flag: '--live-heartbeat-seconds',
    variable: 'HOLDALL_LIVE_HEARTBEAT_SECONDS',
    placeholder: 'S',
    defaultText: '25',
    doc: 'How often a stream without changes shows that it lives; less than what proxies in front allow.',
    parse: wholeNumber(1, 3_600),
  },
  {
    name: 'issuer',
    flag: '--issuer',
    variable: 'HOLDALL_ISSUER',
    placeholder: 'URL',
    defaultText: originalIssuer,
    doc: "Issuer of OpenID tokens. With this server's own URL others can find the keys to verify them.",
    parse: issuer,
  },
  {
    name: 'loginProviders',
    flag: '--login-providers',
    variable: 'HOLDALL_LOGIN_PROVIDERS',
    placeholder: 'FILE',
    doc: 'How logins of outside providers are verified; login-providers.json in the data directory when not given.',
    parse: matching(/./, 'a file'),
  },
  {
    name: 'config',
    flag: '--config',
    variable: 'HOLDALL_CONFIG',
    placeholder: 'FILE',
    doc: 'What the service sends to: functions, streams, push; holdall.config.json in the data directory when not given.',
    parse: matching(/./, 'a file'),
  },
  {
    name: 'accessKeyId',
    variable: 'HOLDALL_ACCESS_KEY_ID',
    placeholder: 'ID',
    doc: 'Root developer access key; generated into the data directory when not given.',
    parse: matching(accessKeyIdForm.pattern, accessKeyIdForm.wanted),
  },
  {
    name: 'secretAccessKey',
    variable: 'HOLDALL_SECRET_ACCESS_KEY',
    placeholder: 'SECRET',
    doc: 'Its secret; needed with HOLDALL_ACCESS_KEY_ID.',
    parse: matching(secretForm.pattern, secretForm.wanted),
  },
  {
    name: 'developerKeys',
    variable: 'HOLDALL_DEVELOPER_KEYS',
    placeholder: 'JSON',
    doc: 'More developer keys, beside those of `holdall keys`; they are revoked by taking them out.',
    parse: parseDeveloperKeys,
  },
];

/** A setting that is wrong. The message names it, says what was given and what is wanted. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

/**
 * Settings from flags, else from the environment, else from the defaults.
 *
 * @param flags values by option name, as they were typed
 * @throws ConfigError for a bad value, or for a `HOLDALL_` variable that nobody knows
 */
export function readConfig(
  flags: Readonly<Partial<Record<keyof ServerConfig, string>>>,
  environment: Readonly<Record<string, string | undefined>>,
): ServerConfig {
  refuseUnknownVariables(environment);
  const config: Record<string, Setting> = {};
  for (const option of options) {
    const flag = flags[option.name];
    const value = flag ?? environment[option.variable] ?? option.defaultText;
    if (value === undefined) continue;
    config[option.name] = parse(option, value, flag === undefined ? option.variable : (option.flag ?? ''));
  }
  if ((config.accessKeyId === undefined) !== (config.secretAccessKey === undefined)) {
    throw new ConfigError('HOLDALL_ACCESS_KEY_ID and HOLDALL_SECRET_ACCESS_KEY must be set together.');
  }
  const settings = config as unknown as ServerConfig;
  if (settings.developerKeys?.some((key) => key.accessKeyId === settings.accessKeyId)) {
    throw new ConfigError('HOLDALL_DEVELOPER_KEYS must not give HOLDALL_ACCESS_KEY_ID again.');
  }
  return settings;
}

function parse(option: Option, text: string, source: string): Setting {
  try {
    return option.parse(text);
  } catch (error) {
    // A secret is not repeated, whatever is wrong with it.
    const given = option.flag === undefined ? '' : `, not '${text}'`;
    throw new ConfigError(`${source} must be ${(error as Error).message}${given}.`);
  }
}

function refuseUnknownVariables(environment: Readonly<Record<string, string | undefined>>): void {
  const known = new Set(options.map((option) => option.variable));
  const unknown = Object.keys(environment).filter((name) => name.startsWith('HOLDALL_') && !known.has(name));
  if (unknown.length === 0) return;
  throw new ConfigError(`Unknown variable ${unknown.join(', ')}. Known are ${[...known].join(', ')}.`);
}
