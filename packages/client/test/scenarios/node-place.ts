import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createSyncClient, type LocalStore } from '@holdall/client';
import { emptyMemory, memoryStore } from '@holdall/client/stores/memory';
import { sqliteStore } from '@holdall/client/stores/node-sqlite';
import { createTabs } from '@holdall/client/testing';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { openWorld, type World } from '../convergence/world.ts';
import { type Ground, type Place, play, type Scenario } from './stage.ts';

type OpenStore = (device: string) => LocalStore;

/** Each scenario as a test, on each store that Node has, against one real server. */
export function playInNode(scenarios: readonly Scenario[], stores = ['memory', 'SQLite']): void {
  let world: World;
  beforeAll(async () => {
    world = await openWorld();
  });
  afterAll(async () => {
    expect(world.faults).toEqual([]);
    await world[Symbol.asyncDispose]();
  });
  describe.each(stores)('with a store in %s', (kind) => {
    test.each(scenarios)('$name', async (scenario) => {
      await play(scenario, nodePlace(world, kind === 'memory' ? inMemory() : inFiles()));
    });
  });
}

function nodePlace(service: World, store: OpenStore): Place {
  const devices = new Map<string, ReturnType<typeof createTabs>>();
  let tabs = 0;
  const tab = async (device: string): Promise<Ground> => {
    const ofDevice = devices.get(device) ?? createTabs();
    devices.set(device, ofDevice);
    const opened = ofDevice.tab(`tab ${tabs++}`);
    let isAlive = true;
    const own = store(device);
    return {
      tabs: opened.tabs,
      store: whileAlive(own, () => isAlive),
      // A process that is gone asks nothing more.
      create: ({ fetch = globalThis.fetch, ...options }) =>
        createSyncClient({
          ...options,
          fetch: (input, init) => (isAlive ? fetch(input, init) : new Promise(() => {})),
        }),
      async crash() {
        if (!isAlive) return;
        isAlive = false;
        opened.crash();
        await own.close();
      },
    };
  };
  return { service, store, here: tab, tab };
}

function inMemory(): OpenStore {
  const disks = new Map<string, ReturnType<typeof emptyMemory>>();
  return (device) => {
    const disk = disks.get(device) ?? emptyMemory();
    disks.set(device, disk);
    return memoryStore(disk);
  };
}

function inFiles(): OpenStore {
  const directory = mkdtempSync(join(tmpdir(), 'holdall-scenario-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  return (device) => sqliteStore(join(directory, `${device}.db`));
}

function whileAlive(store: LocalStore, isAlive: () => boolean): LocalStore {
  const gone = () => new Promise<never>(() => {});
  return {
    load: (owner, dataset) => (isAlive() ? store.load(owner, dataset) : gone()),
    datasets: (owner) => (isAlive() ? store.datasets(owner) : gone()),
    owners: () => (isAlive() ? store.owners() : gone()),
    commit: (changes) => (isAlive() ? store.commit(changes) : gone()),
    note: (name) => (isAlive() ? store.note(name) : gone()),
    setNote: (name, text) => (isAlive() ? store.setNote(name, text) : gone()),
    close: () => store.close(),
  };
}
