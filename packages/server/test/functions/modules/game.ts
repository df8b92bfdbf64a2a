interface SyncRecord {
  oldValue?: string | null;
  newValue: string | null;
  op: 'replace' | 'remove';
}
interface SyncEvent {
  readonly datasetRecords: Record<string, SyncRecord>;
}

/** Adds a badge for a high score, writes the name in capitals, takes the trial away, and lets nobody set `coins`. */
export const handler = async (event: SyncEvent): Promise<SyncEvent> => {
  const records = event.datasetRecords;
  if (Number(records.score?.newValue) >= 10) records.badge = { newValue: 'gold', op: 'replace' };
  if (records.name?.newValue) records.name.newValue = records.name.newValue.toUpperCase();
  if (records.badge && records.trial) records.trial.op = 'remove';
  delete records.coins;
  return event;
};
