// What the pages of react-browser.test.ts can do.
import { SyncProvider } from '@holdall/client/react';
import { createElement as h, type ReactNode, StrictMode } from 'react';
import { flushSync } from 'react-dom';
import { createRoot, hydrateRoot, type Root } from 'react-dom/client';
import { type App, openApp, writeElsewhere } from './app-client.ts';
import { Field, Page, renders, Stable, Value } from './components.ts';
import { countSubscriptions } from './count-subscriptions.ts';
import { tearing } from './tearing.ts';

const app: App = openApp();
const { client, notes } = app;
const container = document.createElement('div');
document.body.append(container);
let root: Root | undefined;
const errors: string[] = [];
const complain = console.error;
console.error = (...told: unknown[]) => {
  errors.push(told.map(String).join(' '));
  complain(...told);
};

function inApp(content: ReactNode, isStrict: boolean): ReactNode {
  const provided = h(SyncProvider, { client }, content);
  return isStrict ? h(StrictMode, {}, provided) : provided;
}

function show(content: ReactNode, isStrict: boolean): void {
  root ??= createRoot(container);
  const shown = root;
  flushSync(() => shown.render(inApp(content, isStrict)));
}

const page = {
  app,
  notes,
  errors,
  showPage: (isStrict: boolean) => show(h(Page, { notes }), isStrict),
  showValue: (name: string, dataset = 'notes') =>
    show(h(Value, { notes: client.dataset(dataset), name, id: 'value' }), true),
  showStable(): void {
    const got: unknown[][] = [];
    show(h(Stable, { notes, got }), false);
    Object.assign(page, {
      areStable: () => got.map((its) => its.every((it, index) => it === got[0]?.[index])),
    });
  },
  showField: (isStrict: boolean) => show(h(Field, { notes, name: 'a' }), isStrict),
  unmount(): void {
    root?.unmount();
    root = undefined;
  },
  text: (id: string) => document.getElementById(id)?.textContent ?? undefined,
  texts: () =>
    Object.fromEntries([...document.querySelectorAll('output')].map((it) => [it.id, it.textContent])),
  /** What was rendered since it was asked last. */
  renders(): Record<string, number> {
    const counted = Object.fromEntries(renders);
    renders.clear();
    return counted;
  },
  writeElsewhere: (values: Readonly<Record<string, string | null>>) => writeElsewhere(app, values),
  countSubscriptions: () => countSubscriptions(notes),
  tearing: (isNaive: boolean) => tearing(notes, isNaive),

  hydrate(html: string): string {
    container.innerHTML = html;
    const before = container.querySelector('main');
    flushSync(() => {
      root = hydrateRoot(container, inApp(h(Page, { notes }), true), {
        onRecoverableError: (error) => errors.push(`recovered: ${error}`),
      });
    });
    return before === container.querySelector('main') ? 'kept' : 'replaced';
  },
};

Object.assign(globalThis, { page });
