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
  /** A directory for the one profile of this browser, which outlives it; absent: profiles in memory, as many as wanted. */
  readonly directory?: string;
  /** To find what an origin has kept in `directory`; any that is free when absent. */
  readonly port?: number;
}

/** Whoever opens it closes it, pages included. */
export async function openBrowser({ entry, directory, port = 0 }: BrowserSettings): Promise<OpenBrowser> {
  const server = await serve(await bundle(entry, { minify: false }), port);
  const profiles = await launch(directory).catch((error: unknown) => {
    server.close();
    throw error;
  });
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    origin,
    newProfile: profiles.next,
    async openPage(profile) {
      const page = await (profile ?? (await profiles.next())).newPage();
      await page.goto(origin);
      return page;
    },
    async close() {
      await profiles.close();
      server.closeAllConnections();
      await new Promise((closed) => server.close(closed));
    },
  };
}

interface Profiles {
  next(): Promise<BrowserContext>;
  close(): Promise<void>;
}

async function launch(directory: string | undefined): Promise<Profiles> {
  const executablePath = chromiumPath();
  if (executablePath === undefined) throw new Error('There is no Chromium here. CHROMIUM_PATH can name one.');
  if (directory === undefined) {
    const browser = await chromium.launch({ executablePath, args: chromiumArguments });
    return { next: () => browser.newContext(), close: () => browser.close() };
  }
  const context = await chromium.launchPersistentContext(directory, {
    executablePath,
    args: chromiumArguments,
  });
  return { next: async () => context, close: () => context.close() };
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

export interface BundleSettings {
  readonly minify: boolean;
  /** Modules that stay imports, such as what an app has anyway. */
  readonly external?: readonly (string | RegExp)[];
}

/** One script for a browser of `entry` and all that it imports; the face of the entry is not kept. */
export async function bundle(entry: URL, { minify, external = [] }: BundleSettings): Promise<string> {
  const bundled = await rolldown({
    input: fileURLToPath(entry),
    platform: 'browser',
    external: [...external],
    // For servers that render, which read the modules themselves.
    checks: { moduleLevelDirective: false },
  });
  try {
    const { output } = await bundled.generate({ format: 'esm', minify });
    return output[0].code;
  } finally {
    await bundled.close();
  }
}

async function serve(script: string, port: number): Promise<Server> {
  const html =
    '<!doctype html><meta charset="utf-8"><title>An app</title><script type="module" src="/app.js"></script>';
  const server = createServer((request, response) => {
    const isScript = request.url === '/app.js';
    response.setHeader('Content-Type', isScript ? 'text/javascript; charset=utf-8' : 'text/html');
    response.end(isScript ? script : html);
  });
  await new Promise<void>((listening) => server.listen(port, '127.0.0.1', listening));
  return server;
}
