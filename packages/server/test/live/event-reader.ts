/** One event of a stream, as the HTML standard has it dispatched. */
export interface ReadEvent {
  readonly type: string;
  readonly data: Readonly<Record<string, unknown>>;
  /** Of this event or of the last before it that had one. */
  readonly lastEventId: string;
}

/** Reads a stream of server-sent events as far as it came: what is not complete does not count. */
export class EventReader {
  readonly events: ReadEvent[] = [];
  comments = 0;
  retryMs: number | undefined;
  lastEventId = '';
  #rest = '';

  read(text: string): void {
    const blocks = (this.#rest + text).split('\n\n');
    this.#rest = blocks.pop() ?? '';
    for (const block of blocks) this.#dispatch(block);
  }

  #dispatch(block: string): void {
    let type = 'message';
    let data: string | undefined;
    for (const line of block.split('\n')) {
      const [, field = '', value = ''] = /^([^:]*):? ?(.*)$/.exec(line) ?? [];
      if (line.startsWith(':')) this.comments += 1;
      else if (field === 'event') type = value;
      else if (field === 'data') data = value;
      else if (field === 'id') this.lastEventId = value;
      else if (field === 'retry') this.retryMs = Number(value);
      else throw new Error(`There is no field in '${line}'.`);
    }
    if (data === undefined) return;
    this.events.push({ type, data: JSON.parse(data) as ReadEvent['data'], lastEventId: this.lastEventId });
  }

  /** The newest count of each dataset that was told. */
  get counts(): ReadonlyMap<string, number> {
    const counts = new Map<string, number>();
    for (const { type, data } of this.events) {
      if (type !== 'change') continue;
      const name = String(data.datasetName);
      counts.set(name, Math.max(counts.get(name) ?? 0, Number(data.syncCount)));
    }
    return counts;
  }
}
