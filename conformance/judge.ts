import type { CaseRequest, CaseResponse, Json, TokenExpectation } from './case.ts';
import { differences, formFaults, matchesText } from './match.ts';
import { fill, fillText, type Variables, valueAt } from './placeholders.ts';
import { type Answer, eventStream } from './signed-client.ts';
import { readXml } from './xml.ts';

/** How an answer differs from what its step expects. Notes what the step captures. */
export function judge(
  request: CaseRequest,
  expected: CaseResponse,
  answer: Answer,
  variables: Variables,
): readonly string[] {
  const found = usualFaults(request, answer);
  if (expected.permitted) return [...found, ...refusalFaults(answer)];
  if (answer.status !== expected.status) {
    found.push(`expected status ${expected.status}, got ${answer.status}`);
  }
  for (const [name, value] of Object.entries(expected.headers ?? {})) {
    found.push(...headerFaults(name, value, answer, variables));
  }
  if (expected.text !== undefined && !matchesText(fillText(expected.text, variables), answer.text)) {
    found.push(`expected the text ${fillText(expected.text, variables)}`);
  }
  if (expected.body !== undefined) {
    found.push(...differences(fill(expected.body, variables), parsed(answer)));
  }
  if (expected.error !== undefined) found.push(...errorFaults(expected, answer, variables));
  for (const [path, token] of Object.entries(expected.tokens ?? {})) {
    found.push(...tokenFaults(path, token, answer, variables));
  }
  for (const [name, path] of Object.entries(expected.capture ?? {})) {
    const value = valueAt(path, parsed(answer) ?? null);
    if (value === undefined) found.push(`nothing to capture at ${path}`);
    else variables.set(name, value);
  }
  return found;
}

/** What no answer may lack, whatever a case is about. */
function usualFaults(request: CaseRequest, answer: Answer): string[] {
  if (request.method === 'OPTIONS') return [];
  const found: string[] = [];
  for (const name of ['x-amzn-RequestId', 'Date', 'Content-Type']) {
    if (!answer.headers.has(name)) found.push(`the header ${name} is missing`);
  }
  if (request.method === 'HEAD' || answer.text === '' || isStream(answer)) return found;
  if (parsed(answer) === undefined) found.push(`the body is not ${isXml(answer) ? 'XML' : 'JSON'}`);
  else if (isXml(answer)) found.push(...requestIdFaults(answer));
  else if (answer.headers.get('Content-Type') === 'application/json') found.push(...formFaults(answer.text));
  return found;
}

/** XML answers have the request id inside too. */
function requestIdFaults(answer: Answer): readonly string[] {
  const id = answer.headers.get('x-amzn-RequestId');
  return answer.text.includes(`<RequestId>${id}</RequestId>`) ? [] : [`the body has not the RequestId ${id}`];
}

function refusalFaults(answer: Answer): readonly string[] {
  const type = (answer.headers.get('x-amzn-ErrorType') ?? '').replace(/:.*/, '');
  const refused = /^(NotAuthorized|AccessDenied|MissingAuthenticationToken|InvalidSignature)/.test(type);
  return refused || answer.status >= 500 ? [`expected to be let through, got ${answer.status} ${type}`] : [];
}

function headerFaults(
  name: string,
  expected: string | null,
  answer: Answer,
  variables: Variables,
): readonly string[] {
  if (expected === null) {
    const there = [...answer.headers.keys()].some((given) => given.toLowerCase() === name.toLowerCase());
    return there ? [`the header ${name} must not be there`] : [];
  }
  const actual = answer.headers.get(name);
  const wanted = fillText(expected, variables);
  if (actual !== undefined && matchesText(wanted, actual)) return [];
  return [`expected the header ${name}: ${wanted}, got ${actual ?? [...answer.headers.keys()].join(', ')}`];
}

/** An error is told by the header, and by the body in the manner of its protocol. */
function errorFaults(expected: CaseResponse, answer: Answer, variables: Variables): readonly string[] {
  const found = [...headerFaults('x-amzn-ErrorType', `${expected.error}:`, answer, variables)];
  const body = errorIn(answer);
  const type = String(body?.__type ?? expected.error).replace(/^.*#/, '');
  if (type !== expected.error) found.push(`expected the __type ${expected.error}, got ${type}`);
  const message = fillText(expected.message ?? '<text>', variables);
  if (typeof body?.message !== 'string' || !matchesText(message, body.message)) {
    found.push(`expected the message ${message}, got ${JSON.stringify(body?.message)}`);
  }
  return found;
}

function errorIn(answer: Answer): { readonly __type?: Json; readonly message?: Json } | undefined {
  const whole = parsed(answer);
  if (isXml(answer)) {
    const at = (name: string) => valueAt(`$.ErrorResponse.Error.${name}`, whole ?? null) ?? null;
    return { __type: at('Code'), message: at('Message') };
  }
  const { Output = whole } = (whole ?? {}) as { Output?: Json };
  return Output as { __type?: Json; message?: Json } | undefined;
}

/** What a JSON web token says; whether its signature is right, the service itself tells when it is given back. */
function tokenFaults(
  path: string,
  { header, claims, lifetimeSeconds }: TokenExpectation,
  answer: Answer,
  variables: Variables,
): readonly string[] {
  const token = String(valueAt(path, parsed(answer) ?? null));
  const parts = token.split('.').map((part) => Buffer.from(part, 'base64url').toString('utf8'));
  const [actualHeader, actualClaims] = parts.slice(0, 2).map(parsedJson);
  const { iat, exp } = (actualClaims ?? {}) as { iat?: Json; exp?: Json };
  const lifetime = Number(exp) - Number(iat);
  return [
    ...(parts.length === 3 ? [] : [`${path} has not three parts: ${token}`]),
    ...differences(fill(header, variables), actualHeader, `${path} header`),
    ...differences(fill(claims, variables), actualClaims, `${path} claims`),
    ...(lifetime === lifetimeSeconds
      ? []
      : [`${path}: expected ${lifetimeSeconds} s of life, got ${lifetime}`]),
  ];
}

function isStream(answer: Answer): boolean {
  return answer.headers.get('Content-Type') === eventStream;
}

function isXml(answer: Answer): boolean {
  return answer.headers.get('Content-Type') === 'text/xml';
}

function parsed(answer: Answer): Json | undefined {
  return isXml(answer) ? readXml(answer.text) : parsedJson(answer.text);
}

function parsedJson(text: string): Json | undefined {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return undefined;
  }
}
