import type { extensionOperations } from '@holdall/protocol';
import type { Handlers } from '../handler.ts';
import { type WatchNeeds, watchChanges } from './watch-changes.ts';

export function extensionHandlers(needs: WatchNeeds): Handlers<typeof extensionOperations> {
  return { WatchChanges: watchChanges(needs) };
}
