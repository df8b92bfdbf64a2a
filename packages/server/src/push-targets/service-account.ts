import { createPrivateKey } from 'node:crypto';
import { receiverUrl } from '../outgoing/receiver-url.ts';
import type { ServiceAccount } from './fcm-access-token.ts';

/**
 * Reads the JSON file that Google gives for a service account.
 *
 * @throws Error that says what is wrong, without the file's text
 */
export function readServiceAccount(text: string): ServiceAccount {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw new Error('The service account must be the JSON that Google gave for it.');
  }
  if (typeof json !== 'object' || json === null)
    throw new Error('The service account must be a JSON object.');
  const members: Readonly<Record<string, unknown>> = { ...json };
  const { project_id: projectId, token_uri: tokenUri } = members;
  return {
    clientEmail: textOf(members, 'client_email'),
    privateKey: rsaKey(textOf(members, 'private_key')),
    projectId: typeof projectId === 'string' ? projectId : undefined,
    tokenUrl: receiverUrl(typeof tokenUri === 'string' ? tokenUri : 'https://oauth2.googleapis.com/token'),
  };
}

function textOf(members: Readonly<Record<string, unknown>>, name: string): string {
  const value = members[name];
  if (typeof value === 'string' && value !== '') return value;
  throw new Error(`The service account has no ${name}.`);
}

function rsaKey(pem: string): string {
  try {
    if (createPrivateKey(pem).asymmetricKeyType === 'rsa') return pem;
  } catch {
    // Its message would say nothing more, or too much.
  }
  throw new Error('private_key of the service account must be an RSA key in PEM.');
}
