import { createRequire } from 'node:module';
import { join } from 'node:path';
import { memoryStore } from '@holdall/client/stores/memory';
import { sqliteStore } from '@holdall/client/stores/node-sqlite';
import AWS from 'aws-sdk';
import type { OpenDevice } from './device.ts';
import { openHoldall } from './holdall-device.ts';
import { type LegacySdk, openLegacy } from './legacy-device.ts';

// It looks for the SDK by itself, and puts its classes there.
createRequire(import.meta.url)('amazon-cognito-js');

/** @param directory where files of devices are; whoever gives it removes it */
export function devicesInNode(
  directory: string,
): Readonly<Record<'sqlite' | 'memory' | 'legacy', OpenDevice>> {
  let files = 0;
  return {
    sqlite: (user, dataset) =>
      openHoldall(user, dataset, sqliteStore(join(directory, `device-${files++}.db`))),
    memory: (user, dataset) => openHoldall(user, dataset, memoryStore()),
    legacy: (user, dataset) => openLegacy(AWS as unknown as LegacySdk, user, dataset, 'memory'),
  };
}
