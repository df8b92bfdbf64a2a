/** Where the text of an answer that goes on is written to. */
export interface StreamSink {
  /** False when the reader does not keep up: nothing more should be written until `EventStream.drained`. */
  write(text: string): boolean;
  /** Writes the last there is. */
  end(text: string): void;
  /** Ends at once; what was not read yet is lost. */
  cut(): void;
}

/** An answer that goes on until either end has enough. */
export interface EventStream {
  start(sink: StreamSink): void;
  /** The reader has read all that was written. */
  drained(): void;
  /** The reader is gone. Called once for each stream, also for one that was never started. */
  closed(): void;
}
