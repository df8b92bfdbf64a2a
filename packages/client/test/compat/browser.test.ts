import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { rolldown } from 'rolldown';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { chromiumPath } from '../../../../tools/install-clients.ts';
import { type Library, type Service, startService } from './devices.ts';

// One page, on amazon-cognito-js and on the facade: its HTML differs in one script element.

let service: Service;
let browser: Browser;
let pages: Server;

beforeAll(async () => {
  service = await startService();
  pages = await servePages();
  const executablePath = chromiumPath();
  if (executablePath === undefined) throw new Error('There is no Chromium here. CHROMIUM_PATH can name one.');
  browser = await chromium.launch({
    executablePath,
    args: ['--headless=new', '--no-sandbox', '--disable-gpu', '--disable-background-networking'],
  });
});

afterAll(async () => {
  await browser.close();
  await new Promise((closed) => pages.close(closed));
  await service.close();
});

async function servePages(): Promise<Server> {
  const require = createRequire(import.meta.url);
  const read = (name: string) => readFileSync(new URL(name, import.meta.url), 'utf8');
  const scripts: Readonly<Record<string, string>> = {
    '/aws-sdk.js': readFileSync(require.resolve('aws-sdk/dist/aws-sdk.min.js'), 'utf8'),
    '/amazon-cognito-js.js': readFileSync(require.resolve('amazon-cognito-js'), 'utf8'),
    '/facade.js': await bundledFacade(),
    '/notes.js': read('notes.js'),
  };
  const html = read('notes.html');
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? '', 'http://localhost');
    const script = scripts[pathname];
    response.setHeader('Content-Type', `text/${script ? 'javascript' : 'html'}; charset=utf-8`);
    response.end(script ?? html.replace('<!-- the library -->', `<script src="${pathname}.js"></script>`));
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  return server;
}

async function bundledFacade(): Promise<string> {
  const bundle = await rolldown({
    input: fileURLToPath(new URL('guide/compat-library.ts', import.meta.url)),
    platform: 'browser',
  });
  const { output } = await bundle.generate({ format: 'iife' });
  await bundle.close();
  return output[0].code;
}

interface Device {
  readonly page: Page;
  readonly identityId: string;
  save(key: string, text: string): Promise<void>;
  remove(key: string): Promise<void>;
  synchronize(choice?: 'nothing' | 'local' | 'remote'): Promise<string>;
  notes(): Promise<string>;
}

/** The page in a profile of its own, as on another device, unless one is given. */
async function open(library: Library, identityId?: string, profile?: BrowserContext): Promise<Device> {
  const page = await (profile ?? (await browser.newContext())).newPage();
  const query = new URLSearchParams({
    endpoint: service.url,
    region: 'us-east-1',
    pool: service.poolId,
    ...(identityId && { identity: identityId }),
  });
  const status = page.locator('#status');
  let steps = 0;
  /** What the page says after its next step. */
  const told = async (): Promise<string> => {
    steps += 1;
    await page.waitForFunction(
      (step) => document.querySelector('#status')?.textContent?.startsWith(`${step}: `),
      steps,
    );
    return (await status.textContent())?.replace(/^\d+: /, '') ?? '';
  };
  const { port } = pages.address() as AddressInfo;
  await page.goto(`http://127.0.0.1:${port}/${library}?${query}`);
  expect(await told()).toBe('ready');
  return {
    page,
    identityId: await page.title(),
    async save(key, text) {
      await page.fill('#key', key);
      await page.fill('#text', text);
      await page.click('#save');
      expect(await told()).toBe(`saved ${key}`);
    },
    async remove(key) {
      await page.fill('#key', key);
      await page.click('#remove');
      expect(await told()).toBe('removed');
    },
    async synchronize(choice = 'nothing') {
      await page.selectOption('#choice', choice);
      await page.click('#synchronize');
      return told();
    },
    notes: async () => (await page.locator('#notes').textContent()) ?? '',
  };
}

describe.each<[Library, Library]>([
  ['amazon-cognito-js', 'facade'],
  ['facade', 'amazon-cognito-js'],
])('a page on %s and the same page on %s', (first, second) => {
  test('see the same, conflicts and removals included', async () => {
    const phone = await open(first);
    const tablet = await open(second, phone.identityId);
    expect(tablet.identityId).toBe(phone.identityId);

    await phone.save('milk', 'two litres 🥛');
    await phone.save('bread', 'rye');
    expect(await phone.synchronize()).toBe('synchronized');
    expect(await tablet.synchronize()).toBe('synchronized');
    expect(await tablet.notes()).toBe('bread=rye\nmilk=two litres 🥛');

    for (const choice of ['local', 'remote'] as const) {
      await phone.save('milk', `one, then ${choice}`);
      expect(await phone.synchronize()).toBe('synchronized');
      await tablet.save('milk', `three, then ${choice}`);
      expect(await tablet.synchronize()).toBe('failed');
      expect(await tablet.synchronize(choice)).toBe('synchronized');
      expect(await phone.synchronize()).toBe('synchronized');
      const outcome = choice === 'local' ? 'three, then local' : 'one, then remote';
      expect([await phone.notes(), await tablet.notes()]).toEqual([
        `bread=rye\nmilk=${outcome}`,
        `bread=rye\nmilk=${outcome}`,
      ]);
    }

    await tablet.remove('bread');
    expect(await tablet.synchronize()).toBe('synchronized');
    expect(await phone.synchronize()).toBe('synchronized');
    expect(await phone.notes()).toBe('milk=one, then remote');
  });

  test('find their notes again after a reload', async () => {
    const profile = await browser.newContext();
    const phone = await open(first, undefined, profile);
    await phone.save('milk', 'two litres');
    const again = await open(first, undefined, profile);
    expect([again.identityId, await again.notes()]).toEqual([phone.identityId, 'milk=two litres']);
    expect(await again.synchronize()).toBe('synchronized');
    const tablet = await open(second, phone.identityId);
    expect(await tablet.synchronize()).toBe('synchronized');
    expect(await tablet.notes()).toBe('milk=two litres');
  });
});

test('a page that changes its script finds what it kept, and sends what it had not sent', async () => {
  const profile = await browser.newContext();
  const before = await open('amazon-cognito-js', undefined, profile);
  await before.save('milk', 'two litres');
  await before.save('bread', 'rye');
  await before.synchronize();
  await before.save('milk', 'three litres');
  await before.save('tea', 'green');
  await before.remove('bread');
  await before.page.close();

  const after = await open('facade', undefined, profile);
  expect([after.identityId, await after.notes()]).toEqual([
    before.identityId,
    'milk=three litres\ntea=green',
  ]);
  expect(await after.synchronize()).toBe('synchronized');
  const ids = { IdentityPoolId: service.poolId, IdentityId: before.identityId };
  const { Records = [] } = await service.sync.listRecords({ ...ids, DatasetName: 'notes' });
  expect(Object.fromEntries(Records.map(({ Key = '', Value }) => [Key, Value]))).toEqual({
    milk: 'three litres',
    tea: 'green',
    bread: undefined,
  });
  // The page is loaded once more: what was taken over is not taken over again.
  await after.save('milk', 'none');
  const again = await open('facade', undefined, profile);
  expect(await again.notes()).toBe('milk=none\ntea=green');
  expect(await again.page.evaluate((id) => localStorage.getItem(`${id}.notes`), before.identityId)).toContain(
    'three litres',
  );
});
