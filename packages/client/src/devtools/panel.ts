import type { ClientStatus } from '../client-status.ts';
import { ConflictsView } from './conflicts-view.ts';
import { DatasetsView } from './datasets-view.ts';
import { button, chip, element } from './element.ts';
import type { Snapshot } from './snapshot.ts';
import { style } from './style.ts';
import { SyncsView } from './syncs-view.ts';
import { tabsList } from './tabs-list.ts';

export interface PanelNeeds {
  /** In a corner of the window, not in the flow of a container. */
  readonly isFloating: boolean;
  readonly toggled: () => void;
  readonly sync: () => Promise<void>;
  readonly report: () => Promise<string>;
}

/** What a person sees and presses. */
export class Panel {
  readonly host = element('div');
  readonly #needs: PanelNeeds;
  readonly #opener: HTMLButtonElement;
  readonly #section = element('section', { id: 'panel', 'aria-label': 'Holdall developer tools' });
  readonly #status = element('span', { class: 'chips' });
  readonly #said = element('p', { class: 'said', role: 'status' });
  readonly #report = element('div', { class: 'report', hidden: true });
  readonly #views = [new DatasetsView(), new SyncsView(), new ConflictsView()] as const;

  constructor(needs: PanelNeeds) {
    this.#needs = needs;
    this.#opener = button('Holdall', () => this.setOpen(true, true));
    this.#opener.className = 'opener';
    this.#opener.setAttribute('aria-controls', 'panel');
    const actions = element(
      'div',
      { class: 'actions' },
      button('Sync all', () => void needs.sync()),
      button('Copy a bug report', () => void this.#copyReport()),
      button('Close', () => this.setOpen(false, true)),
    );
    const [datasets, syncs, conflicts] = this.#views;
    this.#section.append(
      element('header', {}, element('h2', {}, 'Holdall'), this.#status, actions),
      this.#said,
      this.#report,
      ...tabsList('Views', [
        { name: 'Datasets', view: datasets.element },
        { name: 'Syncs', view: syncs.element },
        { name: 'Conflicts', view: conflicts.element },
      ]),
    );
    this.#section.addEventListener('keydown', (event) => {
      if (event.key === 'Escape' && !event.defaultPrevented) this.setOpen(false, true);
    });
    const frame = element('div', { class: 'devtools' }, this.#opener, this.#section);
    frame.classList.toggle('floating', needs.isFloating);
    const root = this.host.attachShadow({ mode: 'open' });
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(style);
    root.adoptedStyleSheets = [sheet];
    root.append(frame);
  }

  get isOpen(): boolean {
    return !this.#section.hidden;
  }

  /** `movesFocus`: a person did it, and goes on where they are. */
  setOpen(isOpen: boolean, movesFocus = false): void {
    this.#section.hidden = !isOpen;
    this.#opener.hidden = isOpen;
    this.#opener.setAttribute('aria-expanded', `${isOpen}`);
    if (movesFocus) {
      const next = isOpen
        ? this.#section.querySelector<HTMLElement>('[role=tab][tabindex="0"]')
        : this.#opener;
      next?.focus();
    }
    this.#needs.toggled();
  }

  show(snapshot: Snapshot): void {
    this.#status.replaceChildren(...statusChips(snapshot.status));
    for (const view of this.#views) view.update(snapshot);
  }

  say(text: string): void {
    this.#said.textContent = text;
  }

  async #copyReport(): Promise<void> {
    const report = await this.#needs.report();
    try {
      await navigator.clipboard.writeText(report);
      this.say('Copied. It has no values; keys are numbered.');
      this.#report.hidden = true;
    } catch {
      this.say(
        'This page may not write to the clipboard: copy it by hand. It has no values; keys are numbered.',
      );
      this.#showReport(report);
    }
  }

  #showReport(report: string): void {
    const area = element('textarea', { id: 'report', readonly: true, spellcheck: 'false' });
    area.value = report;
    this.#report.replaceChildren(element('label', { for: 'report' }, 'Bug report'), area);
    this.#report.hidden = false;
    area.select();
  }
}

function statusChips({ identity, isOnline, isLeader, live }: ClientStatus): HTMLElement[] {
  const user = identity ? (identity.guest ? 'guest' : (identity.user ?? 'signed in')) : 'nobody yet';
  return [
    chip(user),
    isOnline ? chip('online', 'good') : chip('offline', 'bad'),
    chip(`live: ${live}`, live === 'live' ? 'good' : live === 'off' ? 'plain' : 'warning'),
    chip(isLeader ? 'leader tab' : 'not the leader tab', isLeader ? 'good' : 'plain'),
  ];
}
