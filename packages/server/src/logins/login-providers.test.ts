import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { LoginProvidersError, readLoginProviders } from './login-providers.ts';

const folder = mkdtempSync(join(tmpdir(), 'holdall-login-providers-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const file = join(folder, 'login-providers.json');

function read(content: object | string) {
  writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content));
  return readLoginProviders(file, true);
}

const secret = 'sixteen-characters-or-more';

describe('login-providers.json', () => {
  test('may be missing, unless it was asked for by name', () => {
    const absent = join(folder, 'absent.json');
    expect(readLoginProviders(absent, false)).toEqual({ openIdConnect: new Map(), webhooks: new Map() });
    expect(() => readLoginProviders(absent, true)).toThrow(`${absent} cannot be read: ENOENT`);
  });

  test('may be empty', () => {
    expect(read({})).toEqual({ openIdConnect: new Map(), webhooks: new Map() });
  });

  test('has defaults for what is left out', () => {
    const { openIdConnect, webhooks } = read({
      openIdConnect: { 'login.example': {}, __proto__: {} },
      webhooks: { 'graph.facebook.com': { url: 'https://verify.example/', secret } },
    });
    expect([...openIdConnect]).toEqual([['login.example', { clientIds: [], allowPlainHttp: false }]]);
    expect([...webhooks]).toEqual([
      ['graph.facebook.com', { url: 'https://verify.example/', secret, timeoutMs: 5000 }],
    ]);
  });

  test('keeps an issuer as it was written', () => {
    const issuers = [
      'https://LOGIN.example/',
      'http://localhost:8080/realms/a',
      'http://[::1]',
      'http://127.1',
    ];
    for (const issuer of issuers) {
      const { openIdConnect } = read({ openIdConnect: { a: { clientIds: ['web'], issuer } } });
      expect(openIdConnect.get('a')?.issuer).toBe(issuer);
    }
    const inside = { issuer: 'http://keycloak:8080', allowPlainHttp: true };
    expect(read({ openIdConnect: { a: inside } }).openIdConnect.get('a')).toMatchObject(inside);
  });

  const oidc = (settings: unknown) => ({ openIdConnect: { a: settings } });
  const hook = (settings: object) => ({ webhooks: { a: { url: 'https://a.example', secret, ...settings } } });
  const transport = 'must be https, or http on this machine, or allowPlainHttp must be true';
  test.each<readonly [object | string, string]>([
    ['', 'this is not JSON'],
    [`{"webhooks": "${secret}`, 'this is not JSON'],
    [[], 'the file must be an object'],
    ['null', 'the file must be an object'],
    [{ providers: {} }, "the file has the unknown member 'providers'; known are openIdConnect, webhooks"],
    [{ openIdConnect: [] }, 'openIdConnect must be an object'],
    [oidc(null), "openIdConnect['a'] must be an object"],
    [
      oidc({ clientId: 'web' }),
      "openIdConnect['a'] has the unknown member 'clientId'; known are clientIds, issuer, allowPlainHttp",
    ],
    [oidc({ clientIds: 'web' }), "openIdConnect['a'].clientIds must be a list of texts"],
    [oidc({ clientIds: [''] }), "openIdConnect['a'].clientIds must be a list of texts"],
    [oidc({ issuer: 'login.example' }), "openIdConnect['a'].issuer must be a URL without a user name"],
    [oidc({ issuer: 'https://me@a.example' }), "openIdConnect['a'].issuer must be a URL without a user name"],
    [oidc({ issuer: 'http://a.example' }), `openIdConnect['a'].issuer ${transport}`],
    [oidc({ issuer: 'http://127.0.0.1.evil.example' }), `openIdConnect['a'].issuer ${transport}`],
    [oidc({ issuer: 'file:///etc/passwd', allowPlainHttp: true }), `openIdConnect['a'].issuer ${transport}`],
    [oidc({ allowPlainHttp: 'yes' }), "openIdConnect['a'].allowPlainHttp must be true or false"],
    [
      { openIdConnect: { 'https://a.example': {} } },
      "'https://a.example' in openIdConnect must be the name in Logins, without https://",
    ],
    [{ webhooks: { a: {} } }, "webhooks['a'].secret must be 16 to 256 visible characters without spaces"],
    [hook({ secret: 'short' }), "webhooks['a'].secret must be 16 to 256 visible characters without spaces"],
    [hook({ url: undefined }), "webhooks['a'].url must be a URL without a user name"],
    [hook({ url: 'http://a.example' }), `webhooks['a'].url ${transport}`],
    [hook({ timeoutMs: 0 }), "webhooks['a'].timeoutMs must be a whole number from 1 to 30000"],
    [hook({ timeoutMs: '5' }), "webhooks['a'].timeoutMs must be a whole number from 1 to 30000"],
    [{ ...oidc({}), ...hook({}) }, "'a' is both in openIdConnect and in webhooks"],
  ])('%j is refused', (content, message) => {
    expect(() => read(content)).toThrow(new LoginProvidersError(`${file}: ${message}.`));
  });
});
