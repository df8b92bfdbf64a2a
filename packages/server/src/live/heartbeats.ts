/** Who wants to be reminded, once in every interval. */
export interface Beating {
  beat(): void;
}

/** So many turns make an interval: each takes its share of all, so that they do not come in one burst. */
const turns = 25;

/** One timer for all. */
export class Heartbeats {
  readonly #groups = Array.from({ length: turns }, () => new Set<Beating>());
  readonly #timer: NodeJS.Timeout;
  #added = 0;
  #turn = 0;

  constructor(intervalMs: number) {
    this.#timer = setInterval(() => this.#beat(), Math.max(1, intervalMs / turns)).unref();
  }

  /** @returns what `delete` has to be told */
  add(beating: Beating): number {
    const group = this.#added++ % turns;
    this.#groups[group]?.add(beating);
    return group;
  }

  delete(beating: Beating, group: number): void {
    this.#groups[group]?.delete(beating);
  }

  close(): void {
    clearInterval(this.#timer);
  }

  #beat(): void {
    this.#turn = (this.#turn + 1) % turns;
    for (const beating of this.#groups[this.#turn] ?? []) beating.beat();
  }
}
