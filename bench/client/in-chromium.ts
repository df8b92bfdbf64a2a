import { createRequire } from 'node:module';
import type { Page } from 'playwright-core';
import { openBrowser } from '../../packages/client/test/browser/open-browser.ts';
import type { User } from './device.ts';
import type { Library, PageGlobals } from './page.ts';
import type { Run, Task } from './tasks.ts';

/** A real Chromium whose profile is on the disk, and both libraries in its pages. */
export interface Chromium extends AsyncDisposable {
  run(library: Library, task: Task): Promise<Run>;
  /** Milliseconds from a write in one tab until another has seen it and written an answer that is seen, each time. */
  pingTabs(library: Library, user: User, times: number): Promise<number[]>;
}

/** @param directory for the profile; whoever gives it removes it */
export async function openChromium(directory: string): Promise<Chromium> {
  const browser = await openBrowser({ entry: new URL('page.ts', import.meta.url), directory });
  const openPage = async () => withLegacyLibrary(await browser.openPage());
  const page = await openPage();
  return {
    run: (library, task) =>
      page.evaluate(([one, what]) => (globalThis as unknown as PageGlobals).run(one, what), [
        library,
        task,
      ] as const),
    async pingTabs(library, user, times) {
      const [answering, asking] = [await openPage(), await openPage()];
      await answering.evaluate(([one, who]) => (globalThis as unknown as PageGlobals).answer(one, who), [
        library,
        user,
      ] as const);
      const latencies = await asking.evaluate(
        ([one, who, often]) => (globalThis as unknown as PageGlobals).ask(one, who, often),
        [library, user, times] as const,
      );
      await answering.close();
      await asking.close();
      return latencies;
    },
    [Symbol.asyncDispose]: () => browser.close(),
  };
}

async function withLegacyLibrary(page: Page): Promise<Page> {
  const require = createRequire(import.meta.url);
  await page.addScriptTag({ path: require.resolve('aws-sdk/dist/aws-sdk.min.js') });
  await page.addScriptTag({ path: require.resolve('amazon-cognito-js') });
  await page.waitForFunction('globalThis.run !== undefined');
  return page;
}
