import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { startExample } from './service/start-example.ts';

const { values } = parseArgs({
  options: {
    port: { type: 'string' },
    'sign-in-port': { type: 'string' },
    'service-port': { type: 'string' },
    data: { type: 'string', default: fileURLToPath(new URL('.data', import.meta.url)) },
  },
});

const example = await startExample({
  data: values.data,
  appPort: portOf(values.port),
  signInPort: portOf(values['sign-in-port']),
  servicePort: portOf(values['service-port']),
});

let isClosing = false;
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, async () => {
    // Whoever asks twice does not want to wait.
    if (isClosing) process.exit(1);
    isClosing = true;
    await example.close();
    process.exit();
  });
}
process.stdout.write(`Open ${example.url} in a browser. Ctrl+C ends it.\n`);

function portOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const port = Number(text);
  if (/^\d+$/.test(text) && port <= 65_535) return port;
  process.stderr.write(`A port is a whole number from 0 to 65535, not '${text}'.\n`);
  process.exit(2);
}
