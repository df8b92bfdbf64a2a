import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { type BrowserContext, chromium, type Page } from 'playwright-core';
import { rolldown } from 'rolldown';
import { chromiumPath } from '../../../../tools/install-clients.ts';

/** A real Chromium, and an origin on the loopback whose every page runs the script of one entry. */
export interface OpenBrowser {
  /** `http://127.0.0.1:<port>`, a secure context for browsers. */
  readonly origin: string;
  /**
   * A page with the entry's script loaded. Pages of one profile share storage, locks and channels as tabs do; without a
   * profile it gets one of its own, as another device would.
   */
  openPage(profile?: BrowserContext): Promise<Page>;
  newProfile(): Promise<BrowserContext>;
  close(): Promise<void>;
}

export interface BrowserSettings {
  /** The script of every page: a TypeScript file, bundled here. Whatever a test calls it puts on `globalThis`. */
  readonly entry: URL;
}

/** Whoever opens it closes it, pages included. */
export async function openBrowser({ entry }: BrowserSettings): Promise<OpenBrowser> {
  const executablePath = chromiumPath();
  if (executablePath === undefined) throw new Error('There is no Chromium here. CHROMIUM_PATH can name one.');
  const script = await bundle(entry, { minify: false });
  const server = await serve(script);
  const browser = await chromium
    .launch({ executablePath, args: chromiumArguments })
    .catch((error: unknown) => {
      server.close();
      throw error;
    });
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    origin,
    newProfile: () => browser.newContext(),
    async openPage(profile) {
      const page = await (profile ?? (await browser.newContext())).newPage();
      await page.goto(origin);
      return page;
    },
    async close() {
      await browser.close();
      server.closeAllConnections();
      await new Promise((closed) => server.close(closed));
    },
  };
}

const chromiumArguments = [
  '--headless=new',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** One script for a browser of `entry` and all that it imports; the face of the entry is not kept. */
export async function bundle(entry: URL, { minify }: { readonly minify: boolean }): Promise<string> {
  const bundled = await rolldown({ input: fileURLToPath(entry), platform: 'browser' });
  try {
    const { output } = await bundled.generate({ format: 'esm', minify });
    return output[0].code;
  } finally {
    await bundled.close();
  }
}

async function serve(script: string): Promise<Server> {
  const html =
    '<!doctype html><meta charset="utf-8"><title>An app</title><script type="module" src="/app.js"></script>';
  const server = createServer((request, response) => {
    const isScript = request.url === '/app.js';
    response.setHeader('Content-Type', isScript ? 'text/javascript; charset=utf-8' : 'text/html');
    response.end(isScript ? script : html);
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  return server;
}
