import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import type AWS from 'aws-sdk';
import { type Browser, chromium, type Page } from 'playwright-core';
import { rolldown } from 'rolldown';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { chromiumPath } from '../../../../tools/install-clients.ts';
import type { BrowserSdk } from './browser-sdk.ts';
import { endScenario, present, startScenario } from './scenario.ts';

/** What the pages' scripts define. */
interface PageGlobals {
  readonly AWS: typeof AWS;
  readonly SDK: BrowserSdk;
  openDevice(options: object): Promise<string>;
  refusalOf(call: Promise<unknown>): Promise<object | undefined>;
}

const scenario = await startScenario();
const { endpoint, poolId } = scenario;
let pages: Server;
let browser: Browser;

beforeAll(async () => {
  pages = await servePages();
  browser = await chromium.launch({
    executablePath: present(chromiumPath()),
    args: [
      '--headless=new',
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
});

afterAll(async () => {
  await browser.close();
  await new Promise((closed) => pages.close(closed));
  await endScenario(scenario);
});

/** Serves pages from an origin of its own, so that every call of theirs crosses origins. */
async function servePages(): Promise<Server> {
  const require = createRequire(import.meta.url);
  const read = (path: string) => readFileSync(path, 'utf8');
  const scripts = new Map([
    ['/aws-sdk.js', read(require.resolve('aws-sdk/dist/aws-sdk.min.js'))],
    ['/amazon-cognito.js', read(require.resolve('amazon-cognito-js'))],
    ['/device.js', read(localPath('browser-device.js'))],
    ['/aws-sdk-v3.js', await bundledSdk()],
  ]);
  const elements = [...scripts.keys()].map((path) => `<script src="${path}"></script>`);
  const html = `<!doctype html><meta charset="utf-8"><title>An app</title>${elements.join('')}`;
  const server = createServer((request, response) => {
    const script = scripts.get(request.url ?? '');
    response.setHeader('Content-Type', script ? 'text/javascript; charset=utf-8' : 'text/html');
    response.end(script ?? html);
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  return server;
}

async function bundledSdk(): Promise<string> {
  const bundle = await rolldown({
    input: localPath('browser-sdk.ts'),
    platform: 'browser',
    // Providers for Node share a package with the one for pages. None of theirs is left in the bundle.
    external: /^node:/,
  });
  const { output } = await bundle.generate({ format: 'iife' });
  await bundle.close();
  return output[0].code;
}

function localPath(name: string): string {
  return fileURLToPath(new URL(name, import.meta.url));
}

/** A page in a browser profile of its own: another device. */
async function openPage(): Promise<Page> {
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.goto(`http://127.0.0.1:${(pages.address() as AddressInfo).port}/`);
  return page;
}

/** One more device of the user; of a new user when none is named. */
async function openDevice(identityId?: string) {
  const page = await openPage();
  const options = { ...endpoint, poolId, identityId };
  const signedInAs = await page.evaluate(
    (given) => (globalThis as unknown as PageGlobals).openDevice(given),
    options,
  );
  return { page, identityId: signedInAs, run: (script: string) => page.evaluate<unknown>(script) };
}

describe('amazon-cognito-js in a page', () => {
  test('syncs two devices of one user, conflicts resolved and a removal included', async () => {
    const phone = await openDevice();
    const tablet = await openDevice(phone.identityId);
    expect(tablet.identityId).toBe(phone.identityId);

    await phone.run(`device.put('theme', 'dunkel 🌒').then(() => device.put('font', 'serif'))`);
    await phone.run('device.synchronize()');
    await tablet.run('device.synchronize()');
    expect(await tablet.run('device.getAll()')).toEqual({ theme: 'dunkel 🌒', font: 'serif' });

    await phone.run(`device.put('theme', 'light').then(() => device.synchronize())`);
    await tablet.run(`device.put('theme', 'sepia')`);
    await expect(tablet.run('device.synchronize()')).rejects.toThrow('Conflict callback returned false');
    await tablet.run(`device.synchronize('resolveWithLocalRecord')`);
    await phone.run('device.synchronize()');
    expect(await phone.run('device.getAll()')).toEqual({ theme: 'sepia', font: 'serif' });

    await phone.run(`device.remove('font').then(() => device.synchronize())`);
    await tablet.run('device.synchronize()');
    expect(await tablet.run('device.getAll()')).toEqual({ theme: 'sepia', font: '' });
  });

  test('finds its user and its records again after a reload', async () => {
    const phone = await openDevice();
    await phone.run(`device.put('theme', 'dark')`);
    await phone.page.reload();
    const signedInAs = await phone.page.evaluate(
      (given) => (globalThis as unknown as PageGlobals).openDevice(given),
      { ...endpoint, poolId },
    );
    expect(signedInAs).toBe(phone.identityId);
    await phone.run('device.synchronize()');

    const tablet = await openDevice(phone.identityId);
    await tablet.run('device.synchronize()');
    expect(await tablet.run('device.getAll()')).toEqual({ theme: 'dark' });
  });
});

describe('aws-sdk v2 in a page', () => {
  test('is preflighted, and reads the type and the request id of an error', async () => {
    const phone = await openDevice();
    await phone.run(`device.put('theme', 'dark').then(() => device.synchronize())`);
    const preflights: string[] = [];
    const inspector = await phone.page.context().newCDPSession(phone.page);
    inspector.on('Network.requestWillBeSent', ({ request }) => {
      if (request.method === 'OPTIONS') preflights.push(new URL(request.url).pathname);
    });
    await inspector.send('Network.enable');

    const refusal = await phone.page.evaluate(
      async (ids) => {
        const { AWS, refusalOf } = globalThis as unknown as PageGlobals;
        const sync = new AWS.CognitoSync();
        const dataset = { ...ids, DatasetName: 'settings' };
        const { SyncSessionToken = '' } = await sync.listRecords(dataset).promise();
        const patch = { Op: 'replace', Key: 'theme', Value: 'light', SyncCount: 0 };
        return refusalOf(
          sync.updateRecords({ ...dataset, SyncSessionToken, RecordPatches: [patch] }).promise(),
        );
      },
      { IdentityPoolId: poolId, IdentityId: phone.identityId },
    );
    expect(refusal).toMatchObject({
      code: 'ResourceConflictException',
      statusCode: 409,
      message: 'Current SyncCount for: theme is: 1 not: 0',
      requestId: expect.stringMatching(/^[0-9a-f-]{36}$/),
    });
    expect(preflights).toContainEqual(expect.stringMatching(/\/datasets\/settings\/records$/));
  });

  test('corrects a clock that is an hour late from the Date header', async () => {
    const phone = await openDevice();
    const offset = await phone.page.evaluate(
      async (ids) => {
        const { AWS } = globalThis as unknown as PageGlobals;
        const sync = new AWS.CognitoSync({ correctClockSkew: true, systemClockOffset: -3_600_000 });
        await sync.listDatasets(ids).promise();
        return sync.config.systemClockOffset;
      },
      { IdentityPoolId: poolId, IdentityId: phone.identityId },
    );
    expect(Math.abs(present(offset))).toBeLessThan(60_000);
  });
});

test('aws-sdk v3 in a page gets guest credentials, syncs and receives typed errors', async () => {
  const page = await openPage();
  const seen = await page.evaluate(
    async ({ poolId, endpoint }) => {
      const { SDK, refusalOf } = globalThis as unknown as PageGlobals;
      const credentials = SDK.fromCognitoIdentityPool({ identityPoolId: poolId, clientConfig: endpoint });
      const { identityId } = await credentials();
      const sync = new SDK.CognitoSync({ ...endpoint, credentials });
      const dataset = { IdentityPoolId: poolId, IdentityId: identityId, DatasetName: 'My.data:set-1_x' };
      const update = async (SyncCount: number) => {
        const { SyncSessionToken } = await sync.listRecords(dataset);
        const patch = { Op: 'replace', Key: 'lev el/1:é', Value: '42', SyncCount } as const;
        return sync.updateRecords({ ...dataset, SyncSessionToken, RecordPatches: [patch] });
      };
      const { Records } = await update(0);
      const stale = update(0);
      const isTyped = await stale.catch((error) => error instanceof SDK.ResourceConflictException);
      const refusal = await refusalOf(stale);
      const { Dataset } = await sync.deleteDataset(dataset);
      return { written: Records?.map(({ Key, SyncCount }) => [Key, SyncCount]), isTyped, refusal, Dataset };
    },
    { poolId, endpoint },
  );
  expect(seen).toMatchObject({
    written: [['lev el/1:é', 1]],
    isTyped: true,
    refusal: {
      name: 'ResourceConflictException',
      message: 'Current SyncCount for: lev el/1:é is: 1 not: 0',
    },
    Dataset: { DatasetName: 'My.data:set-1_x', NumRecords: 1 },
  });
});
