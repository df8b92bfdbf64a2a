import { ServiceError } from '@holdall/protocol';

/** The longest legal form is an UpdateRecords of 1,024 patches with five members each. */
const mostParameters = 8192;

/**
 * Raw values by decoded name, in the order they came. A name that cannot be decoded stays as it is.
 *
 * @throws ServiceError `InvalidQueryParameter` when there are more than any request needs
 */
export function parseQuery(query: string): ReadonlyMap<string, readonly string[]> {
  const parameters = new Map<string, string[]>();
  if (query === '') return parameters;
  const parts = query.split('&', mostParameters + 1);
  if (parts.length > mostParameters) {
    throw new ServiceError('InvalidQueryParameter', `There are more than ${mostParameters} parameters`);
  }
  for (const part of parts) {
    if (part === '') continue;
    const equals = part.indexOf('=');
    const name = decodedOrRaw(equals < 0 ? part : part.slice(0, equals));
    const value = equals < 0 ? '' : part.slice(equals + 1);
    const values = parameters.get(name);
    if (values) values.push(value);
    else parameters.set(name, [value]);
  }
  return parameters;
}

/**
 * Decodes form encoding: Android sends a space as `+`, all others as `%20`.
 *
 * @throws ServiceError `InvalidParameterException` when it is not valid percent-encoded UTF-8
 */
export function formDecode(text: string): string {
  const decoded = decodeOrUndefined(text);
  if (decoded === undefined) {
    throw new ServiceError(
      'InvalidParameterException',
      `The query value '${text}' is not valid percent-encoding`,
    );
  }
  return decoded;
}

function decodedOrRaw(text: string): string {
  return decodeOrUndefined(text) ?? text;
}

export function decodeOrUndefined(text: string): string | undefined {
  if (!/[%+]/.test(text)) return text;
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    return undefined;
  }
}
