/** What proves who somebody is: a login provider and its name for the user. */
export interface Login {
  /**
   * As pools and `Logins` maps name it: `accounts.google.com`, the host and path of an OpenID Connect issuer,
   * `cognito-idp.<region>.amazonaws.com/<user pool>`, or the pool's developer provider name.
   */
  readonly provider: string;
  /** The user's identifier there. */
  readonly subject: string;
}

export function isSameLogin(left: Login, right: Login): boolean {
  return left.provider === right.provider && left.subject === right.subject;
}

/** By provider, then by subject, in the binary order of their texts. */
export function compareLogins(left: Login, right: Login): number {
  return compareTexts(left.provider, right.provider) || compareTexts(left.subject, right.subject);
}

/** All of them, each once, in order. */
export function joinLogins(...lists: readonly (readonly Login[])[]): readonly Login[] {
  const sorted = lists.flat().sort(compareLogins);
  return sorted.filter((login, index) => {
    const before = sorted[index - 1];
    return !before || !isSameLogin(before, login);
  });
}

/** By code points, which is the order of the UTF-8 bytes; `<` compares UTF-16 units. */
function compareTexts(left: string, right: string): number {
  const others = right[Symbol.iterator]();
  for (const character of left) {
    const other = others.next();
    if (other.done) return 1;
    const difference = (character.codePointAt(0) ?? 0) - (other.value.codePointAt(0) ?? 0);
    if (difference !== 0) return difference;
  }
  return others.next().done ? 0 : -1;
}
