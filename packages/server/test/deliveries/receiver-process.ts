import { openSync, writeSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import type { StreamRecord } from '../../src/domain/outbox.ts';

// A webhook that writes down which changes came, in the order in which they came, before it confirms them.
// Arguments: the port (0 for a free one), the file.

const [port = '0', file = ''] = process.argv.slice(2);
const log = openSync(file, 'a');

const server = createServer(async (request, response) => {
  try {
    const { messages } = JSON.parse(await text(request)) as { messages: { data: StreamRecord }[] };
    const lines = messages.map(({ data }) => `${data.identityId} ${data.datasetName} ${data.syncCount}\n`);
    if (lines.length > 0) writeSync(log, lines.join(''));
    response.writeHead(204).end();
  } catch {
    // The sender was killed.
    response.destroy();
  }
});
server.listen(Number(port), '127.0.0.1', () => {
  process.stdout.write(`listening on http://127.0.0.1:${(server.address() as AddressInfo).port}\n`);
});
