// The datasets of an identity that was merged into another go on there as copies: `notes.<old identity id>`.

const longestName = 128;
const mostIdCharacters = 55;
const ids = /^[\w-]+:[0-9a-f-]+(?:\.[\w-]+:[0-9a-f-]+)*$/;

/** A name for the copy that the surviving identity has never used. */
export function copyName(name: string, oldId: string, used: ReadonlySet<string>): string {
  for (let number = 1; ; number++) {
    const suffix = `.${oldId}${number === 1 ? '' : `-${number}`}`;
    const room = longestName - suffix.length;
    const stem = name.length <= room ? name : stemOf(name).slice(0, room);
    if (!used.has(stem + suffix)) return stem + suffix;
  }
}

/** Those of the names that are copies of the dataset. Of a long name only the beginning may be left. */
export function copiesOf(datasetName: string, names: readonly string[], isKnown: boolean): readonly string[] {
  const isLong = datasetName.length + 1 + mostIdCharacters > longestName;
  return names.filter((name) => {
    const isPrefixed = name.startsWith(`${datasetName}.`);
    if (isPrefixed && ids.test(name.slice(datasetName.length + 1))) return true;
    if (!isPrefixed && !(isLong && isKnown)) return false;
    const stem = stemOf(name);
    const wholeLength = datasetName.length + name.length - stem.length;
    const isCut = stem !== name && name.length === longestName && wholeLength > longestName;
    return isCut && datasetName.startsWith(stem);
  });
}

/** Without the ids of identities that it came from. */
function stemOf(name: string): string {
  for (let dot = name.indexOf('.', 1); dot !== -1; dot = name.indexOf('.', dot + 1)) {
    if (ids.test(name.slice(dot + 1))) return name.slice(0, dot);
  }
  return name;
}
