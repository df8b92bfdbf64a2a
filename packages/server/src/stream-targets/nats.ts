import { jetstream } from '@nats-io/jetstream';
import {
  connect,
  credsAuthenticator,
  headers,
  type NatsConnection,
  type NodeConnectionOptions,
} from '@nats-io/transport-node';
import { readSecret } from '../configuration/secret.ts';
import { DeliveryError } from '../ports/delivery-error.ts';
import type { StreamMessage } from '../ports/stream-target.ts';
import { deliverInRounds } from './deliver-in-rounds.ts';
import { LazyConnection } from './lazy-connection.ts';
import { explain, failureOf, streamOf } from './nats-failures.ts';
import { type StreamTargetOptions, usualTimeoutMs } from './options.ts';
import type { Receiver } from './receiver.ts';
import type { NatsSettings } from './settings.ts';
import { socketUrl } from './socket-url.ts';

/** Servers take 1 MiB by default, headers included. */
const usualMostBytes = 1024 * 1024 - 4 * 1024;

/** How many messages wait for their confirmations at a time. */
const perRound = { mostMessages: 256, mostBytes: 4 * 1024 * 1024 };

export function natsReceiver(settings: NatsSettings, options: StreamTargetOptions): Receiver {
  const { subject, stream, mostBytes = usualMostBytes, timeoutMs = usualTimeoutMs } = settings;
  const connectionOptions = readConnectionOptions(settings, options, timeoutMs);
  const connection = new LazyConnection(
    {
      open: () => connect(connectionOptions).catch(explain),
      isUsable: (open: NatsConnection) => !open.isClosed(),
      end: (open) => open.close(),
    },
    timeoutMs,
  );
  const expect = stream === undefined ? {} : { expect: { streamName: stream } };

  const publish = (open: NatsConnection, message: StreamMessage) =>
    jetstream(open, { timeout: timeoutMs })
      .publish(subject, message.data, {
        msgID: message.id,
        headers: withPartitionKey(message),
        timeout: timeoutMs,
        ...expect,
      })
      .then(
        () => undefined,
        (error) => failureOf(error, open, subject),
      );

  return {
    name: `NATS subject ${subject}`,
    mostBytes,

    async deliver(messages, signal, confirm) {
      await deliverInRounds(messages, perRound, confirm, (round) =>
        connection.use(signal, (open) => Promise.all(round.map((message) => publish(open, message)))),
      );
    },

    async probe(signal) {
      await connection.use(signal, async (open) => {
        const found = await streamOf(open, subject);
        if (stream !== undefined && found !== stream) {
          throw new DeliveryError('gone', `it belongs to the stream ${found}, not to ${stream}`);
        }
      });
    },

    close: () => connection.close(),
  };
}

function readConnectionOptions(
  settings: NatsSettings,
  { environment }: StreamTargetOptions,
  timeout: number,
): NodeConnectionOptions {
  const { servers, user, password, token, credentials, allowPlainTcp } = settings;
  const urls = servers.map((server) => socketUrl(server, { secure: 'tls:', plain: 'nats:' }, allowPlainTcp));
  const isSecure = urls.some(({ protocol }) => protocol === 'tls:');
  return {
    servers: urls.map(({ host }) => host),
    name: 'holdall',
    timeout,
    // Whoever sends decides when to try again.
    reconnect: false,
    // One server that wants TLS gets it, and then all do: the client has one rule for them.
    ...(isSecure && { tls: {} }),
    ...(user !== undefined && { user }),
    ...(password !== undefined && { pass: readSecret(password, environment) }),
    ...(token !== undefined && { token: readSecret(token, environment) }),
    ...(credentials !== undefined && {
      authenticator: credsAuthenticator(new TextEncoder().encode(readSecret(credentials, environment))),
    }),
  };
}

function withPartitionKey({ partitionKey }: StreamMessage) {
  const message = headers();
  message.set('Partition-Key', partitionKey);
  return message;
}
