export {
  Administration,
  type AdministrationOptions,
  type CreatedKey,
  type KeyRequest,
  type ListedIdentity,
  type ListedKey,
  type ListedPool,
} from './administration.ts';
export { backupData } from './backup-data.ts';
export { ConfigError, type Option, options, readConfig, type ServerConfig } from './config.ts';
export { type CheckedReceiver, type CheckedSettings, checkSettings } from './settings-check.ts';
export { type RunningServer, type ServerParts, startServer } from './start-server.ts';
