import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Received, ReceiverHost } from './test-receiver.ts';

/** A folder of the file system. It is down when it is not there. */
export async function startFiles(): Promise<ReceiverHost> {
  const directory = mkdtempSync(join(tmpdir(), 'holdall-files-'));
  let files = 0;
  return {
    async open() {
      files += 1;
      const folder = join(directory, `folder-${files}`);
      const path = join(folder, 'changes.ndjson');
      mkdirSync(folder);
      return {
        settings: { type: 'file', path },
        received: async () => (existsSync(path) ? readLines(path) : []),
        stop: async () => renameSync(folder, `${folder}-away`),
        start: async () => renameSync(`${folder}-away`, folder),
        async vanish() {
          rmSync(path, { force: true });
          mkdirSync(path);
        },
      };
    },
    async [Symbol.asyncDispose]() {
      rmSync(directory, { recursive: true });
    },
  };
}

/** Each line has to be whole. The data are cut out of it as they were written. */
export function readLines(path: string): readonly Received[] {
  const lines = readFileSync(path, 'utf8').split('\n');
  if (lines.pop() !== '') throw new Error(`${path} ends within a line.`);
  return lines.map((line) => {
    const { partitionKey, data } = JSON.parse(line) as { partitionKey: string; data: unknown };
    return { partitionKey, text: JSON.stringify(data) };
  });
}
