import { randomUUID } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { dirname, resolve } from 'node:path';
import { extensionService, identityService, stsService, syncService } from '@holdall/protocol';
import { pino } from 'pino';
import { AuditFile, auditPath } from './audit-file.ts';
import type { ServerConfig } from './config.ts';
import { publicUrlProblem } from './configuration/public-url.ts';
import { readSettings } from './configuration/read-settings.ts';
import type { Settings } from './configuration/settings.ts';
import { CredentialAuthority } from './credentials/credential-authority.ts';
import { KeyRing } from './credentials/key-ring.ts';
import { openIdDiscovery } from './credentials/open-id-discovery.ts';
import { OpenIdKeys } from './credentials/open-id-keys.ts';
import { JwtOpenIdTokens } from './credentials/open-id-tokens.ts';
import { openRootCredentials, type RootCredentials } from './credentials/root-credentials.ts';
import { SecretBox } from './credentials/secret-box.ts';
import { type DataFiles, dataFiles } from './data-files.ts';
import { DeliveryEngine } from './deliveries/delivery-engine.ts';
import { StreamMessages, streamPayload } from './deliveries/stream-messages.ts';
import { type Destination, defaultRetryRule } from './domain/outbox.ts';
import type { Quotas } from './domain/quotas.ts';
import type { AnsweredRequest, Observer } from './edge/observer.ts';
import { restJson } from './edge/rest-json.ts';
import { createEdge, type Edge, refuse } from './edge/serve.ts';
import { createShell } from './http/shell.ts';
import { type WireListener, wireListener } from './http/wire-listener.ts';
import { announcingStore } from './live/announcing-store.ts';
import { ChangeHub } from './live/change-hub.ts';
import { ConfiguredLoginVerifier } from './logins/configured-login-verifier.ts';
import { readLoginProviders } from './logins/login-providers.ts';
import { Metrics } from './metrics.ts';
import { openReceivers } from './open-receivers.ts';
import { extensionHandlers } from './operations/extension/index.ts';
import { identityHandlers } from './operations/identity/index.ts';
import { stsHandlers } from './operations/sts/index.ts';
import { syncHandlers } from './operations/sync/index.ts';
import type { Logger } from './ports/logger.ts';
import { Purger } from './purger.ts';
import { lockDirectory } from './stores/sqlite/directory-lock.ts';
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
  /** Resolves if the server can no longer work, though nobody closed it: close it, and start it again. */
  readonly stopped: Promise<Error>;
  /** Stops accepting, finishes what runs, and releases everything. */
  close(): Promise<void>;
}

/** What tests replace. */
export interface ServerParts {
  readonly now?: () => number;
  readonly logger?: Logger;
  /** Turns an answer that its row does not promise into a fault. */
  readonly checkHandlers?: boolean;
  /** Instead of those of the configuration file. Paths are relative to the data directory. */
  readonly settings?: Settings;
}

const hour = 3_600_000;

/**
 * The composition root: the one place that knows every adapter. What it opens is closed in the opposite order.
 *
 * @throws DirectoryInUseError when another server uses the data directory
 */
