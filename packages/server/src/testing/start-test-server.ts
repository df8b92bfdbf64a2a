import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readConfig } from '../config.ts';
import type { Logger } from '../ports/logger.ts';
import { type RunningServer, type ServerParts, startServer } from '../start-server.ts';

export interface TestServerOptions {
  /** Flags by option name, as on the command line. */
  readonly flags?: Parameters<typeof readConfig>[0];
  /** The time of day; the real one when absent. */
  readonly now?: () => number;
  /** Keeps data between servers; a directory of its own, removed on close, when absent. */
  readonly data?: string;
  readonly functions?: NonNullable<NonNullable<ServerParts['settings']>['functions']>;
  /** What the configuration file would say. */
  readonly settings?: NonNullable<ServerParts['settings']>;
}

export interface TestServer extends RunningServer {
  /** Faults of the server so far: a test that ends with any has found a bug. */
  readonly faults: readonly unknown[];
  /** The root credentials, as SDKs take them. */
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
  readonly region: string;
}

/** The real server on a free loopback port, with answers checked against their rows. */
export async function startTestServer(options: TestServerOptions = {}): Promise<TestServer> {
  const data = options.data ?? mkdtempSync(join(tmpdir(), 'holdall-test-'));
  const config = readConfig({ port: '0', data, ...options.flags }, {});
  const faults: unknown[] = [];
  const logger: Logger = {
    error: (fields, message) => faults.push({ message, ...fields }),
    info: () => {},
    debug: () => {},
  };
  const server = await startServer(config, {
    logger,
    checkHandlers: true,
    ...(options.now && { now: options.now }),
    settings: { ...options.settings, ...(options.functions && { functions: options.functions }) },
  });
  const close = async () => {
    await server.close();
    if (options.data === undefined) rmSync(data, { recursive: true, force: true });
  };
  return {
    ...server,
    faults,
    credentials: server.root,
    region: config.region,
    close,
    [Symbol.asyncDispose]: close,
  };
}
