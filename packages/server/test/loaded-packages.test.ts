import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, onTestFinished, test } from 'vitest';

// The libraries of all receivers take more memory than the service itself, so each is loaded by who uses it.

const program = new URL('./fixtures/loading-server.ts', import.meta.url).pathname;

/** Of each family one that its receiver cannot do without. */
const families = {
  typebox: /^typebox$/,
  aws: /^@(?:aws-sdk|smithy|aws-crypto)\//,
  nats: /^@nats-io\//,
  redis: /^@redis\//,
  google: /^(?:google-auth-library|gaxios|gtoken)$/,
  webPush: /^web-push$/,
};

/** Which families of packages a server loads that has this configuration file. */
async function familiesLoaded(settings?: object): Promise<readonly string[]> {
  const data = mkdtempSync(join(tmpdir(), 'holdall-loaded-'));
  onTestFinished(() => rmSync(data, { recursive: true }));
  if (settings) writeFileSync(join(data, 'holdall.config.json'), JSON.stringify(settings));
  const { stdout } = await promisify(execFile)(process.execPath, [program, data], { timeout: 60_000 });
  const packages = JSON.parse(stdout) as readonly string[];
  // The list is real: the server cannot do without these.
  expect(packages).toEqual(expect.arrayContaining(['fastify', 'jose', 'pino']));
  return Object.entries(families)
    .filter(([, pattern]) => packages.some((name) => pattern.test(name)))
    .map(([family]) => family);
}

const streamTo = (target: object) => ({ streams: { changes: target } });
const pushTo = (target: object) => ({
  push: { 'arn:aws:sns:us-east-1:000000000000:app/GCM/notes': target },
});
const secret = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
const aws = { region: 'us-east-1', credentials: { accessKeyId: 'a', secretAccessKey: 'b' } };

test('a server without a configuration file loads no library of any receiver', {
  timeout: 60_000,
}, async () => {
  expect(await familiesLoaded()).toEqual([]);
});

test.each([
  ['nothing', {}, []],
  ['a file', streamTo({ type: 'file', path: 'changes.ndjson' }), []],
  ['a webhook', streamTo({ type: 'webhook', url: 'https://hooks.example.org/', secret }), []],
  ['Kinesis', streamTo({ type: 'kinesis', stream: 's', ...aws }), ['aws']],
  ['NATS', streamTo({ type: 'nats', servers: ['tls://nats.example.org'], subject: 's' }), ['nats']],
  ['Redis', streamTo({ type: 'redis', url: 'rediss://redis.example.org', stream: 's' }), ['redis']],
  ['SNS', pushTo({ type: 'sns', ...aws }), ['aws']],
  ['a push webhook', pushTo({ type: 'webhook', url: 'https://push.example.org/', secret }), []],
] as const)(
  'a configuration file with %s brings no more than that',
  { timeout: 60_000 },
  async (_, settings, own) => {
    expect(await familiesLoaded(settings)).toEqual(['typebox', ...own]);
  },
);
