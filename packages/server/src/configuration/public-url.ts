import type { Settings } from './settings.ts';

/**
 * What is wrong with the links in stream records that are too long, undefined if nothing is. Without `publicUrl` they
 * begin with the address that the server listens on, and one that stands for all addresses leads nowhere.
 */
export function publicUrlProblem({ publicUrl, streams = {} }: Settings, host: string): string | undefined {
  // Every spelling of 0.0.0.0 and of ::.
  const isWildcard = /^[0:.]+$/.test(host);
  if (publicUrl !== undefined || Object.keys(streams).length === 0 || !isWildcard) return undefined;
  return (
    `The server listens on ${host}, so the links in stream records that are too long would lead nowhere: ` +
    'set publicUrl in the configuration file to the URL that receivers reach this server by.'
  );
}
