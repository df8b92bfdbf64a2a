import type { Instant } from '../domain/dataset.ts';
import { retryDelay } from '../domain/outbox.ts';

/** Short at first, so that a hiccup is not felt, and at most a minute, so that the end of an outage is noticed. */
const pauseRule = { firstMs: 250, mostMs: 60_000 };
const longestWished = 3_600_000;

/** Keeps a receiver that cannot take anything from being asked again and again: longer with each failure in a row. */
export class Pause {
  readonly #now: () => Instant;
  readonly #random: () => number;
  #failures = 0;
  #until = 0;

  constructor({ now, random }: { readonly now: () => Instant; readonly random: () => number }) {
    this.#now = now;
    this.#random = random;
  }

  get until(): Instant {
    return this.#until;
  }

  /** In a row, until now. */
  get failures(): number {
    return this.#failures;
  }

  /** @param wishedMs how long the receiver asked to be left alone */
  failed(wishedMs = 0): void {
    const delay = retryDelay(pauseRule, this.#failures, this.#random());
    this.#failures += 1;
    this.#until = this.#now() + Math.max(delay, Math.min(wishedMs, longestWished));
  }

  /** Returns how many failures there were in a row until now. */
  succeeded(): number {
    const failures = this.#failures;
    this.#failures = 0;
    this.#until = 0;
    return failures;
  }
}
