import { resolve } from 'node:path';
import { DeliveryError } from '../ports/delivery-error.ts';
import { encodeEntry } from './json-entry.ts';
import { LineFile } from './line-file.ts';
import type { StreamTargetOptions } from './options.ts';
import type { Receiver } from './receiver.ts';
import type { FileSettings } from './settings.ts';

const mostBytes = 64 * 1024 * 1024;

/** What a person has to mend. That a folder is missing may be a volume that comes later. */
const gone = new Set(['EACCES', 'EPERM', 'EROFS', 'EISDIR', 'ENOTDIR', 'ELOOP', 'ENAMETOOLONG']);

export function fileReceiver(settings: FileSettings, { directory, logger }: StreamTargetOptions): Receiver {
  const path = resolve(directory, settings.path);
  const file = new LineFile(path, settings.mostFileBytes, logger);
  return {
    name: `file ${path}`,
    mostBytes,

    async deliver(messages, signal, confirm) {
      await explained(file.append(messages.map(encodeEntry), signal));
      confirm(messages.length);
    },

    probe: (signal) => explained(file.append([], signal)),

    close: () => file.close(),
  };
}

async function explained(work: Promise<void>): Promise<void> {
  try {
    await work;
  } catch (error) {
    const { code = '', message } = error as NodeJS.ErrnoException;
    if (gone.has(code)) throw new DeliveryError('gone', message, { cause: error });
    throw error;
  }
}
