import { randomUUID } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { resolve } from 'node:path';
import { identityService, syncService } from '@holdall/protocol';
import { pino } from 'pino';
import type { ServerConfig } from './config.ts';
import { CredentialAuthority } from './credentials/credential-authority.ts';
import { KeyRing } from './credentials/key-ring.ts';
import { openRootCredentials, type RootCredentials } from './credentials/root-credentials.ts';
import { dataFiles } from './data-files.ts';
import type { Quotas } from './domain/quotas.ts';
import type { AnsweredRequest, Observer } from './edge/observer.ts';
import { restJson } from './edge/rest-json.ts';
import { createEdge, refuse } from './edge/serve.ts';
import { createShell } from './http/shell.ts';
import { wireListener } from './http/wire-listener.ts';
import { Metrics } from './metrics.ts';
import { identityHandlers } from './operations/identity/index.ts';
import { syncHandlers } from './operations/sync/index.ts';
import type { Logger } from './ports/logger.ts';
import { Purger } from './purger.ts';
import { SqliteStore } from './stores/sqlite/sqlite-store.ts';

/** A server that accepts requests. */
export interface RunningServer extends AsyncDisposable {
  /** `http://host:port` */
  readonly url: string;
  readonly root: RootCredentials;
  /** Where the root credentials were read from or written to; undefined when the environment gave them. */
  readonly rootFile: string | undefined;
  /** The data directory, absolute. */
  readonly data: string;
  /** Stops accepting, finishes what runs, and releases everything. */
  close(): Promise<void>;
}

/** What tests replace. */
export interface ServerParts {
  readonly now?: () => number;
  readonly logger?: Logger;
  /** Turns an answer that its row does not promise into a fault. */
  readonly checkHandlers?: boolean;
}

const hour = 3_600_000;

/** The composition root: the one place that knows every adapter. */
export async function startServer(config: ServerConfig, parts: ServerParts = {}): Promise<RunningServer> {
  const now = parts.now ?? Date.now;
  const logger = parts.logger ?? stderrLogger(config);
  const data = resolve(config.data);
  const files = dataFiles(data);
  mkdirSync(data, { recursive: true, mode: 0o700 });

  const { root, rootFile } = rootCredentials(config, files.rootCredentials);
  const ring = KeyRing.open(files.keyRing, now());
  const authority = new CredentialAuthority({ sealer: ring, root, accountId: config.accountId });
  const metrics = new Metrics();
  const store = await SqliteStore.open({
    file: files.database,
    onCommit: (writes) => metrics.committed(writes),
  });
  const purger = new Purger(store, logger);
  const quotas: Quotas = {
    datasetsPerIdentity: config.datasetsPerIdentity,
    recordsPerDataset: config.recordsPerDataset,
    bytesPerDataset: config.bytesPerDataset,
  };
  const needs = {
    store,
    sealer: ring,
    issuer: authority,
    quotas,
    region: config.region,
    newUuid: randomUUID,
    purgeSoon: () => purger.wake(),
  };

  const edge = createEdge({
    services: [
      { service: syncService, handlers: syncHandlers(needs) },
      { service: identityService, handlers: identityHandlers(needs) },
    ],
    credentials: authority,
    region: config.region,
    observer: observe(metrics, logger),
    now,
    newUuid: randomUUID,
    checkHandlers: parts.checkHandlers ?? false,
  });

  let closing = false;
  const rest = restJson([syncService]);
  const shell = createShell({
    wire: wireListener({
      serve: edge,
      refuse: (error) => refuse(rest, randomUUID(), error, undefined),
      isClosing: () => closing,
    }),
    metrics: metrics.registry,
    isReady: () => !closing,
  });

  try {
    await shell.listen({ host: config.host, port: config.port });
  } catch (error) {
    await store.close();
    throw error;
  }
  const url = urlOf(shell.server.address() as AddressInfo);
  logger.info({ url, data, region: config.region }, 'listening');
  purger.wake();
  const rotation = setInterval(() => {
    if (ring.rotateIfDue(now())) logger.info({}, 'sealing key rotated');
  }, hour);
  rotation.unref();

  const closeAll = async () => {
    closing = true;
    clearInterval(rotation);
    await shell.close();
    await purger.close();
    await store.close();
    logger.info({}, 'closed');
  };
  let closed: Promise<void> | undefined;
  const close = () => {
    closed ??= closeAll();
    return closed;
  };
  return { url, root, rootFile, data, close, [Symbol.asyncDispose]: close };
}

function rootCredentials(config: ServerConfig, rootFile: string) {
  const { accessKeyId, secretAccessKey } = config;
  if (accessKeyId !== undefined && secretAccessKey !== undefined) {
    return { root: { accessKeyId, secretAccessKey }, rootFile: undefined };
  }
  return { root: openRootCredentials(rootFile), rootFile };
}

function stderrLogger(config: ServerConfig): Logger {
  return pino({ level: config.logLevel, base: null }, pino.destination({ dest: 2, sync: true }));
}

function observe(metrics: Metrics, logger: Logger): Observer {
  return {
    answered: (request: AnsweredRequest) => {
      metrics.answered(request);
      logger.debug(request, 'request');
    },
    failed: (requestId, operation, cause) => {
      logger.error({ requestId, operation, err: cause }, 'request failed');
    },
  };
}

function urlOf({ address, family, port }: AddressInfo): string {
  return `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`;
}
