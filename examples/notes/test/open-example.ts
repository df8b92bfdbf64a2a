import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BrowserContext, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { chromiumPath } from '../../../tools/install-clients.ts';
import { type RunningExample, startExample } from '../service/start-example.ts';

/** The example as `npm run example` starts it, with data of its own, and a real Chromium to open it in. */
export interface OpenExample {
  readonly example: RunningExample;
  /** The data directory, with the service's database. */
  readonly data: string;
  /** A browser with storage of its own. Pages of one device are its windows. */
  newDevice(options?: BrowserContextOptions): Promise<BrowserContext>;
  /** A window of the device, with the app ready to be used; of a new device when none is given. */
  openWindow(device?: BrowserContext): Promise<Page>;
  close(): Promise<void>;
}

/** Whoever opens it closes it. */
export async function openExample(): Promise<OpenExample> {
  const executablePath = chromiumPath();
  if (executablePath === undefined) throw new Error('There is no Chromium here. CHROMIUM_PATH can name one.');
  const data = mkdtempSync(join(tmpdir(), 'holdall-example-'));
  await using opened = new AsyncDisposableStack();
  opened.defer(() => rmSync(data, { recursive: true, force: true }));
  const example = await startExample({
    data,
    appPort: 0,
    signInPort: 0,
    servicePort: 0,
    watches: false,
  });
  opened.defer(() => example.close());
  const browser = await chromium.launch({
    executablePath,
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run'],
  });
  opened.defer(() => browser.close());
  const owned = opened.move();
  const newDevice = (options?: BrowserContextOptions) => browser.newContext(options);
  return {
    example,
    data,
    newDevice,
    async openWindow(device) {
      const page = await (device ?? (await newDevice())).newPage();
      page.setDefaultTimeout(20_000);
      await page.goto(example.url);
      await page.getByText('Saved, live').first().waitFor();
      return page;
    },
    close: () => owned.disposeAsync(),
  };
}
