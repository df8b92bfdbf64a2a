import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CognitoIdentity } from '@aws-sdk/client-cognito-identity';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ended, readyUrl, runHoldall, spawnHoldall } from './run-holdall.ts';

let data: string;
beforeEach(() => {
  data = mkdtempSync(join(tmpdir(), 'holdall-cli-'));
});
afterEach(() => rmSync(data, { recursive: true, force: true }));

describe('holdall serve', () => {
  test('says on one line where it listens, is healthy, shows metrics, and ends with 0 on SIGTERM', async () => {
    const child = spawnHoldall(['serve', '--port', '0', '--data', data]);
    const end = ended(child);
    const url = await readyUrl(child);
    expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    expect((await fetch(`${url}/health`)).status).toBe(200);
    await fetch(`${url}/identitypools`);
    const metrics = await (await fetch(`${url}/metrics`)).text();
    expect(metrics).toContain('holdall_requests_total{operation="ListIdentityPoolUsage",status="403"} 1');
    child.kill('SIGTERM');
    const { code, stdout, stderr } = await end;
    expect({ code, stdout }).toEqual({ code: 0, stdout: `holdall listening on ${url}\n` });
    const logs = stderr.trim().split('\n');
    expect(logs.map((line) => JSON.parse(line).msg)).toEqual(['listening', 'closed']);
  });

  test('finishes a request that runs when SIGTERM comes', async () => {
    const child = spawnHoldall(['serve', '--port', '0', '--data', data, '--log-level', 'silent']);
    const end = ended(child);
    const url = await readyUrl(child);
    const { hostname, port } = new URL(url);
    const socket = connect(Number(port), hostname);
    await once(socket, 'connect');
    const body = '{"IdentityPoolId":"us-east-1:00000000-0000-0000-0000-000000000000"}';
    socket.write(
      `POST / HTTP/1.1\r\nHost: ${hostname}\r\nX-Amz-Target: AWSCognitoIdentityService.GetId\r\n` +
        `Expect: 100-continue\r\nContent-Length: ${body.length}\r\n\r\n`,
    );
    // The server has begun to read the request once it says so.
    const [begun] = await once(socket, 'data');
    expect(String(begun)).toContain('100 Continue');
    child.kill('SIGTERM');
    await expect
      .poll(() =>
        fetch(`${url}/health`).then(
          () => 'open',
          () => 'shut',
        ),
      )
      .toBe('shut');
    socket.write(body);
    let answer = '';
    for await (const chunk of socket) answer += chunk;
    expect(answer).toContain('400 Bad Request');
    expect(answer).toContain("IdentityPool 'us-east-1:00000000-0000-0000-0000-000000000000' not found.");
    expect(answer).toContain('Connection: close');
    expect((await end).code).toBe(0);
  });

  test('makes root credentials at the first start, readable by their owner only, and keeps them', async () => {
    const file = join(data, 'credentials.json');
    const start = async () => {
      const child = spawnHoldall(['serve', '--port', '0', '--data', data, '--log-level', 'silent']);
      const end = ended(child);
      await readyUrl(child);
      child.kill('SIGTERM');
      await end;
      return readFileSync(file, 'utf8');
    };
    const first = await start();
    expect(JSON.parse(first).accessKeyId).toMatch(/^AKIA[A-Z2-7]{16}$/);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(await start()).toBe(first);
  });

  test('takes settings from the environment, and with them needs no credentials file', async () => {
    const child = spawnHoldall(['serve', '--guide'], {
      HOLDALL_PORT: '0',
      HOLDALL_DATA: data,
      HOLDALL_ACCESS_KEY_ID: 'AKIAEXAMPLEEXAMPLE12',
      HOLDALL_SECRET_ACCESS_KEY: 'a secret that is no secret'.replaceAll(' ', '-'),
    });
    const end = ended(child);
    await readyUrl(child);
    child.kill('SIGTERM');
    const { code, stdout, stderr } = await end;
    expect(code).toBe(0);
    expect(stdout).toContain('create-identity-pool');
    expect(stdout + stderr).not.toContain('a-secret-that-is-no-secret');
    expect(existsSync(join(data, 'credentials.json'))).toBe(false);
  });

  test('takes developer keys from the environment, limited as they say, and audits to stderr if told to', async () => {
    const keys = [
      { accessKeyId: 'AKIAREADERREADERREAD', secretAccessKey: 'the-secret-of-the-reader', readOnly: true },
      {
        accessKeyId: 'AKIAENDEDENDEDENDED1',
        secretAccessKey: 'the-secret-of-the-ended',
        expires: '2020-01-01',
      },
    ];
    const child = spawnHoldall(['serve', '--port', '0', '--log-level', 'silent', '--audit-log', '-'], {
      HOLDALL_DATA: data,
      HOLDALL_DEVELOPER_KEYS: JSON.stringify(keys),
    });
    const end = ended(child);
    const endpoint = await readyUrl(child);
    const clients = keys.map(
      (credentials) => new CognitoIdentity({ endpoint, region: 'us-east-1', credentials, maxAttempts: 1 }),
    );
    const pool = { IdentityPoolName: 'demo', AllowUnauthenticatedIdentities: true };
    expect(await clients[0]?.listIdentityPools({ MaxResults: 1 })).toMatchObject({ IdentityPools: [] });
    await expect(clients[0]?.createIdentityPool(pool)).rejects.toMatchObject({
      name: 'NotAuthorizedException',
    });
    await expect(clients[1]?.listIdentityPools({ MaxResults: 1 })).rejects.toMatchObject({
      name: 'UnrecognizedClientException',
    });
    for (const client of clients) client.destroy();
    child.kill('SIGTERM');
    const { stderr } = await end;
    expect(stderr).not.toContain('the-secret');
    const lines = stderr.trim().split('\n');
    expect(lines.map((line) => JSON.parse(line))).toMatchObject([
      { actor: { kind: 'developer', accessKeyId: 'AKIAREADERREADERREAD' }, action: 'CreateIdentityPool' },
      { actor: { kind: 'unverified', accessKeyId: 'AKIAENDEDENDEDENDED1' }, action: 'ListIdentityPools' },
    ]);
  });

  test.each([
    [
      ['serve'],
      { HOLDALL_DEVELOPER_KEYS: '[{"accessKeyId":"AKIAREADERREADERREAD","secretAccessKey":"open sesame"}]' },
      'secretAccessKey must be 16 to 128 visible characters without spaces).',
    ],
    [
      ['serve', '--audit-log', '/nowhere/audit.log'],
      {},
      "ENOENT: no such file or directory, open '/nowhere/audit.log'",
    ],
    [['serve', '--port', '70000'], {}, "--port must be a whole number from 0 to 65535, not '70000'."],
    [['serve'], { HOLDALL_REGION: 'Mars' }, 'HOLDALL_REGION must be an AWS region'],
    [['serve'], { HOLDALL_PORTS: '1' }, 'Unknown variable HOLDALL_PORTS.'],
    [['serve', '--sport', '1'], {}, "unknown option '--sport'"],
    [['serf'], {}, "unknown command 'serf'"],
  ])('%j with %j stops and says why', async (args, variables, message) => {
    const { code, stdout, stderr } = await runHoldall(args, { HOLDALL_DATA: data, ...variables });
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toContain(message);
  });

  test('a port that is taken stops the start with one clear line', async () => {
    const child = spawnHoldall(['serve', '--port', '0', '--data', data, '--log-level', 'silent']);
    const end = ended(child);
    const { port } = new URL(await readyUrl(child));
    const second = await runHoldall(['serve', '--port', port, '--data', join(data, 'other')]);
    expect(second.code).toBe(1);
    expect(second.stderr).toMatch(/^holdall: .*EADDRINUSE.*\n$/);
    child.kill('SIGTERM');
    await end;
  });
});

