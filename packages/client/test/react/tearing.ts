import type { Dataset } from '@holdall/client';
import { useRecord } from '@holdall/client/react';
import { createElement as h, startTransition, useEffect, useState } from 'react';
import { flushSync } from 'react-dom';
import { createRoot } from 'react-dom/client';

type Notes = Dataset<Readonly<Record<string, string>>>;

/** What one would write who does not know of `useSyncExternalStore`. */
function useNaively(notes: Notes, key: string): string | undefined {
  const [, setCount] = useState(0);
  useEffect(() => notes.subscribe(() => setCount((count) => count + 1)), [notes]);
  return notes.peek(key);
}

const rows = 20;
const rowMs = 10;

/**
 * A transition shows many rows of one record, so slowly that React lets the browser do something else between them. Then
 * the record is edited. Answers the different pictures that were to be seen, each as the values that stood side by side.
 */
export async function tearing(notes: Notes, isNaive: boolean): Promise<readonly string[]> {
  await notes.set('torn', 'old');
  let rendered = 0;
  const middle = Promise.withResolvers<void>();
  const useValue = isNaive ? useNaively : (dataset: Notes, key: string) => useRecord(dataset, key)[0];
  function Row() {
    const value = useValue(notes, 'torn');
    const end = performance.now() + rowMs;
    while (performance.now() < end);
    rendered += 1;
    if (rendered === rows / 2) middle.resolve();
    return h('i', {}, value);
  }
  let showRows: (isShown: boolean) => void = () => {};
  function List() {
    const [isShown, setShown] = useState(false);
    showRows = setShown;
    return isShown ? Array.from({ length: rows }, (_, index) => h(Row, { key: index })) : null;
  }
  const container = document.createElement('div');
  document.body.append(container);
  const pictures = new Set<string>();
  const shown = Promise.withResolvers<void>();
  const observer = new MutationObserver(() => {
    const values = [...container.querySelectorAll('i')].map((row) => row.textContent);
    pictures.add([...new Set(values)].sort().join('+'));
    if (values.length === rows) shown.resolve();
  });
  observer.observe(container, { childList: true, subtree: true, characterData: true });
  const root = createRoot(container);
  flushSync(() => root.render(h(List)));
  startTransition(() => showRows(true));
  await middle.promise;
  const wasBetween = rendered < rows && container.querySelectorAll('i').length === 0;
  await notes.set('torn', 'new');
  await shown.promise;
  // What is put right before the next picture counts as one, and what is not put right by then counts as well.
  for (let frame = 0; frame < 2; frame += 1) await new Promise((next) => requestAnimationFrame(next));
  observer.disconnect();
  root.unmount();
  container.remove();
  if (!wasBetween) throw new Error('The edit did not come in the middle of a render.');
  return [...pictures];
}
