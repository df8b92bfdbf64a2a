import { execFile, execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { StreamTargetSettings } from '../../src/stream-targets/index.ts';
import { freePort, ReceiverProcess } from './receiver-process.ts';

const run = promisify(execFile);

describe('receivers behind TLS', () => {
  const directory = mkdtempSync(join(tmpdir(), 'holdall-tls-'));
  const certificate = join(directory, 'certificate.pem');
  const key = join(directory, 'key.pem');
  const processes: ReceiverProcess[] = [];
  let ports: { redis: number; nats: number };

  beforeAll(async () => {
    const names = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=IP:127.0.0.1'];
    const files = ['-keyout', key, '-out', certificate, '-days', '1'];
    const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
    execFileSync('openssl', ['req', '-x509', ...newKey, ...files, ...names], { stdio: 'ignore' });
    ports = { redis: await freePort(), nats: await freePort() };
    const place = ['--port', '0', '--tls-port', `${ports.redis}`, '--bind', '127.0.0.1', '--dir', directory];
    const tls = ['--tls-cert-file', certificate, '--tls-key-file', key, '--tls-auth-clients', 'no'];
    const redis = new ReceiverProcess('redis-server', [...place, ...tls, '--save', ''], ports.redis);
    const config = join(directory, 'nats.conf');
    const store = JSON.stringify(directory);
    const certified = `cert_file: ${JSON.stringify(certificate)}, key_file: ${JSON.stringify(key)}`;
    writeFileSync(
      config,
      `listen: "127.0.0.1:${ports.nats}"\njetstream { store_dir: ${store} }\ntls { ${certified} }`,
    );
    const nats = new ReceiverProcess('nats-server', ['-c', config], ports.nats);
    for (const one of [redis, nats]) {
      processes.push(one);
      await one.start();
    }
  });

  afterAll(async () => {
    for (const one of processes) await one.kill();
    rmSync(directory, { recursive: true });
  });

  /** In a process of its own, since Node reads the certificates that it trusts at its start. */
  async function probe(settings: StreamTargetSettings, trusted: string): Promise<string> {
    const source = JSON.stringify(new URL('../../src/stream-targets/index.ts', import.meta.url).href);
    const program = `
      import { openStreamTarget } from ${source};
      const logger = { error() {}, info() {}, debug() {} };
      const target = await openStreamTarget(${JSON.stringify(settings)}, { environment: {}, directory: '/', logger });
      await target.probe(new AbortController().signal).then(
        () => console.log('there'),
        (error) => console.log(error.failure, error.message),
      );
      await target.close();`;
    const env = { ...process.env, NODE_EXTRA_CA_CERTS: trusted };
    const { stdout } = await run(process.execPath, ['--input-type=module', '-e', program], { env });
    return stdout.trim();
  }

  test('are reached when their certificate is trusted', async () => {
    const redis = { type: 'redis', url: `rediss://127.0.0.1:${ports.redis}`, stream: 'changes' } as const;
    expect(await probe(redis, certificate)).toBe('there');
    expect(await probe(redis, '')).toMatch(/^unavailable Redis stream changes: .*self-signed certificate/);

    const nats = { type: 'nats', servers: [`tls://127.0.0.1:${ports.nats}`], subject: 'changes' } as const;
    // It has no stream, which it says to nobody that it does not know.
    expect(await probe({ ...nats, servers: [...nats.servers] }, certificate)).toMatch(/^gone .*no stream/);
    expect(await probe({ ...nats, servers: [...nats.servers] }, '')).toMatch(
      /^unavailable NATS subject changes: .*self-signed certificate/,
    );
  });
});
