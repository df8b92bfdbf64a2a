import {
  CreateStreamCommand,
  DeleteStreamCommand,
  GetRecordsCommand,
  GetShardIteratorCommand,
  KinesisClient,
  ListShardsCommand,
} from '@aws-sdk/client-kinesis';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { emulators } from '../../../../tools/install-emulators.ts';
import { Link } from './link.ts';
import { freePort, ReceiverProcess } from './receiver-process.ts';
import type { Received, ReceiverHost, TestReceiver } from './test-receiver.ts';

const credentials = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret' };

/** npm's kinesalite. It forgets everything when it ends, so what stops and hangs is the way to it. */
export async function startKinesalite(): Promise<ReceiverHost & { readonly endpoint: string }> {
  const port = await freePort();
  const program = `${emulators}node_modules/kinesalite/cli.js`;
  const delays = ['--createStreamMs', '0', '--deleteStreamMs', '0', '--shardLimit', '1000'];
  const kinesalite = new ReceiverProcess(process.execPath, [program, '--port', `${port}`, ...delays], port);
  await kinesalite.start();
  const endpoint = `http://127.0.0.1:${port}`;
  const client = new KinesisClient({
    endpoint,
    region: 'us-east-1',
    credentials,
    requestHandler: new NodeHttpHandler(),
  });
  const links: Link[] = [];
  let streams = 0;
  return {
    endpoint,
    async open() {
      streams += 1;
      const link = await Link.open(port);
      links.push(link);
      return kinesisStream(client, `changes-${streams}`, link);
    },
    async [Symbol.asyncDispose]() {
      client.destroy();
      for (const link of links) await link.stop();
      await kinesalite.kill();
    },
  };
}

async function kinesisStream(client: KinesisClient, stream: string, link: Link): Promise<TestReceiver> {
  await client.send(new CreateStreamCommand({ StreamName: stream, ShardCount: 3 }));
  return {
    settings: {
      type: 'kinesis',
      stream,
      region: 'us-east-1',
      endpoint: `http://127.0.0.1:${link.port}`,
      credentials,
      timeoutMs: 1000,
    },
    received: () => readAll(client, stream),
    stop: () => link.stop(),
    start: () => link.start(),
    hang: () => link.hang(),
    resume: () => link.resume(),
    async vanish() {
      await client.send(new DeleteStreamCommand({ StreamName: stream }));
    },
  };
}

/** As consumers do: shard by shard. */
async function readAll(client: KinesisClient, StreamName: string): Promise<readonly Received[]> {
  const { Shards = [] } = await client.send(new ListShardsCommand({ StreamName }));
  const received: Received[] = [];
  for (const { ShardId } of Shards) {
    const from = { StreamName, ShardId, ShardIteratorType: 'TRIM_HORIZON' } as const;
    let { ShardIterator } = await client.send(new GetShardIteratorCommand(from));
    for (;;) {
      const page = await client.send(new GetRecordsCommand({ ShardIterator }));
      if (page.Records?.length === 0) break;
      for (const { PartitionKey = '', Data } of page.Records ?? []) {
        received.push({ partitionKey: PartitionKey, text: new TextDecoder().decode(Data) });
      }
      ShardIterator = page.NextShardIterator;
    }
  }
  return received;
}
