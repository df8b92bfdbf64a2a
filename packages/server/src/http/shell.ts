import { createServer, type Server } from 'node:http';
import type { Socket } from 'node:net';
import fastify, { type FastifyInstance } from 'fastify';
import type { Registry } from 'prom-client';
import type { WireListener } from './wire-listener.ts';

export interface ShellOptions {
  /** Takes every request that is not for a path of our own. */
  readonly wire: WireListener;
  readonly metrics: Registry;
  readonly isReady: () => boolean;
  readonly openId: PublishedOpenId;
  /** The stream records that a URL of ours leads to, as JSON; undefined when there are none. */
  readonly streamPayload: (token: string) => Promise<string | undefined>;
}

/** What verifiers of our OpenID tokens fetch. */
export interface PublishedOpenId {
  jwks(): object;
  /** @param askedUrl `http://host:port` of the request */
  discovery(askedUrl: string): object;
}

/** What is ours on the one port; all else belongs to the wire, where AWS has the paths. */
const ownPaths = /^\/(?:health|metrics|\.well-known|holdall\/stream-records)(?:$|[?/])/;

/** New keys are published an hour before they sign, so that none is missed by who keeps these for less. */
const jwksCacheSeconds = 900;

/** How long a connection may hold up the end of the service with a request that has begun and does not arrive. */
const closeGraceMs = 5_000;

/**
 * The HTTP server: Fastify for our own paths, the wire beside it. Wire requests do not enter Fastify, because its router
 * decodes paths that signatures cover as they came, and its replies change the case of header names that old Android
 * clients compare exactly (docs/decisions/0003-wire-beside-fastify.md).
 */
export function createShell({
  wire,
  metrics,
  isReady,
  openId,
  streamPayload,
}: ShellOptions): FastifyInstance {
  const sockets = new Set<Socket>();
  const shell = fastify({
    serverFactory: (own) => {
      const server: Server = createServer(
        {
          // Slow clients are on mobile networks; slower ones hold a socket for nothing.
          headersTimeout: 30_000,
          requestTimeout: 120_000,
          keepAliveTimeout: 72_000,
          maxHeaderSize: 32 * 1024,
        },
        (request, response) => {
          if (ownPaths.test(request.url ?? '')) own(request, response);
          else wire.listen(request, response);
        },
      );
      server.on('connection', (socket) => {
        sockets.add(socket);
        socket.once('close', () => sockets.delete(socket));
      });
      return server;
    },
  });
  shell.addHook('preClose', async () => {
    // Node waits for every connection, also for those on which nothing, or half a request, ever came.
    for (const socket of sockets) if (socket.bytesRead === 0) socket.destroy();
    setTimeout(() => {
      for (const socket of sockets) if (!wire.isAnswering(socket)) socket.destroy();
    }, closeGraceMs).unref();
  });
  shell.get('/health', async (_request, reply) => {
    const ready = isReady();
    return reply.code(ready ? 200 : 503).send({ status: ready ? 'ready' : 'not ready' });
  });
  shell.get('/metrics', async (_request, reply) => {
    return reply.type(metrics.contentType).send(await metrics.metrics());
  });
  shell.addHook('onRequest', async (request, reply) => {
    // Anybody's page may verify tokens.
    if (request.url.startsWith('/.well-known/')) reply.header('Access-Control-Allow-Origin', '*');
  });
  shell.get('/.well-known/openid-configuration', async (request, reply) => {
    return reply.send(openId.discovery(`${request.protocol}://${request.host}`));
  });
  // The original has its keys at the first; verifiers that guess look for them at the second.
  for (const path of ['/.well-known/jwks_uri', '/.well-known/jwks.json']) {
    shell.get(path, async (_request, reply) => {
      return reply.header('Cache-Control', `public, max-age=${jwksCacheSeconds}`).send(openId.jwks());
    });
  }
  shell.get<{ Querystring: { token?: unknown } }>('/holdall/stream-records', async (request, reply) => {
    const { token } = request.query;
    const records = typeof token === 'string' ? await streamPayload(token) : undefined;
    if (records === undefined)
      return reply.code(403).send({ message: 'The link is not valid, or has expired.' });
    return reply.type('application/json; charset=utf-8').header('Cache-Control', 'private').send(records);
  });
  return shell;
}
