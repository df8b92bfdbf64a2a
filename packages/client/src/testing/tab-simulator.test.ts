import { describe, expect, test } from 'vitest';
import { createTabs } from './tab-simulator.ts';

const { signal } = new AbortController();

/** Work that ends when it is told to. */
function work() {
  const { promise: started, resolve: start } = Promise.withResolvers<void>();
  const { promise, resolve: end } = Promise.withResolvers<string>();
  const run = () => {
    start();
    return promise;
  };
  return { run, started, end: () => end('done') };
}

describe('a lock', () => {
  test('goes from tab to tab in the order of asking', async () => {
    const tabs = createTabs();
    const order: string[] = [];
    const first = work();
    const held = tabs.tab('a').tabs.exclusively('sync', signal, first.run);
    const others = ['b', 'c', 'b'].map((name) =>
      tabs.tab(name).tabs.exclusively('sync', signal, async () => order.push(name)),
    );
    await tabs.tab('c').tabs.exclusively('another', signal, async () => order.push('another'));
    first.end();
    expect(await held).toBe('done');
    await Promise.all(others);
    expect(order).toEqual(['another', 'b', 'c', 'b']);
  });

  test('is passed on when the work fails', async () => {
    const { tabs } = createTabs().tab('a');
    const fail = () => Promise.reject(new Error('broken'));
    await expect(tabs.exclusively('sync', signal, fail)).rejects.toThrow('broken');
    expect(await tabs.exclusively('sync', signal, async () => 'next')).toBe('next');
  });

  test('is not waited for any more by who has aborted', async () => {
    const tabs = createTabs();
    const first = work();
    const held = tabs.tab('a').tabs.exclusively('sync', signal, first.run);
    const controller = new AbortController();
    const waiting = tabs.tab('b').tabs.exclusively('sync', controller.signal, async () => 'never');
    const last = tabs.tab('c').tabs.exclusively('sync', signal, async () => 'last');
    controller.abort(new Error('enough'));
    await expect(waiting).rejects.toThrow('enough');
    first.end();
    await held;
    expect(await last).toBe('last');
  });

  test('of a tab that crashes goes to the next, and its end changes nothing then', async () => {
    const tabs = createTabs();
    const crashing = tabs.tab('a');
    const lost = work();
    const held = crashing.tabs.exclusively('sync', signal, lost.run);
    await lost.started;
    const next = work();
    const second = tabs.tab('b').tabs.exclusively('sync', signal, next.run);
    const third = tabs.tab('a2').tabs.exclusively('sync', signal, async () => 'third');
    crashing.crash();
    await next.started;
    lost.end();
    await held;
    let isThird = false;
    void third.then(() => {
      isThird = true;
    });
    await new Promise((resolve) => setImmediate(resolve));
    expect(isThird).toBe(false);
    next.end();
    expect(await second).toBe('done');
    expect(await third).toBe('third');
  });
});

describe('a channel', () => {
  test('brings clones to the other tabs alone, later', async () => {
    const tabs = createTabs();
    const heard: [string, unknown][] = [];
    const [mine] = ['a', 'b', 'c'].map((name) =>
      tabs.tab(name).tabs.channel('news', (message) => heard.push([name, message])),
    );
    tabs.tab('b').tabs.channel('other', () => heard.push(['wrong', undefined]));
    const message = { count: 1 };
    mine?.send(message);
    message.count = 2;
    expect(heard).toEqual([]);
    await Promise.resolve();
    expect(heard).toEqual([
      ['b', { count: 1 }],
      ['c', { count: 1 }],
    ]);
    expect(() => mine?.send(() => {})).toThrow('could not be cloned');
  });

  test('brings nothing to who has closed it or crashed, nor from one', async () => {
    const tabs = createTabs();
    const heard: string[] = [];
    const [a, b] = ['a', 'b', 'c'].map((name) => tabs.tab(name).tabs.channel('news', () => heard.push(name)));
    a?.send('on its way');
    b?.close();
    await Promise.resolve();
    expect(heard).toEqual(['c']);
    tabs.tab('a').crash();
    a?.send('after the end');
    await Promise.resolve();
    expect(heard).toEqual(['c']);
  });
});
