import { ServiceError } from '@holdall/protocol';
import type { Sealer } from '../ports/sealer.ts';

/** How many items to give: what was asked for up to `most`, or `most`. */
export function pageSize(maxResults: number | undefined, most: number): number {
  if (maxResults === undefined) return most;
  // The model has no constraint here; the sentence is the one it would have.
  if (maxResults < 1) {
    throw new ServiceError(
      'InvalidParameterException',
      `1 validation error detected: Value '${maxResults}' at 'maxResults' failed to satisfy constraint: Member must have value greater than or equal to 1`,
    );
  }
  return Math.min(maxResults, most);
}

/**
 * A page of items in a stated order, and the token for the next one. `list` has one item more than `size` when there
 * is a next page; `scope` ties the token to this very listing.
 */
export function cutPage<Item>(
  sealer: Sealer,
  scope: string,
  list: readonly Item[],
  size: number,
  key: (item: Item) => string,
): { readonly items: readonly Item[]; readonly nextToken?: string } {
  const items = list.slice(0, size);
  const last = items.at(-1);
  if (list.length <= size || last === undefined) return { items };
  return { items, nextToken: sealer.sign('page', { scope, after: key(last) }) };
}

/** Where the page named by a token begins, for `cutPage` and the store. */
export function openPage(
  sealer: Sealer,
  scope: string,
  nextToken: string | undefined,
): { readonly after?: string } {
  if (nextToken === undefined) return {};
  const opened = sealer.verify('page', nextToken) as { scope: string; after: string } | undefined;
  if (opened?.scope !== scope) throw invalidNextToken();
  return { after: opened.after };
}

export function invalidNextToken(): ServiceError {
  return new ServiceError('InvalidParameterException', 'NextToken not valid for these inputs');
}
