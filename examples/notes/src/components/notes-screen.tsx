import { useSyncState } from '@holdall/client/react';
import { notes } from '../client.ts';
import { Notebook } from './notebook.tsx';

export function NotesScreen({ id }: { readonly id: string | undefined }) {
  const { isReady, error } = useSyncState(notes);
  if (!isReady && error) {
    return (
      <p className="banner">The notes on this device cannot be read. Close other windows, then reload.</p>
    );
  }
  return <Notebook dataset={notes} screen="notes" title="Notes" id={id} />;
}
