import type { Instant } from '../domain/dataset.ts';
import type { IdentityPool } from '../domain/identity-pool.ts';
import type { Logger } from '../ports/logger.ts';
import type { LoginVerifier, VerifiedLogin } from '../ports/login-verifier.ts';
import { verifyIdToken } from './id-token.ts';
import { IssuerKeys } from './issuer-keys.ts';
import type { LoginProviders } from './login-providers.ts';
import { loginMethod } from './pool-logins.ts';
import { askWebhook } from './webhook.ts';

/** Verifies tokens as the pool and `login-providers.json` say. */
export class ConfiguredLoginVerifier implements LoginVerifier {
  readonly #providers: LoginProviders;
  readonly #logger: Logger;
  /**
   * By issuer. Never more than there are issuers in the file and in pools' settings, which only developers write: a
   * name that a caller made up finds no method, and gets no entry.
   */
  readonly #keys = new Map<string, IssuerKeys>();
  readonly #closing = new AbortController();

  constructor(providers: LoginProviders, logger: Logger) {
    this.#providers = providers;
    this.#logger = logger;
  }

  async verify(pool: IdentityPool, provider: string, token: string, now: Instant): Promise<VerifiedLogin> {
    const verified = await this.#verify(pool, provider, token, now);
    // The caller is told no more than that: why is for whoever runs the server.
    if (verified.kind === 'unavailable') {
      this.#logger.info({ provider, err: verified.cause }, 'login provider cannot be asked');
    }
    return verified;
  }

  async #verify(pool: IdentityPool, provider: string, token: string, now: Instant): Promise<VerifiedLogin> {
    const method = loginMethod(pool, provider, this.#providers);
    if (!method) {
      return {
        kind: 'refused',
        message:
          "Logins don't match. Please include at least one valid login for this identity or identity pool.",
      };
    }
    if (method.kind === 'webhook') {
      const { webhook, clientId } = method;
      return askWebhook(webhook, { provider, token, clientId }, this.#closing.signal);
    }
    const { issuer, allowPlainHttp, rules } = method;
    return verifyIdToken(token, rules, this.#keysOf(issuer, allowPlainHttp), now);
  }

  /** Ends what is being asked of providers; nothing is verified afterwards. */
  close(): void {
    this.#closing.abort();
  }

  #keysOf(issuer: string, allowPlainHttp: boolean): IssuerKeys {
    let keys = this.#keys.get(issuer);
    if (!keys) {
      keys = new IssuerKeys({ issuer, allowPlainHttp, signal: this.#closing.signal });
      this.#keys.set(issuer, keys);
    }
    return keys;
  }
}
