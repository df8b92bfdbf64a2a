import { join } from 'node:path';

/** What is in a data directory. */
export function dataFiles(data: string) {
  return {
    database: join(data, 'holdall.db'),
    lock: join(data, 'holdall.lock'),
    keyRing: join(data, 'keys.json'),
    rootCredentials: join(data, 'credentials.json'),
    secretBox: join(data, 'secrets.json'),
    openIdKeys: join(data, 'open-id-keys.json'),
    loginProviders: join(data, 'login-providers.json'),
    settings: join(data, 'holdall.config.json'),
  };
}

export type DataFiles = ReturnType<typeof dataFiles>;
