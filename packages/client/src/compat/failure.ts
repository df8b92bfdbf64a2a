import { SyncError, type SyncErrorCode } from '../sync-error.ts';

export function failure(code: SyncErrorCode, dataset: string, what: string, key?: string): SyncError {
  return new SyncError(code, `${what} in '${dataset}'.`, { dataset, ...(key !== undefined && { key }) });
}