export async function startServer(config: ServerConfig, parts: ServerParts = {}): Promise<RunningServer> {
  const now = parts.now ?? Date.now;
  const logger = parts.logger ?? stderrLogger(config);
  const data = resolve(config.data);
  const files = dataFiles(data);
  const health: Health = { closing: false, writerStopped: false };
  const { promise: stopped, resolve: reportStopped } = Promise.withResolvers<Error>();
  await using opened = new AsyncDisposableStack();

  mkdirSync(data, { recursive: true, mode: 0o700 });
  opened.use(lockDirectory(files.lock));
  const audit = openAudit(config, data, logger);
  opened.defer(() => audit.flush());
  const settingsFile = resolve(config.config ?? files.settings);
  const settings = parts.settings ?? (await readSettings(settingsFile, config.config !== undefined));
  const linkProblem = publicUrlProblem(settings, config.host);
  if (linkProblem !== undefined) logger.error({ host: config.host }, linkProblem);
  const receivers = await openReceivers(settings, {
    environment: process.env,
    directory: parts.settings ? data : dirname(settingsFile),
    logger,
    now,
  });
  opened.defer(() => receivers.close());
  const metrics = new Metrics();
  let wakeDeliveries = (_destinations: readonly Destination[]) => {};
  const store = await SqliteStore.open({
    file: files.database,
    onCommit: (writes) => metrics.committed(writes),
    onQueued: (destinations) => wakeDeliveries(destinations),
    onStopped: (err) => {
      health.writerStopped = true;
      logger.error({ err }, 'the writer stopped: nothing can be written until a restart');
      reportStopped(err);
    },
  });
  opened.defer(() => store.close());
  const purger = new Purger(store, logger);
  opened.defer(() => purger.close());
  const logins = openLogins(config, files, logger);
  opened.defer(() => logins.close());

  const ring = KeyRing.open(files.keyRing, now());
  const openIdKeys = await OpenIdKeys.open(files.openIdKeys, config.region, now());
  await rotateKeys(ring, openIdKeys, now(), logger);
  const rotation = setInterval(() => void rotateKeys(ring, openIdKeys, now(), logger), hour).unref();
  opened.defer(() => clearInterval(rotation));
  const { root, rootFile } = rootCredentials(config, files.rootCredentials);
  const authority = new CredentialAuthority({
    sealer: ring,
    root,
    accountId: config.accountId,
    givenKeys: config.developerKeys ?? [],
    store,
    secrets: SecretBox.open(files.secretBox),
  });

  const live = new ChangeHub({
    store,
    logger,
    now,
    random: Math.random,
    mostOfIdentity: config.liveListenersPerIdentity,
    mostOfServer: config.liveListeners,
    heartbeatMs: config.liveHeartbeatSeconds * 1000,
    isActive: async (accessKeyId) => (await authority.find(accessKeyId, undefined, now())).kind === 'found',
  });
  metrics.countListeners(() => live.size);

  const { region, issuer, accountId } = config;
  let url = '';
  const deliveries = new DeliveryEngine({
    store,
    ...receivers,
    messages: new StreamMessages({ store, sealer: ring, now, publicUrl: () => settings.publicUrl ?? url }),
    retryRule: defaultRetryRule,
    now,
    random: Math.random,
    newUuid: randomUUID,
    observer: metrics.deliveries,
    logger,
  });
  opened.defer(() => deliveries.close());
  wakeDeliveries = (destinations) => deliveries.wake(destinations);
  metrics.deliveries.showBacklog(() => store.backlog(), now);
  const needs = {
    store: announcingStore(store, live),
    sealer: ring,
    issuer: authority,
    logins,
    syncTrigger: receivers.syncTrigger,
    deliveries,
    openIdTokens: new JwtOpenIdTokens({ keys: openIdKeys, issuer, region, accountId }),
    quotas: quotasOf(config),
    region,
    newUuid: randomUUID,
    purgeSoon: () => purger.wake(),
  };
  const edge = createEdge({
    services: [
      { service: syncService, handlers: syncHandlers(needs) },
      { service: identityService, handlers: identityHandlers(needs) },
      { service: stsService, handlers: stsHandlers(needs) },
      { service: extensionService, handlers: extensionHandlers({ store, changes: live }) },
    ],
    credentials: authority,
    region,
    observer: observe(metrics, logger),
    audit,
    now,
    newUuid: randomUUID,
    checkHandlers: parts.checkHandlers ?? false,
  });
  const shell = createShell({
    wire: wireFor(edge, health),
    metrics: metrics.registry,
    isReady: () => !health.closing && !health.writerStopped,
    openId: {
      jwks: () => ({ keys: openIdKeys.published() }),
      discovery: (askedUrl) => openIdDiscovery(issuer, askedUrl),
    },
    streamPayload: (token) => streamPayload({ store, sealer: ring }, token, now()),
  });
  opened.defer(() => shell.close());
  // Before the shell, which waits for connections.
  opened.defer(() => live.close());
  await shell.listen({ host: config.host, port: config.port });

  url = urlOf(shell.server.address() as AddressInfo);
  await deliveries.start();
  logger.info({ url, data, region }, 'listening');
  purger.wake();
  const owned = opened.move();
  let closed: Promise<void> | undefined;
  const close = () => {
    health.closing = true;
    closed ??= owned.disposeAsync().then(() => logger.info({}, 'closed'));
    return closed;
  };
  return { url, root, rootFile, data, stopped, close, [Symbol.asyncDispose]: close };
}

/** What decides whether the server is ready for requests. */
interface Health {
  closing: boolean;
  writerStopped: boolean;
}

function wireFor(edge: Edge, health: Health): WireListener {
  const rest = restJson([syncService]);
  return wireListener({
    serve: edge,
    refuse: (error) => refuse(rest, randomUUID(), error, undefined),
    isClosing: () => health.closing,
  });
}

function openAudit(config: ServerConfig, data: string, logger: Logger): AuditFile {
  return new AuditFile({
    path: auditPath(data, config.auditLog),
    failed: (err, lines) => logger.error({ err, lines }, 'the audit log cannot be written'),
  });
}

function openLogins(config: ServerConfig, files: DataFiles, logger: Logger): ConfiguredLoginVerifier {
  const file = config.loginProviders ?? files.loginProviders;
  return new ConfiguredLoginVerifier(readLoginProviders(file, config.loginProviders !== undefined), logger);
}

/** Keys that cannot be written are not used: what there is goes on, and the next hour tries again. */
async function rotateKeys(ring: KeyRing, openIdKeys: OpenIdKeys, now: number, logger: Logger): Promise<void> {
  try {
    if (ring.rotateIfDue(now)) logger.info({}, 'sealing key rotated');
    if (await openIdKeys.rotateIfDue(now)) logger.info({}, 'new OpenID key published');
  } catch (err) {
    logger.error({ err }, 'keys could not be rotated');
  }
}

function quotasOf(config: ServerConfig): Quotas {
  const { datasetsPerIdentity, recordsPerDataset, bytesPerDataset } = config;
  return { datasetsPerIdentity, recordsPerDataset, bytesPerDataset };
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
