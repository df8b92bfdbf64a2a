// The script of the pages of open-browser.test.ts.
Object.assign(globalThis, { loaded: 'by the entry' });
