import { element } from './element.ts';

export interface Tab {
  readonly name: string;
  readonly view: HTMLElement;
}

/** Tabs as WAI-ARIA describes them: arrows, Home and End move between them, one of them is in the order of Tab. */
export function tabsList(label: string, tabs: readonly Tab[]): readonly HTMLElement[] {
  const list = element('div', { role: 'tablist', 'aria-label': label });
  const handles = tabs.map(({ name }, index) => {
    const [id, panel] = [`tab-${index}`, `tab-panel-${index}`];
    const handle = element('button', { type: 'button', role: 'tab', id, 'aria-controls': panel }, name);
    handle.addEventListener('click', () => select(index));
    return handle;
  });
  const panels = tabs.map(({ view }, index) => {
    const attributes = {
      role: 'tabpanel',
      id: `tab-panel-${index}`,
      'aria-labelledby': `tab-${index}`,
      tabindex: '0',
    };
    return element('div', attributes, view);
  });
  const select = (selected: number) => {
    for (const [index, handle] of handles.entries()) {
      handle.setAttribute('aria-selected', `${index === selected}`);
      handle.tabIndex = index === selected ? 0 : -1;
    }
    for (const [index, panel] of panels.entries()) panel.hidden = index !== selected;
  };
  list.addEventListener('keydown', (event) => {
    const present = handles.findIndex((handle) => handle.tabIndex === 0);
    const last = handles.length - 1;
    const next = new Map([
      ['ArrowRight', present === last ? 0 : present + 1],
      ['ArrowLeft', present === 0 ? last : present - 1],
      ['Home', 0],
      ['End', last],
    ]).get(event.key);
    if (next === undefined) return;
    event.preventDefault();
    select(next);
    handles[next]?.focus();
  });
  list.append(...handles);
  select(0);
  return [list, ...panels];
}
