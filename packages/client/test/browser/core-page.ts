import { createSyncClient, type LocalStore, type Tabs, webTabs } from '@holdall/client';
import { indexedDbStore } from '@holdall/client/stores/indexeddb';
import { scenarios } from '../scenarios/all.ts';
import { type Ground, type Place, play } from '../scenarios/stage.ts';

// The script of the pages of core.test.ts. A page plays scenarios; the tabs that they open are pages too, whose clients
// it uses as its own, with the storage, locks and channels of those pages.

type PageTools = Pick<Ground, 'create'> & {
  readonly openStore: (device: string) => LocalStore;
  readonly openTabs: (device: string) => Tabs;
};

/** Devices share the origin, and must not hear of each other. */
function openTabs(device: string): Tabs {
  const tabs = webTabs();
  return {
    exclusively: (name, signal, work) => tabs.exclusively(`${device} ${name}`, signal, work),
    channel: (name, received) => tabs.channel(`${device} ${name}`, received),
  };
}

const openStore = (device: string) => indexedDbStore({ name: device });

const tools: PageTools = { create: createSyncClient, openStore, openTabs };

async function openPage(): Promise<{ readonly tools: PageTools; close(): void }> {
  const page = window.open(location.href) as (Window & { tools?: PageTools }) | null;
  if (!page) throw new Error('The browser opens no tabs.');
  await new Promise((loaded) => page.addEventListener('load', loaded, { once: true }));
  if (!page.tools) throw new Error('The tab has not loaded.');
  return { tools: page.tools, close: () => page.close() };
}

const ground = (
  { create, openStore, openTabs }: PageTools,
  device: string,
  crash: () => Promise<void>,
): Ground => ({
  create,
  store: openStore(device),
  tabs: openTabs(device),
  crash,
});

const page = {
  groups: Object.entries(scenarios).map(([group, ofGroup]) => ({
    group,
    names: ofGroup.map(({ name }) => name),
  })),

  /** Plays one scenario. @throws what it throws */
  async play(group: string, name: string, service: Place['service']): Promise<void> {
    const scenario = scenarios[group]?.find((one) => one.name === name);
    if (!scenario) throw new Error(`There is no scenario '${name}'.`);
    // Names of one scenario are those of another's devices too.
    const run = crypto.randomUUID();
    await play(scenario, {
      service,
      store: (device) => openStore(`${run} ${device}`),
      here: async (device) => ground(tools, `${run} ${device}`, async () => {}),
      async tab(device) {
        const opened = await openPage();
        return ground(opened.tools, `${run} ${device}`, async () => opened.close());
      },
    });
  },
};

Object.assign(globalThis, { page, tools });
