/** OpenID Connect Core allows 255; a webhook may have to tell of longer ones. */
const mostCharacters = 1024;

/** Whether a provider's name for a user is one that can be kept and found again. */
export function isSubject(value: unknown): value is string {
  return (
    typeof value === 'string' &&
    value !== '' &&
    value.length <= mostCharacters &&
    value.isWellFormed() &&
    !value.includes('\0')
  );
}
