import { SyncError } from '@holdall/client';

/** What went wrong, and what to do, in words for whoever uses the app. */
export function explain(error: unknown): string {
  if (!(error instanceof SyncError)) return (error as Error)?.message ?? 'Something went wrong.';
  switch (error.code) {
    case 'STORE':
      return (error.cause as Error | undefined)?.name === 'QuotaExceededError'
        ? 'This device has no space left for it. Make some space, then try again.'
        : 'This browser could not store it. Try again.';
    case 'QUOTA':
      return 'That is more than can be kept for one person. Shorten or delete some notes.';
    case 'AUTH':
      return 'You have to sign in again to go on synchronising. What you write stays on this device until then.';
    case 'OFFLINE':
    case 'NETWORK':
    case 'TIMEOUT':
    case 'THROTTLED':
    case 'SERVICE':
      return 'The service cannot be reached at the moment. What you write stays on this device, and is sent later.';
    default:
      return error.message;
  }
}
