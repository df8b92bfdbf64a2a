import type { StreamSink } from '../../src/ports/event-stream.ts';

/** Keeps what is written to it, and is as slow as it is told to be. */
export class RecordingSink implements StreamSink {
  readonly writes: string[] = [];
  isFull = false;
  state: 'open' | 'ended' | 'cut' = 'open';

  write(text: string): boolean {
    if (this.state !== 'open') throw new Error(`Written to after it was ${this.state}.`);
    this.writes.push(text);
    return !this.isFull;
  }

  end(text: string): void {
    this.write(text);
    this.state = 'ended';
  }

  cut(): void {
    this.state = 'cut';
  }

  get text(): string {
    return this.writes.join('');
  }
}
