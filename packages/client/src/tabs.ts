/** How tabs of one origin find each other. The default uses Web Locks and a BroadcastChannel. */
export interface Tabs {
  /**
   * Runs `work` while no other tab runs work under the same name, waiting for its turn.
   *
   * @throws the signal's reason when it is aborted while waiting
   */
  exclusively<T>(name: string, signal: AbortSignal, work: () => Promise<T>): Promise<T>;
  /** Sends to the other tabs, and receives from them. Messages are structured clones. */
  channel(name: string, received: (message: unknown) => void): TabChannel;
}

/** The tabs that share one store: others have locks of their own. */
export function tabsOf(tabs: Tabs, store: string): Tabs {
  return {
    exclusively: (name, signal, work) => tabs.exclusively(`${name}@${store}`, signal, work),
    channel: (name, received) => tabs.channel(`${name}@${store}`, received),
  };
}

/** One tab's end of a channel between tabs. */
export interface TabChannel {
  send(message: unknown): void;
  close(): void;
}
