import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { jetstreamManager } from '@nats-io/jetstream';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { freePort, ReceiverProcess } from './receiver-process.ts';
import type { Received, ReceiverHost, TestReceiver } from './test-receiver.ts';

export interface NatsHost extends ReceiverHost {
  readonly server: string;
  /** Works as an administrator of JetStream. */
  administer<Result>(work: (connection: NatsConnection) => Promise<Result>): Promise<Result>;
}

/**
 * Debian's nats-server, with the users `admin` (all rights), `guest` (none to publish) and `writer` (those that the
 * guide names), and their names as passwords.
 */
export async function startNats(): Promise<NatsHost> {
  const directory = mkdtempSync(join(tmpdir(), 'holdall-nats-'));
  const port = await freePort();
  const config = join(directory, 'nats.conf');
  writeFileSync(
    config,
    `listen: "127.0.0.1:${port}"
     jetstream { store_dir: ${JSON.stringify(directory)} }
     authorization { users: [
       { user: admin, password: admin },
       { user: guest, password: guest, permissions: { publish: { allow: ["$JS.API.>"] } } },
       { user: writer, password: writer, permissions: {
         publish: { allow: ["holdall.>", "$JS.API.STREAM.NAMES"] }, subscribe: { allow: ["_INBOX.>"] },
       } },
     ] }`,
  );
  const nats = new ReceiverProcess('nats-server', ['-c', config], port);
  await nats.start();
  const server = `nats://127.0.0.1:${port}`;
  const administer: NatsHost['administer'] = async (work) => {
    const connection = await connect({ servers: `127.0.0.1:${port}`, user: 'admin', pass: 'admin' });
    try {
      return await work(connection);
    } finally {
      await connection.close();
    }
  };
  let streams = 0;
  return {
    server,
    administer,
    async open() {
      streams += 1;
      const name = `changes-${streams}`;
      await administer(async (connection) => {
        const manager = await jetstreamManager(connection);
        await manager.streams.add({ name, subjects: [`holdall.${name}`] });
      });
      return natsStream(name, server, nats, administer);
    },
    async [Symbol.asyncDispose]() {
      await nats.kill();
      rmSync(directory, { recursive: true });
    },
  };
}

function natsStream(
  name: string,
  server: string,
  nats: ReceiverProcess,
  administer: NatsHost['administer'],
): TestReceiver {
  return {
    settings: {
      type: 'nats',
      servers: [server],
      subject: `holdall.${name}`,
      user: 'admin',
      password: 'admin',
      timeoutMs: 1000,
    },
    received: () => administer((connection) => readAll(connection, name)),
    stop: () => nats.kill(),
    start: () => nats.start(),
    hang: () => nats.hang(),
    resume: () => nats.resume(),
    async vanish() {
      await administer(async (connection) => (await jetstreamManager(connection)).streams.delete(name));
    },
  };
}

async function readAll(connection: NatsConnection, stream: string): Promise<readonly Received[]> {
  const manager = await jetstreamManager(connection);
  const { state } = await manager.streams.info(stream);
  const received: Received[] = [];
  if (state.messages === 0) return received;
  for (let seq = state.first_seq; seq <= state.last_seq; seq += 1) {
    const stored = await manager.streams.getMessage(stream, { seq });
    if (!stored) continue;
    received.push({ partitionKey: stored.header.get('Partition-Key'), text: stored.string() });
  }
  return received;
}