describe('what cannot go on', () => {
  test('a writer that dies makes the server not ready and ends it with 1, for a supervisor to start it again', async () => {
    // Ends the writer thread from outside, on a signal that nothing else uses.
    const script = "process.once('worker', (w) => process.once('SIGUSR2', () => w.terminate()))";
    const child = spawnHoldall(['serve', '--port', '0', '--data', data], {
      NODE_OPTIONS: `--import data:text/javascript,${encodeURIComponent(script)}`,
    });
    const end = ended(child);
    await readyUrl(child);
    child.kill('SIGUSR2');
    const { code, stderr } = await end;
    expect(code).toBe(1);
    expect(stderr).toContain('the writer stopped');
  });

  test('a second server on the same data directory is refused, and the first goes on', async () => {
    const child = spawnHoldall(['serve', '--port', '0', '--data', data, '--log-level', 'silent']);
    const end = ended(child);
    const url = await readyUrl(child);
    const second = await runHoldall(['serve', '--port', '0', '--data', data]);
    expect(second.code).toBe(1);
    expect(second.stderr).toMatch(/^holdall: Another holdall uses this data directory .*\n$/);
    expect((await fetch(`${url}/health`)).status).toBe(200);
    child.kill('SIGKILL');
    await end;
    const third = spawnHoldall(['serve', '--port', '0', '--data', data, '--log-level', 'silent']);
    const thirdEnd = ended(third);
    await readyUrl(third);
    third.kill('SIGTERM');
    expect((await thirdEnd).code).toBe(0);
  });
});

describe('holdall backup', () => {
  test('copies the database while the service runs, and never replaces a file', async () => {
    const child = spawnHoldall(['serve', '--port', '0', '--data', data, '--log-level', 'silent']);
    const end = ended(child);
    await readyUrl(child);
    const copy = join(data, 'copy.db');
    expect(await runHoldall(['backup', '--data', data, '--to', copy])).toMatchObject({ code: 0 });
    expect(statSync(copy).mode & 0o777).toBe(0o600);
    const again = await runHoldall(['backup', '--data', data, '--to', copy]);
    expect(again.code).toBe(1);
    expect(again.stderr).toContain('exists already');
    child.kill('SIGTERM');
    await end;
  });

  test('says when there is nothing to copy', async () => {
    const { code, stderr } = await runHoldall(['backup', '--data', data, '--to', join(data, 'copy.db')]);
    expect(code).toBe(1);
    expect(stderr).toContain(`There is no database at ${join(data, 'holdall.db')}.`);
  });
});
