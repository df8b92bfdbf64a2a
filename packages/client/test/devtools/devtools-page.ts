// What the pages of devtools-browser.test.ts can do.
import { createSyncClient, guest, resolvers } from '@holdall/client';
import { mountDevtools } from '@holdall/client/devtools';
import { liveChanges } from '@holdall/client/live';
import { memoryStore } from '@holdall/client/stores/memory';
import { createTestServer } from '@holdall/client/testing';
import { countSubscriptions } from '../react/count-subscriptions.ts';

document.documentElement.lang = 'en';
const main = document.createElement('main');
main.innerHTML = '<h1>An app</h1><p>Its own content, with a <a href="#a">link</a>.</p><div id="place"></div>';
main.style.cssText = 'font: 16px system-ui; color-scheme: light dark; color: CanvasText';
document.documentElement.style.cssText = 'color-scheme: light dark; background: Canvas';
document.body.append(main);

const server = createTestServer();
const client = createSyncClient({
  endpoint: server.url,
  identity: guest({ identityPoolId: server.identityPoolId }),
  store: memoryStore(),
  fetch: server.fetch,
  live: liveChanges(),
  autoSync: false,
});
const notes = client.dataset('notes', { resolve: resolvers.defer });

function writeElsewhere(values: Readonly<Record<string, string | null>>): void {
  server.write(client.status.get().identity?.identityId ?? '', 'notes', values);
}

/** A bit of everything. */
async function useTheApp(): Promise<void> {
  await notes.set('shopping', 'bread');
  await notes.set('gone', 'soon');
  await notes.set('long', 'Lorem ipsum dolor sit amet. '.repeat(40));
  await notes.set(
    'markup',
    `<img src="nowhere" onerror="page.intruded = true"><script>page.intruded = true</script>`,
  );
  const settings = client.dataset('settings');
  await settings.set('theme', 'dark');
  await client.syncAll();
  await notes.set('shopping', 'bread and milk');
  writeElsewhere({ shopping: 'butter', fromElsewhere: 'a value' });
  await notes.sync();
  await notes.remove('gone');
  await notes.set('idea', 'not sent yet');
}

let unmount = () => {};
const page = {
  notes,
  client,
  server,
  intruded: false,
  useTheApp,
  writeElsewhere,
  countSubscriptions: () => countSubscriptions(notes),
  mount(open: boolean, isInPlace = false): void {
    const container = document.getElementById('place');
    unmount = mountDevtools(client, { open, ...(isInPlace && container && { container }) });
  },
  unmount: () => unmount(),
  failToSync(): Promise<unknown> {
    return notes.sync({ timeoutMs: 0 }).catch((error) => error.code);
  },
};

Object.assign(globalThis, { page });
