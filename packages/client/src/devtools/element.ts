type Child = Node | string | number | undefined;

/** An element with its attributes and content. Texts become text nodes: what they contain is never read as HTML. */
export function element<Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  attributes: Readonly<Record<string, string | boolean>> = {},
  ...content: readonly Child[]
): HTMLElementTagNameMap[Name] {
  const made = document.createElement(name);
  for (const [attribute, value] of Object.entries(attributes)) {
    if (value !== false) made.setAttribute(attribute, value === true ? '' : value);
  }
  made.append(...texts(content));
  return made;
}

export function texts(content: readonly Child[]): (Node | string)[] {
  return content
    .filter((child) => child !== undefined)
    .map((child) => (typeof child === 'number' ? `${child}` : child));
}

export function button(label: string, pressed: () => void): HTMLButtonElement {
  const made = element('button', { type: 'button' }, label);
  made.addEventListener('click', pressed);
  return made;
}

/** A label beside what it says; `tone` colours it. */
export function chip(text: string, tone: 'plain' | 'good' | 'warning' | 'bad' = 'plain'): HTMLSpanElement {
  return element('span', { class: `chip ${tone}` }, text);
}

const longestText = 240;

/** A stored text as code, cut short; null is told apart from the text `null`. */
export function storedText(text: string | null | undefined): HTMLElement {
  if (text === undefined) return element('span', { class: 'nothing' }, '–');
  if (text === null) return element('span', { class: 'nothing' }, 'none');
  if (text.length <= longestText) return element('code', {}, text === '' ? '""' : text);
  const cut = element('code', {}, `${text.slice(0, longestText)}…`);
  return element('span', {}, cut, ` ${text.length.toLocaleString()} characters`);
}

export function time(at: number | undefined): HTMLElement {
  return element('span', { class: 'time' }, timeText(at));
}

export function timeText(at: number | undefined): string {
  return at === undefined ? 'never' : new Date(at).toLocaleTimeString();
}

/** `3 records`, `1 record`. */
export function counted(count: number, thing: string): string {
  return `${count} ${thing}${count === 1 ? '' : 's'}`;
}

/** A table that can be scrolled sideways, by keyboard too. */
export function table(
  label: string,
  columns: readonly string[],
  rows: readonly (readonly Child[])[],
): HTMLElement {
  const head = element('tr', {}, ...columns.map((column) => element('th', { scope: 'col' }, column)));
  const body = rows.map(([first, ...others]) =>
    element(
      'tr',
      {},
      element('th', { scope: 'row' }, first),
      ...others.map((cell) => element('td', {}, cell)),
    ),
  );
  return element(
    'div',
    { class: 'scroll', role: 'region', 'aria-label': label, tabindex: '0' },
    element('table', {}, element('thead', {}, head), element('tbody', {}, ...body)),
  );
}
