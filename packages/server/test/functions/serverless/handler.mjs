/** Does what the record `do` says, as functions on AWS Lambda do. */
export const notes = async (event, context) => {
  switch (event.datasetRecords.do?.newValue) {
    case 'hang':
      return new Promise(() => {});
    case 'throw':
      throw new Error('as told');
    case 'nothing':
      return undefined;
    case 'other field':
      return { ...event, datasetName: 'other' };
    case 'big':
      return { ...event, big: 'x'.repeat(10_000_000) };
    default:
      event.datasetRecords.by = { newValue: context.functionName, op: 'replace' };
      return event;
  }
};
