import type { Dataset, StoredRecord } from './dataset.ts';

// What an identity that is merged (the loser) leaves to the one that it becomes part of (the winner): every dataset,
// under a name of its own. The winner's datasets stay as they are; clients put the two together.

/** The wire's limit for names of datasets. */
const longestName = 128;

/** One identity after another may have been merged: `<dataset>.<first>.<second>`. */
const mergedSuffix = /^[\w-]+:[0-9a-f-]+(?:\.[\w-]+:[0-9a-f-]+)*$/;

/** The count of a merged dataset and of all its records: it begins anew, as the original's did (aws-sdk-net #413). */
export const mergedSyncCount = 1;

/**
 * New names for the loser's datasets: `<name>.<loser's id>`. Where that is too long the name is cut, after any ids of
 * earlier merges; where it is taken, `-2`, `-3`… follows, which clients cannot tell from the end of an id.
 *
 * @param names of the loser's datasets that exist
 * @param taken names that the winner has ever used: their sync counts must go on, so they are not used again
 * @returns old name → new name
 */
export function mergedNames(
  loserId: string,
  names: readonly string[],
  taken: Iterable<string>,
): ReadonlyMap<string, string> {
  const used = new Set(taken);
  const renamed = new Map<string, string>();
  // In one order, whatever the order that they come in: the same merge gives the same names in every store.
  for (const name of names.toSorted()) {
    const free = firstFree(name, loserId, used);
    used.add(free);
    renamed.set(name, free);
  }
  return renamed;
}

function firstFree(name: string, loserId: string, used: ReadonlySet<string>): string {
  for (let number = 1; ; number++) {
    const suffix = `.${loserId}${number === 1 ? '' : `-${number}`}`;
    const room = longestName - suffix.length;
    const stem = name.length <= room ? name : nameBeforeMerges(name).slice(0, room);
    if (!used.has(stem + suffix)) return stem + suffix;
  }
}

/** Without the ids of identities that the dataset came from. */
function nameBeforeMerges(name: string): string {
  for (let dot = name.indexOf('.', 1); dot !== -1; dot = name.indexOf('.', dot + 1)) {
    if (mergedSuffix.test(name.slice(dot + 1))) return name.slice(0, dot);
  }
  return name;
}

/** Those of the identity's dataset names that are merged copies of `datasetName`. */
export function mergedDatasetNames(datasetName: string, names: readonly string[]): readonly string[] {
  return names.filter((name) => isCopy(name, datasetName) || isCutCopy(name, datasetName));
}

function isCopy(name: string, datasetName: string): boolean {
  return name.startsWith(`${datasetName}.`) && mergedSuffix.test(name.slice(datasetName.length + 1));
}

/** Whether the copy's whole name would have been too long, so that it begins with a part of the dataset's name only. */
function isCutCopy(name: string, datasetName: string): boolean {
  const stem = nameBeforeMerges(name);
  const wholeLength = datasetName.length + name.length - stem.length;
  return (
    stem !== name && name.length === longestName && wholeLength > longestName && datasetName.startsWith(stem)
  );
}

/** Whether copies of the dataset may not begin with its whole name. Ids are some 46 characters long, at most 55. */
export function mayBeCut(datasetName: string): boolean {
  return datasetName.length + '.'.length + mostIdCharacters > longestName;
}

const mostIdCharacters = 55;

/** The loser's dataset as the winner has it. Its records come along at the same count, its tombstones do not. */
export function mergedDataset(dataset: Dataset, name: string): Dataset {
  const { deletedAtSyncCount: _past, ...kept } = dataset;
  return { ...kept, name, syncCount: mergedSyncCount, tombstoneCount: 0, spentSessions: [] };
}

/** Undefined for a tombstone: nobody knows the merged dataset yet, so nobody has to learn of the removal. */
export function mergedRecord(record: StoredRecord): StoredRecord | undefined {
  return record.value === undefined ? undefined : { ...record, syncCount: mergedSyncCount };
}
