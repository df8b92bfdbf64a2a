import type { Page } from 'playwright-core';
import { createElement as h } from 'react';
import { renderToString } from 'react-dom/server';
import { afterAll, beforeAll, beforeEach, expect, onTestFinished, test } from 'vitest';
import { SyncProvider } from '../../src/react.ts';
import { type OpenBrowser, openBrowser } from '../browser/open-browser.ts';
import { openApp } from './app-client.ts';
import { Page as AppPage } from './components.ts';

let browser: OpenBrowser;
let page: Page;

beforeAll(async () => {
  browser = await openBrowser({ entry: new URL('react-page.ts', import.meta.url) });
});
afterAll(() => browser.close());

beforeEach(async () => {
  page = await browser.openPage();
  return async () => {
    expect(await page.evaluate('page.errors')).toEqual([]);
    await page.close();
  };
});

const notes = (call: string) => page.evaluate(`page.notes.${call}`);
const texts = () => page.evaluate('page.texts()');
const textIs = (id: string, text: string) =>
  page.waitForFunction(`page.text(${JSON.stringify(id)}) === ${JSON.stringify(text)}`, undefined, {
    polling: 'raf',
    timeout: 5_000,
  });

test.each([false, true])(
  'every component of a dataset shows the same, in Strict Mode (%s) or not',
  async (strict) => {
    await page.evaluate(`page.showPage(${strict})`);
    await textIs('a', 'absent isReady');
    await notes(`set('a', 'one')`);
    expect(await texts()).toEqual({
      a: 'one isReady isDirty',
      'a-again': 'one isReady isDirty',
      b: 'absent isReady',
      names: 'a',
      everything: '{"a":"one"}',
      state: JSON.stringify({ isReady: true, pending: 1, syncCount: 0, isOnline: true, isKnown: false }),
      conflicts: '',
      client: '1',
    });
    await notes('sync()');
    await page.evaluate(`page.writeElsewhere({ a: null, b: 'two' })`);
    await notes('sync()');
    expect(await texts()).toMatchObject({
      a: 'absent isReady',
      'a-again': 'absent isReady',
      b: 'two isReady',
      names: 'b',
      everything: '{"b":"two"}',
      state: JSON.stringify({ isReady: true, pending: 0, syncCount: 2, isOnline: true, isKnown: true }),
    });
  },
);

test('an edit is to be seen in the turn in which it was made', async () => {
  await page.evaluate('page.showPage(false)');
  await textIs('a', 'absent isReady');
  // React renders what a store says in a microtask; nothing that takes longer may be between.
  expect(
    await page.evaluate(`page.notes.set('a', 'now'), Promise.resolve().then(() => page.text('a'))`),
  ).toBe('now isReady isDirty');
});

test('nothing is rendered but what changed', async () => {
  await notes('sync()');
  await page.evaluate('page.showPage(false)');
  await textIs('a', 'absent isReady');
  const renderedBy = async (call: string) => {
    await page.evaluate('page.renders()');
    await notes(call);
    return page.evaluate('page.renders()');
  };
  expect(await renderedBy(`set('a', '1')`)).toEqual({
    a: 1,
    'a-again': 1,
    names: 1,
    everything: 1,
    state: 1,
  });
  expect(await renderedBy(`set('a', '2')`)).toEqual({ a: 1, 'a-again': 1, everything: 1 });
  expect(await renderedBy(`set('a', '2')`)).toEqual({});
  expect(await renderedBy(`set('c', '1')`)).toEqual({ names: 1, everything: 1, state: 1 });
  expect(await renderedBy(`remove('b')`)).toEqual({});
  const sent = await renderedBy('sync()');
  expect(sent).toMatchObject({ a: 1, 'a-again': 1 });
  expect(Object.keys(sent as object)).not.toContain('names');
  expect(Object.keys((await renderedBy('sync()')) as object)).toEqual(['state']);
  expect(await page.evaluate('page.showPage(false), page.renders()')).toEqual({});
});

test('what a component gets stays the same while nothing changes', async () => {
  await notes(`set('a', 'one')`);
  await page.evaluate('page.showStable()');
  for (const count of [0, 1, 2]) await page.getByRole('button', { name: `again ${count}` }).click();
  await page.getByRole('button', { name: 'again 3' }).waitFor();
  expect(await page.evaluate('page.areStable()')).toEqual([true, true, true, true]);
});

