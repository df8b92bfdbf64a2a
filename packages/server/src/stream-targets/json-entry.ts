import type { StreamMessage } from '../ports/stream-target.ts';

const lineFeed = 0x0a;
const carriageReturn = 0x0d;
const space = 0x20;

/**
 * One message as JSON on one line: `{"id":…,"partitionKey":…,"data":…}`. Its data stay as they are, byte for byte, but
 * for line breaks, which in JSON can only stand between its words.
 */
export function encodeEntry({ id, partitionKey, data }: StreamMessage): Buffer {
  const before = Buffer.from(
    `{"id":${JSON.stringify(id)},"partitionKey":${JSON.stringify(partitionKey)},"data":`,
  );
  const entry = Buffer.concat([before, data, Buffer.from('}')]);
  for (let index = before.length; index < entry.length; index += 1) {
    if (entry[index] === lineFeed || entry[index] === carriageReturn) entry[index] = space;
  }
  return entry;
}
