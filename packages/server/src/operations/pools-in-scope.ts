import type { Page } from '../ports/store.ts';
import type { Call } from './handler.ts';

interface Source<Item> {
  /** A page in the order of the pools' ids. */
  list(page: Page): Promise<readonly Item[]>;
  get(poolId: string): Promise<Item | undefined>;
}

/** The page of a listing of pools that its caller may see: of all pools, or of those in its scope. */
export async function poolsInScope<Item>(
  { caller }: Call,
  { after = '', limit }: Page,
  source: Source<Item>,
): Promise<readonly Item[]> {
  const poolIds = caller.kind === 'developer' ? caller.scope.poolIds : [];
  if (!poolIds) return source.list({ after, limit });
  const items: Item[] = [];
  // Ids are ASCII, so this is the store's order.
  for (const poolId of [...new Set(poolIds)].sort()) {
    if (poolId <= after || items.length === limit) continue;
    const item = await source.get(poolId);
    if (item !== undefined) items.push(item);
  }
  return items;
}