test('a record that is shown in place of another is the one that is watched', async () => {
  await page.evaluate(`page.showValue('a')`);
  await textIs('value', 'absent isReady');
  await notes(`set('b', 'of b')`);
  await page.evaluate(`page.showValue('b')`);
  expect(await page.evaluate(`page.text('value')`)).toBe('of b isReady isDirty');
  await notes(`set('b', 'changed')`);
  expect(await page.evaluate(`page.text('value')`)).toBe('changed isReady isDirty');
  await page.evaluate(`page.showValue('b', 'others')`);
  await textIs('value', 'absent isReady');
});

test('a caret in the middle of a field stays where it is', async () => {
  for (const strict of [false, true]) {
    await page.evaluate(`page.notes.set('a', 'begin end')`);
    await page.evaluate(`page.showField(${strict})`);
    const field = page.locator('#field');
    await page.waitForFunction(`document.getElementById('field').value === 'begin end'`);
    await field.focus();
    await field.evaluate((it) =>
      (it as unknown as { setSelectionRange(from: number, to: number): void }).setSelectionRange(6, 6),
    );
    await page.keyboard.type('typed in the middle, ');
    await page.keyboard.press('Backspace');
    await page.keyboard.type(' ');
    expect(await field.inputValue()).toBe('begin typed in the middle, end');
    expect(await field.evaluate((it) => (it as unknown as { selectionStart: number }).selectionStart)).toBe(
      27,
    );
    expect(await notes(`peek('a')`)).toBe('begin typed in the middle, end');
    await page.evaluate('page.unmount()');
  }
});

test('an edit in the middle of a concurrent render tears nothing', async () => {
  await notes('ready');
  // What the test can see: without an external store, rows of one picture differ.
  expect(await page.evaluate('page.tearing(true)')).toContain('new+old');
  expect(await page.evaluate('page.tearing(false)')).not.toContain('new+old');
});

test('nobody listens any more after the end', async () => {
  await notes('ready');
  await page.evaluate('counted = page.countSubscriptions()');
  await page.evaluate('page.showPage(true)');
  expect(await page.evaluate('counted.present')).toBeGreaterThan(10);
  await page.evaluate('page.unmount()');
  expect(await page.evaluate('counted.present')).toBe(0);
});

test('a page that a server rendered is taken over as it is, and then shows what the device has', async () => {
  const app = openApp();
  onTestFinished(() => app.client[Symbol.asyncDispose]());
  await app.notes.set('a', 'of the server');
  const html = renderToString(h(SyncProvider, { client: app.client }, h(AppPage, { notes: app.notes })));
  expect(html).toContain('<output id="a">absent</output>');

  await notes(`set('a', 'of the device')`);
  expect(await page.evaluate(`page.hydrate(${JSON.stringify(html)})`)).toBe('kept');
  await textIs('a', 'of the device isReady isDirty');
  await textIs('everything', '{"a":"of the device"}');
});

test('a conflict is shown to a person, who decides it', async () => {
  await page.evaluate('page.showPage(true)');
  await notes(`set('a', 'base')`);
  await notes('sync()');
  await notes(`set('a', 'here')`);
  await page.evaluate(`page.writeElsewhere({ a: 'there' })`);
  await notes('sync()');
  await textIs('conflicts', 'a/base/here/there');
  await textIs('a', 'here isReady isDirty isConflicted');
  await notes(`set('a', 'here, later')`);
  await textIs('conflicts', 'a/base/here, later/there');
  await page.getByRole('button', { name: 'a' }).click();
  await textIs('conflicts', '');
  await textIs('a', 'there isReady');
});

test('another user sees none of the one before', async () => {
  await page.evaluate('page.showPage(true)');
  await notes(`set('a', 'mine')`);
  await notes('sync()');
  await page.evaluate('page.app.client.signOut()');
  await textIs('a', 'absent isReady');
  await textIs('everything', '{}');
  await notes(`set('a', 'of the next')`);
  await textIs('a', 'of the next isReady isDirty');
});

test('the browser goes offline', async () => {
  await page.evaluate('page.showPage(true)');
  const isOnline = (isSo: boolean) =>
    page.waitForFunction(`JSON.parse(page.text('state')).isOnline === ${isSo}`, undefined, {
      polling: 'raf',
    });
  await isOnline(true);
  await page.context().setOffline(true);
  await isOnline(false);
  await page.context().setOffline(false);
  await isOnline(true);
});

test('who forgets the provider is told', () => {
  const app = openApp();
  onTestFinished(() => app.client[Symbol.asyncDispose]());
  expect(() => renderToString(h(AppPage, { notes: app.notes }))).toThrow(
    'no <SyncProvider client={…}> around',
  );
});
