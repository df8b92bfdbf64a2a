import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startTestServer, type TestServer } from '@holdall/server/testing';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { chromiumPath } from '../../../../tools/install-clients.ts';
import { streamRequest } from '../live/live-stream.ts';
import {
  endScenario,
  type Guest,
  newGuest,
  openDataset,
  present,
  replace,
  type Scenario,
  startScenario,
  syncClient,
} from './scenario.ts';

// The browser's own EventSource, with a presigned URL, and its fetch, with signed headers, from a page of another origin.

interface Seen {
  readonly type: string;
  readonly datasetName?: string;
  readonly syncCount?: number;
  readonly lastEventId: string;
}

const data = mkdtempSync(join(tmpdir(), 'holdall-browser-live-'));
let scenario: Scenario;
let guest: Guest;
let pages: Server;
let browser: Browser;

beforeAll(async () => {
  scenario = await startScenario({ data });
  guest = await newGuest(scenario);
  pages = createServer((_request, response) => {
    response.setHeader('Content-Type', 'text/html');
    response.end('<!doctype html><meta charset="utf-8"><title>An app</title>');
  });
  await new Promise<void>((listening) => pages.listen(0, '127.0.0.1', listening));
  browser = await chromium.launch({
    executablePath: present(chromiumPath()),
    args: ['--headless=new', '--no-sandbox', '--disable-gpu', '--disable-background-networking'],
  });
});

afterAll(async () => {
  await browser.close();
  await new Promise((closed) => pages.close(closed));
  rmSync(data, { recursive: true, force: true });
});

async function openPage(): Promise<Page> {
  const page = await browser.newPage();
  await page.goto(`http://127.0.0.1:${(pages.address() as AddressInfo).port}/`);
  return page;
}

/** Waits until the page has seen the event, and returns all that it has seen. */
async function seenUntil(page: Page, event: Partial<Seen>): Promise<readonly Seen[]> {
  await page.waitForFunction(
    (wanted) =>
      (globalThis as unknown as { seen: Seen[] }).seen.some((one) =>
        Object.entries(wanted).every(([name, value]) => one[name as keyof Seen] === value),
      ),
    event,
  );
  return page.evaluate(() => (globalThis as unknown as { seen: Seen[] }).seen);
}

test('fetch streams with signed headers and Last-Event-ID, across origins', async () => {
  const page = await openPage();
  await openDataset(syncClient(scenario, guest), guest, 'first').update([replace('k', 'v')]);
  const { target, headers } = await streamRequest(scenario.server.url, guest.ids, {
    credentials: guest.credentials,
    headers: { 'Last-Event-ID': '1' },
  });
  const first = await page.evaluate(
    async ({ url, headers }) => {
      const { Host: _set, host: _too, ...sent } = headers as Record<string, string>;
      const response = await fetch(url, { headers: sent });
      const piece = await response.body?.getReader().read();
      return {
        status: response.status,
        requestId: response.headers.get('x-amzn-RequestId'),
        text: new TextDecoder().decode(piece?.value),
      };
    },
    { url: scenario.server.url + target, headers },
  );
  expect(first).toEqual({
    status: 200,
    requestId: expect.stringMatching(/^[0-9a-f-]{36}$/),
    text: expect.stringMatching(/^retry: \d+\nevent: ready\ndata: .*\nid: 1\n\n$/),
  });
  await page.close();
});

test('EventSource hears changes, and what it missed during a restart when it comes back by itself', async () => {
  const page = await openPage();
  const { url } = scenario.server;
  const { target } = await streamRequest(url, guest.ids, {
    credentials: guest.credentials,
    signing: { presignedSeconds: 900 },
  });
  await page.evaluate((address) => {
    const seen: Seen[] = [];
    const source = new EventSource(address);
    for (const type of ['ready', 'change', 'end']) {
      source.addEventListener(type, ({ data, lastEventId }) => {
        const { datasetName, syncCount } = JSON.parse(data) as Partial<Seen>;
        seen.push({ type, ...(datasetName && { datasetName, syncCount }), lastEventId } as Seen);
      });
    }
    Object.assign(globalThis, { seen });
  }, url + target);
  await seenUntil(page, { type: 'change', datasetName: 'first', syncCount: 1 });
  await openDataset(syncClient(scenario, guest), guest, 'settings').update([replace('k', 'v')]);
  await seenUntil(page, { type: 'change', datasetName: 'settings', syncCount: 1, lastEventId: '2' });

  await endScenario(scenario);
  await seenUntil(page, { type: 'end' });
  await changeElsewhere();
  const { port } = new URL(url);
  await using again = await startTestServer({ data, flags: { port } });
  const seen = await seenUntil(page, { datasetName: 'settings', syncCount: 2, lastEventId: '3' });
  expect(seen.filter(({ type }) => type === 'ready')).toHaveLength(2);
  expect(again.faults).toEqual([]);
  await page.close();
});

/** While the page's server is down, another one on the same data takes an update. */
async function changeElsewhere(): Promise<void> {
  await using server: TestServer = await startTestServer({ data });
  const elsewhere = { ...scenario, endpoint: { endpoint: server.url, region: server.region } };
  await openDataset(syncClient(elsewhere, guest), guest, 'settings').update([replace('k', 'w', 1)]);
}
