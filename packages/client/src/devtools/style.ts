/** In a stylesheet that is constructed, which content security policies allow. */
export const style = `
:host { all: initial; display: block; color-scheme: light dark; }
.devtools {
  --page: #fff; --raised: #f3f5f8; --line: #cfd6e0; --text: #17202c; --quiet: #4d5a6b; --accent: #1a56c4;
  --good: #11643b; --good-page: #ddf3e6; --warning: #7a4b00; --warning-page: #fdeecb; --bad: #a11c24; --bad-page: #fde3e3;
  font: 13px/1.5 system-ui, sans-serif; color: var(--text);
}
@media (prefers-color-scheme: dark) {
  .devtools {
    --page: #14181f; --raised: #1e242e; --line: #3a4453; --text: #e7ecf3; --quiet: #a9b5c5; --accent: #8ab4ff;
    --good: #84dba9; --good-page: #153524; --warning: #f3c66b; --warning-page: #3d2f0e; --bad: #ff9c9c; --bad-page: #451b1e;
  }
}
*, *::before { box-sizing: border-box; }
[hidden] { display: none !important; }
.devtools.floating { position: fixed; inset: auto 0 0 auto; z-index: 2147483000; max-width: 100vw; }
.floating > .opener { position: absolute; right: 12px; bottom: 12px; box-shadow: 0 2px 10px rgb(0 0 0 / .25); }
.floating > section {
  width: min(760px, 100vw); height: min(480px, 75vh); border-width: 1px 0 0 1px; border-radius: 10px 0 0 0;
  box-shadow: 0 0 24px rgb(0 0 0 / .25);
}
section { display: flex; flex-direction: column; overflow: hidden; background: var(--page); border: 1px solid var(--line); }
header { display: flex; flex-wrap: wrap; gap: 6px 10px; align-items: center; padding: 8px 12px; background: var(--raised); }
h2 { font-size: 14px; margin: 0; }
h3 { font-size: 13px; margin: 12px 0 4px; overflow-wrap: anywhere; }
p { margin: 6px 0; overflow-wrap: anywhere; }
.actions { display: flex; flex-wrap: wrap; gap: 6px; margin-left: auto; }
button, input, textarea { font: inherit; color: inherit; }
button {
  padding: 4px 10px; min-height: 28px; border: 1px solid var(--line); border-radius: 6px; background: var(--page);
  cursor: pointer;
}
button:hover { border-color: var(--accent); }
.opener { font-weight: 600; background: var(--raised); border-radius: 999px; padding: 6px 14px; }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
[role=tablist] { display: flex; padding: 0 12px; background: var(--raised); border-bottom: 1px solid var(--line); }
[role=tab] { border: 0; border-bottom: 3px solid transparent; border-radius: 0; background: none; min-height: 32px; }
[role=tab][aria-selected=true] { border-bottom-color: var(--accent); font-weight: 600; }
[role=tab]:focus-visible, [role=tabpanel]:focus-visible, .scroll:focus-visible { outline-offset: -2px; }
[role=tabpanel] { flex: 1; overflow: auto; padding: 8px 12px 16px; }
.said { margin: 0; padding: 0 12px; color: var(--quiet); background: var(--raised); }
.said:not(:empty) { padding-block: 2px 6px; }
.report { margin: 8px 12px; }
.report textarea {
  display: block; width: 100%; height: 120px; margin-top: 4px; background: var(--page); border: 1px solid var(--line);
  font: 12px/1.4 ui-monospace, monospace;
}
.filter { display: flex; flex-wrap: wrap; gap: 8px; align-items: center; }
.filter input { flex: 1 1 140px; padding: 3px 8px; border: 1px solid var(--line); border-radius: 6px; background: var(--page); }
[data-empty]:empty::before { content: attr(data-empty); color: var(--quiet); }
details { border: 1px solid var(--line); border-radius: 8px; margin: 6px 0; }
summary {
  display: flex; flex-wrap: wrap; gap: 2px 10px; align-items: baseline; padding: 6px 10px; cursor: pointer;
  overflow-wrap: anywhere;
}
summary::before { content: '▸'; color: var(--quiet); }
details[open] > summary::before { content: '▾'; }
summary .quiet { margin-left: auto; }
.quiet, .nothing { color: var(--quiet); }
.body { padding: 0 10px 8px; }
.scroll { overflow-x: auto; border: 1px solid var(--line); border-radius: 6px; }
table { border-collapse: collapse; width: 100%; }
th, td { padding: 4px 8px; text-align: left; vertical-align: top; border-top: 1px solid var(--line); }
thead th { border-top: 0; background: var(--raised); white-space: nowrap; }
tbody th { font-weight: 600; }
tbody th, td { min-width: 104px; max-width: 260px; overflow-wrap: anywhere; }
.time { white-space: nowrap; }
code { font: 12px/1.5 ui-monospace, monospace; white-space: pre-wrap; overflow-wrap: anywhere; }
.chips { display: flex; flex-wrap: wrap; gap: 4px; }
.chip { padding: 0 8px; border-radius: 999px; background: var(--raised); white-space: nowrap; }
header .chip { background: var(--page); }
.chip.good, header .chip.good { color: var(--good); background: var(--good-page); }
.chip.warning, header .chip.warning { color: var(--warning); background: var(--warning-page); }
.chip.bad, header .chip.bad { color: var(--bad); background: var(--bad-page); }
@media (max-width: 480px) {
  .floating > section { border-left: 0; border-radius: 0; }
  .actions { margin-left: 0; width: 100%; }
  .actions button { flex: 1 1 auto; min-height: 36px; }
}
`;
