import { useRef, useState } from 'react';

export interface Draft<Value> {
  /** What the person typed last, until it is stored; then what is stored. */
  readonly value: Value;
  readonly change: (next: Value) => void;
  /** Why what was typed could not be stored. It is still in `value`. */
  readonly error: unknown;
  readonly tryAgain: () => void;
}

/**
 * For fields whose value takes a moment to store, as it has to be encrypted, or cannot be stored at all: nothing that
 * was typed disappears.
 */
export function useDraft<Value>(stored: Value, store: (value: Value) => Promise<void>): Draft<Value> {
  const [draft, setDraft] = useState<{ readonly value: Value; readonly error?: unknown }>();
  const latest = useRef(0);
  const change = (value: Value) => {
    latest.current += 1;
    const turn = latest.current;
    setDraft({ value });
    store(value).then(
      () => turn === latest.current && setDraft(undefined),
      (error: unknown) => turn === latest.current && setDraft({ value, error }),
    );
  };
  const value = draft ? draft.value : stored;
  return { value, change, error: draft?.error, tryAgain: () => change(value) };
}
