import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { emulators } from '../../../../tools/install-emulators.ts';

const service = fileURLToPath(new URL('serverless/', import.meta.url));

export interface ServerlessOffline extends AsyncDisposable {
  /** Where the Invoke operation is. */
  readonly endpoint: string;
}

/** The functions of `serverless/` behind the Invoke operation of AWS Lambda. Runs in a folder of its own, for it writes. */
export async function startServerlessOffline(): Promise<ServerlessOffline> {
  const folder = mkdtempSync(join(tmpdir(), 'holdall-serverless-'));
  cpSync(service, folder, { recursive: true });
  const port = await freePort();
  const child = spawn(
    process.execPath,
    [
      join(emulators, 'node_modules/serverless/bin/serverless.js'),
      ...['offline', 'start', '--host', '127.0.0.1', '--httpPort', '0', '--lambdaPort', String(port)],
    ],
    {
      cwd: folder,
      // What it has to say goes to stderr.
      stdio: ['ignore', 'ignore', 'pipe'],
      env: {
        PATH: process.env.PATH,
        HOME: folder,
        NODE_PATH: join(emulators, 'node_modules'),
        // It would look for updates and report its use.
        SLS_TELEMETRY_DISABLED: '1',
        SLS_NOTIFICATIONS_MODE: 'off',
        SLS_DEPRECATION_DISABLE: '*',
        CI: '1',
      },
    },
  );
  const exited = once(child, 'exit');
  const end = async () => {
    child.kill('SIGKILL');
    await exited;
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    // It says so before its last function is there, so the last line is waited for.
    await Promise.race([
      printed(child.stderr, '* notes'),
      exited.then(() => Promise.reject(new Error('serverless-offline ended.'))),
    ]);
  } catch (error) {
    await end();
    throw error;
  }
  child.stderr.resume();
  return { endpoint: `http://127.0.0.1:${port}`, [Symbol.asyncDispose]: end };
}

async function printed(output: NodeJS.ReadableStream, text: string): Promise<void> {
  for await (const line of createInterface({ input: output })) if (line.includes(text)) return;
  throw new Error(`serverless-offline never printed ${text}.`);
}

/** It cannot be asked which port it has chosen. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
}
