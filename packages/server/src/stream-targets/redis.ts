import { createClient, ErrorReply, MultiErrorReply } from '@redis/client';
import { readSecret } from '../configuration/secret.ts';
import { DeliveryError } from '../ports/delivery-error.ts';
import type { StreamMessage } from '../ports/stream-target.ts';
import { chunks } from './deliver-in-rounds.ts';
import { LazyConnection } from './lazy-connection.ts';
import { type StreamTargetOptions, usualTimeoutMs } from './options.ts';
import type { Receiver } from './receiver.ts';
import type { RedisSettings } from './settings.ts';
import { socketUrl } from './socket-url.ts';

/** Far below the 512 MiB that Redis takes: nothing that a client can write in one update goes by URL. */
const mostBytes = 16 * 1024 * 1024;

const perTransaction = { mostMessages: 500, mostBytes: 4 * 1024 * 1024 };

/** What no waiting mends: the password, the rights, the key, the place. */
const gone =
  /^(?:WRONGPASS|NOAUTH|NOPERM|WRONGTYPE|DENIED|MOVED)\b|^ERR (?:AUTH\b|invalid password|unknown command|DB index)/;

export function redisReceiver(settings: RedisSettings, options: StreamTargetOptions): Receiver {
  const { stream, maxLength, timeoutMs = usualTimeoutMs } = settings;
  const open = clientOpener(settings, options, timeoutMs);
  const connection = new LazyConnection(
    { open, isUsable: (client) => client.isReady, end: async (client) => client.destroy() },
    timeoutMs,
  );
  const trim = maxLength === undefined ? undefined : trimTo(maxLength);

  /** All or nothing, so that no message passes an earlier one which has to be sent again. */
  const append = async (client: Client, messages: readonly StreamMessage[]) => {
    const transaction = client.multi();
    for (const message of messages) transaction.xAdd(stream, '*', fieldsOf(message), trim);
    await transaction.exec().catch(explain);
  };

  return {
    name: `Redis stream ${stream}`,
    mostBytes,

    async deliver(messages, signal, confirm) {
      let delivered = 0;
      for (const part of chunks(messages, ({ data }) => data.length, perTransaction)) {
        await connection.use(signal, (client) => append(client, part));
        delivered += part.length;
        confirm(delivered);
      }
    },

    async probe(signal) {
      // On a connection of its own, since it queues a command that is never executed.
      const own = new LazyConnection(
        { open, isUsable: () => true, end: async (client) => client.destroy() },
        timeoutMs,
      );
      try {
        await own.use(signal, (client) => wouldAppend(client, stream).catch(explain));
      } finally {
        await own.close();
      }
    },

    close: () => connection.close(),
  };
}

function clientOpener(
  settings: RedisSettings,
  { environment, logger }: StreamTargetOptions,
  timeoutMs: number,
) {
  const { user, password, allowPlainTcp } = settings;
  const url = socketUrl(settings.url, { secure: 'rediss:', plain: 'redis:' }, allowPlainTcp);
  const clientOptions = {
    url: url.href,
    RESP: 2 as const,
    // A user who may append and no more would get a denial into Redis's log at each connection.
    disableClientInfo: true,
    disableOfflineQueue: true,
    maintNotifications: 'disabled' as const,
    // Whoever sends decides when to try again.
    socket: { reconnectStrategy: false as const, connectTimeout: timeoutMs },
    ...(user !== undefined && { username: user }),
    ...(password !== undefined && { password: readSecret(password, environment) }),
  };
  return async (signal: AbortSignal) => {
    const client = createClient(clientOptions);
    // Whoever uses the connection learns of it as well.
    client.on('error', (err) => logger.debug({ err, host: url.host }, 'connection to Redis failed'));
    const abandon = () => client.destroy();
    signal.addEventListener('abort', abandon, { once: true });
    try {
      await client.connect();
      return client;
    } catch (error) {
      return explain(error);
    } finally {
      signal.removeEventListener('abort', abandon);
    }
  };
}

type Client = Awaited<ReturnType<ReturnType<typeof clientOpener>>>;

/** Redis trims whole nodes, which costs next to nothing, when about is enough. */
function trimTo(threshold: number) {
  return { TRIM: { strategy: 'MAXLEN', strategyModifier: '~', threshold } } as const;
}

function fieldsOf({ id, partitionKey, data }: StreamMessage) {
  return { id, partitionKey, data: Buffer.from(data.buffer, data.byteOffset, data.byteLength) };
}

/** Redis checks rights and memory when it queues a command; then the transaction is discarded. */
async function wouldAppend(client: Client, stream: string): Promise<void> {
  const type = await client.type(stream);
  if (type !== 'none' && type !== 'stream') throw new DeliveryError('gone', `the key holds a ${type}`);
  await client.sendCommand(['MULTI']);
  await client.sendCommand(['XADD', stream, '*', 'probe', '']);
  await client.sendCommand(['DISCARD']);
}

/** @throws DeliveryError when Redis said why, else the error itself */
function explain(error: unknown): never {
  if (error instanceof MultiErrorReply) {
    for (const reply of error.errors()) explain(reply);
  }
  if (!(error instanceof ErrorReply)) throw error;
  throw new DeliveryError(gone.test(error.message) ? 'gone' : 'unavailable', error.message, { cause: error });
}
