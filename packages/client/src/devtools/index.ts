import { watchRecords } from '../dataset-records.ts';
import type { SyncClient } from '../sync-client.ts';
import { type Activity, noActivity, withEvent } from './activity.ts';
import { bugReport } from './bug-report.ts';
import { Panel } from './panel.ts';
import { type KeptDatasets, snapshotOf } from './snapshot.ts';

/** What `mountDevtools` is told. */
export interface DevtoolsOptions {
  /** Where the panel stands. Default: in the lower right corner of the window, above everything. */
  readonly container?: Element;
  /** Whether it is unfolded at first. Default: false. */
  readonly open?: boolean;
}

/**
 * Shows what a client has and does, in a shadow root of its own: datasets with their records as they are stored, syncs with
 * their requests, conflicts. Whoever sees the page sees the user's data in it: not for production.
 *
 * @returns ends it; nothing of it stays
 */
export function mountDevtools(client: SyncClient, options: DevtoolsOptions = {}): () => void {
  const devtools = new Devtools(client, options);
  return () => devtools.unmount();
}

class Devtools {
  readonly #client: SyncClient;
  readonly #panel: Panel;
  readonly #unsubscribe: (() => void)[] = [];
  readonly #watched = new Map<unknown, () => void>();
  #activity: Activity = noActivity;
  #kept: KeptDatasets = [];
  #isStale = true;
  #isReading = false;
  #frame: number | undefined;
  #isMounted = true;

  constructor(client: SyncClient, { container, open = false }: DevtoolsOptions) {
    this.#client = client;
    this.#panel = new Panel({
      isFloating: container === undefined,
      toggled: () => this.#changed(true),
      sync: () => this.#sync(),
      report: () => this.#report(),
    });
    (container ?? document.body).append(this.#panel.host);
    this.#unsubscribe.push(
      client.status.subscribe(() => this.#changed(true)),
      client.onEvent((event) => {
        this.#activity = withEvent(this.#activity, event);
        this.#changed(event.type === 'sync');
      }),
    );
    this.#panel.setOpen(open);
  }

  unmount(): void {
    this.#isMounted = false;
    for (const unsubscribe of [...this.#unsubscribe, ...this.#watched.values()]) unsubscribe();
    this.#watched.clear();
    if (this.#frame !== undefined) cancelAnimationFrame(this.#frame);
    this.#panel.host.remove();
  }

  /** `isStale`: what the store has may have changed, too. Nobody looks at what is not shown, and no more than once a frame. */
  #changed(isStale: boolean): void {
    this.#isStale ||= isStale;
    if (!this.#isMounted || !this.#panel.isOpen || this.#frame !== undefined) return;
    this.#frame = requestAnimationFrame(() => {
      this.#frame = undefined;
      void this.#show();
    });
  }

  async #show(): Promise<void> {
    this.#watch();
    this.#panel.show(snapshotOf(this.#client, this.#kept, this.#activity));
    if (this.#isStale) await this.#read();
  }

  async #read(): Promise<void> {
    if (this.#isReading) return;
    this.#isReading = true;
    this.#isStale = false;
    try {
      this.#kept = await this.#client.inspect();
      this.#changed(false);
    } catch (error) {
      this.#panel.say(`The device's storage cannot be read: ${(error as Error).message}`);
    } finally {
      this.#isReading = false;
    }
  }

  #watch(): void {
    for (const dataset of this.#client.openDatasets()) {
      if (this.#watched.has(dataset)) continue;
      this.#watched.set(
        dataset,
        watchRecords(dataset, () => this.#changed(false)),
      );
    }
  }

  /** How it went is in the list of syncs. */
  async #sync(): Promise<void> {
    try {
      await this.#client.syncAll();
      this.#panel.say('All open datasets are synchronised.');
    } catch (error) {
      this.#panel.say((error as Error).message);
    }
  }

  async #report(): Promise<string> {
    this.#kept = await this.#client.inspect().catch(() => this.#kept);
    const snapshot = snapshotOf(this.#client, this.#kept, this.#activity);
    return bugReport(snapshot, Date.now(), navigator.userAgent);
  }
}
