import { describe, expect, test } from 'vitest';
import { ConfigError, options, readConfig } from './config.ts';

const defaults = {
  host: '127.0.0.1',
  port: 8787,
  data: './holdall-data',
  region: 'us-east-1',
  accountId: '000000000000',
  logLevel: 'info',
  auditLog: 'audit.log',
  datasetsPerIdentity: 20,
  liveListenersPerIdentity: 64,
  liveListeners: 50_000,
  liveHeartbeatSeconds: 25,
  recordsPerDataset: 1024,
  bytesPerDataset: 1_048_576,
  issuer: 'https://cognito-identity.amazonaws.com',
};

/** The message with which settings are refused; undefined when they are not. */
function refusal(...given: Parameters<typeof readConfig>): string | undefined {
  try {
    readConfig(...given);
    return undefined;
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
}

describe('settings', () => {
  test('have defaults', () => {
    expect(readConfig({}, {})).toEqual(defaults);
  });

  test('come from flags, else from the environment, else from the defaults', () => {
    const environment = { HOLDALL_PORT: '1', HOLDALL_REGION: 'eu-central-1' };
    expect(readConfig({ port: '2' }, environment)).toEqual({ ...defaults, port: 2, region: 'eu-central-1' });
  });

  test('of every name can be set by its variable, and by its flag unless it is a secret', () => {
    const values = {
      host: '0.0.0.0',
      port: 0,
      data: '/var/lib/holdall',
      region: 'us-gov-west-1',
      accountId: '123456789012',
      logLevel: 'debug',
      auditLog: '/var/log/holdall/audit.log',
      datasetsPerIdentity: 1,
      liveListenersPerIdentity: 4,
      liveListeners: 5,
      liveHeartbeatSeconds: 6,
      recordsPerDataset: 2,
      bytesPerDataset: 3,
      issuer: 'https://sync.example.org/holdall',
      loginProviders: '/etc/holdall/login-providers.json',
      config: '/etc/holdall/holdall.config.json',
      accessKeyId: 'AKIAAAAAAAAAAAAAAAAA',
      secretAccessKey: 'a/secret+with=visible~characters',
      developerKeys: [
        {
          accessKeyId: 'AKIABBBBBBBBBBBBBBBB',
          secretAccessKey: 'another/secret+with=visible~characters',
          scope: { readOnly: false },
        },
      ],
    };
    expect(Object.keys(values).sort()).toEqual(options.map(({ name }) => name).sort());
    const variables = Object.fromEntries(
      options.map(({ name, variable }) => [variable, String(values[name])]),
    );
    const [{ scope: _, ...key } = { scope: undefined }] = values.developerKeys;
    variables.HOLDALL_DEVELOPER_KEYS = JSON.stringify([key]);
    expect(readConfig({}, variables)).toEqual(values);
    expect(options.filter(({ flag }) => flag === undefined).map(({ name }) => name)).toEqual([
      'accessKeyId',
      'secretAccessKey',
      'developerKeys',
    ]);
  });

  test('take only what begins with HOLDALL_ from the environment', () => {
    expect(readConfig({}, { PORT: '1', REGION: 'x', AWS_REGION: 'eu-west-1' })).toEqual(defaults);
  });

  test('that are empty are not taken for absent', () => {
    expect(refusal({}, { HOLDALL_PORT: '' })).toBe(
      "HOLDALL_PORT must be a whole number from 0 to 65535, not ''.",
    );
    expect(refusal({}, { HOLDALL_DATA: '' })).toBe("HOLDALL_DATA must be a directory, not ''.");
  });
});

describe('a bad value', () => {
  const quota = 'a whole number from 1 to 2147483647';
  const url = 'an https URL without a slash at its end, or http on this machine';
  test.each([
    ['host', 'no host', 'an IP address or a host name'],
    ['host', '-a', 'an IP address or a host name'],
    ['port', '65536', 'a whole number from 0 to 65535'],
    ['port', '-1', 'a whole number from 0 to 65535'],
    ['port', '80.5', 'a whole number from 0 to 65535'],
    ['port', '0x50', 'a whole number from 0 to 65535'],
    ['port', ' 80', 'a whole number from 0 to 65535'],
    ['region', 'Frankfurt', 'an AWS region such as eu-central-1'],
    ['region', 'eu-central-1\n', 'an AWS region such as eu-central-1'],
    ['accountId', '1234', 'twelve digits'],
    ['logLevel', 'verbose', 'debug, info, error or silent'],
    ['datasetsPerIdentity', '0', quota],
    ['recordsPerDataset', 'many', quota],
    ['bytesPerDataset', '2147483648', quota],
    ['issuer', 'sync.example.org', url],
    ['issuer', 'http://sync.example.org', url],
    ['issuer', 'https://sync.example.org/', url],
    ['issuer', 'https://sync.example.org/?a=b', url],
    ['issuer', 'https://sync.example.org#a', url],
    ['issuer', 'ftp://localhost', url],
    ['loginProviders', '', 'a file'],
  ] as const)('of %s, %j, names the option, repeats it and says what is wanted', (name, value, wanted) => {
    const option = options.find((candidate) => candidate.name === name);
    expect(refusal({ [name]: value }, {})).toBe(`${option?.flag} must be ${wanted}, not '${value}'.`);
    expect(refusal({}, { [option?.variable ?? '']: value })).toBe(
      `${option?.variable} must be ${wanted}, not '${value}'.`,
    );
  });

  test.each(['::1', '0.0.0.0', 'localhost', 'sync.example.org', 'a'])('is not the host %s', (host) => {
    expect(refusal({ host }, {})).toBeUndefined();
  });
});

describe('the access key', () => {
  const id = 'AKIAAAAAAAAAAAAAAAAA';
  const secret = 'open sesame, and more of it';

  test('is never repeated, nor is its secret', () => {
    expect(
      refusal({}, { HOLDALL_ACCESS_KEY_ID: 'AKIA short', HOLDALL_SECRET_ACCESS_KEY: 'x'.repeat(40) }),
    ).toBe('HOLDALL_ACCESS_KEY_ID must be 16 to 128 letters and digits.');
    expect(refusal({}, { HOLDALL_ACCESS_KEY_ID: id, HOLDALL_SECRET_ACCESS_KEY: secret })).toBe(
      'HOLDALL_SECRET_ACCESS_KEY must be 16 to 128 visible characters without spaces.',
    );
  });

  test('and its secret are set together or not at all', () => {
    const together = 'HOLDALL_ACCESS_KEY_ID and HOLDALL_SECRET_ACCESS_KEY must be set together.';
    expect(refusal({}, { HOLDALL_ACCESS_KEY_ID: id })).toBe(together);
    expect(refusal({}, { HOLDALL_SECRET_ACCESS_KEY: 'x'.repeat(40) })).toBe(together);
  });
});

describe('a variable that nobody knows', () => {
  test('is refused by name, without its value, and those that are known are told', () => {
    const message = refusal({}, { HOLDALL_PROT: '80', HOLDALL_SECRET: 'open sesame' });
    expect(message).toContain('Unknown variable HOLDALL_PROT, HOLDALL_SECRET. Known are HOLDALL_HOST, ');
    expect(message).not.toContain('open sesame');
    for (const { variable } of options) expect(message).toContain(variable);
  });
});
