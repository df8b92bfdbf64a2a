/** What an error says, or the one that it wraps where it says nothing of use itself. */
export function reason(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error instanceof AggregateError && error.errors.length > 0) return reason(error.errors[0]);
  if (error.cause instanceof Error) return reason(error.cause);
  if (error.name === 'TimeoutError') return 'no answer in time';
  return error.message === '' ? error.name : error.message;
}
