import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readConfig } from '../src/config.ts';
import { startServer } from '../src/start-server.ts';

test('a start on all addresses with streams and no publicUrl says what to set', async () => {
  const data = mkdtempSync(join(tmpdir(), 'holdall-public-url-'));
  // The port is taken, so that the start ends before anything is open to others.
  const taken = createServer().listen(0, '127.0.0.1');
  await once(taken, 'listening');
  const port = `${(taken.address() as AddressInfo).port}`;
  const errors: string[] = [];
  const logger = {
    error: (_fields: object, message: string) => void errors.push(message),
    info: () => {},
    debug: () => {},
  };
  const settings = { streams: { changes: { type: 'file', path: 'changes.ndjson' } } } as const;
  const config = readConfig({ host: '0.0.0.0', port, data }, {});
  await expect(startServer(config, { logger, settings })).rejects.toThrow('EADDRINUSE');
  expect(errors).toEqual([expect.stringContaining('set publicUrl')]);
  taken.close();
  rmSync(data, { recursive: true });
});
