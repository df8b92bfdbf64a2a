import { type Conflict, type Dataset, SyncError } from '@holdall/client';
import { useConflicts, useDataset, useRecord, useSyncClient, useSyncState } from '@holdall/client/react';
import { createElement as h, memo, type ReactNode, useState } from 'react';
import type { App } from './app-client.ts';

type Notes = Dataset<Readonly<Record<string, string>>>;

/** How often the function of a component ran, by name. */
export const renders = new Map<string, number>();

function rendered(name: string): void {
  renders.set(name, (renders.get(name) ?? 0) + 1);
}

/** `<output id=…>` is what tests read. */
function shown(id: string, value: unknown): ReactNode {
  return h('output', { id, key: id }, typeof value === 'string' ? value : JSON.stringify(value));
}

export const Value = memo(function Value({
  notes,
  name,
  id = name,
}: {
  notes: Notes;
  name: string;
  id?: string;
}) {
  rendered(id);
  const [value = 'absent', , meta] = useRecord(notes, name);
  const flags = Object.entries(meta).filter(([, isSo]) => isSo);
  return shown(id, [value, ...flags.map(([flag]) => flag)].join(' '));
});

export const Field = memo(function Field({ notes, name }: { notes: Notes; name: string }) {
  const [value = '', set] = useRecord(notes, name);
  return h('input', { id: 'field', value, onChange: (event) => void set(event.target.value) });
});

/** What a component got that was rendered again and again for other reasons. */
export function Stable({ notes, got }: { notes: Notes; got: unknown[] }) {
  const [count, setCount] = useState(0);
  const record = useRecord(notes, 'a');
  const names = useDataset(notes, (values) => Object.keys(values));
  const resolve = useConflicts(notes)[1];
  got.push([record, ...record, names, resolve]);
  return h('button', { type: 'button', onClick: () => setCount(count + 1) }, `again ${count}`);
}

/** A new array each time, made by a new function each time. */
export const Names = memo(function Names({ notes }: { notes: Notes }) {
  rendered('names');
  const names = useDataset(notes, (values) => Object.keys(values).sort());
  return shown('names', names.join(','));
});

export const Everything = memo(function Everything({ notes }: { notes: Notes }) {
  rendered('everything');
  return shown('everything', useDataset(notes));
});

export const State = memo(function State({ notes }: { notes: Notes }) {
  rendered('state');
  const { identity, isOnline } = useSyncState();
  const pending = useSyncState(notes, (state) => state.pending);
  const { isReady, syncCount } = useSyncState(notes);
  return shown('state', { isReady, pending, syncCount, isOnline, isKnown: identity !== undefined });
});

export const Conflicts = memo(function Conflicts({ notes }: { notes: Notes }) {
  rendered('conflicts');
  const [conflicts, resolve, error] = useConflicts(notes);
  const sides = ({ key, base, local, remote }: Conflict<string>) =>
    [key, base, local.value, remote.value].join('/');
  return h(
    'div',
    {},
    shown('conflicts', error instanceof SyncError ? error.code : conflicts.map(sides).join(' ')),
    ...conflicts.map((conflict) =>
      h(
        'button',
        { key: conflict.key, type: 'button', onClick: () => void resolve(conflict, { use: 'remote' }) },
        conflict.key,
      ),
    ),
  );
});

export function NamesOfClient() {
  return shown('client', useSyncClient().openDatasets().length);
}

/** All of them. */
export function Page({ notes }: Pick<App, 'notes'>) {
  return h(
    'main',
    {},
    h(Value, { notes, name: 'a' }),
    h(Value, { notes, name: 'a', id: 'a-again' }),
    h(Value, { notes, name: 'b' }),
    h(Names, { notes }),
    h(Everything, { notes }),
    h(State, { notes }),
    h(Conflicts, { notes }),
    h(NamesOfClient),
  );
}
