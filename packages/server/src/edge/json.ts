import { isUtf8 } from 'node:buffer';
import { ServiceError } from '@holdall/protocol';
import type { RawMembers } from './protocol.ts';

/**
 * The object that a body holds; an empty body is an empty object, as SDKs send either.
 *
 * @throws ServiceError `SerializationException`
 */
export function parseJsonObject(body: Uint8Array): RawMembers {
  if (body.length === 0) return {};
  if (!isUtf8(body)) throw new ServiceError('SerializationException', 'The request body is not UTF-8');
  const parsed = parse(Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('utf8'));
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) {
    throw new ServiceError('SerializationException', 'The request body is not a JSON object');
  }
  return parsed as RawMembers;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new ServiceError('SerializationException', 'The request body is not valid JSON', { cause });
  }
}
