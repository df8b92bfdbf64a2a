import type { Service } from '@holdall/protocol';
import { awsJson } from './aws-json.ts';
import type { Protocol, WireRequest } from './protocol.ts';
import { query } from './query.ts';
import { restJson } from './rest-json.ts';
import { rpc } from './rpc.ts';
import { splitTarget } from './target.ts';

/** Tells which protocol a request speaks, from its path and its target alone: content types are not to be trusted. */
export function protocolFinder(services: readonly Service[]): (request: WireRequest) => Protocol {
  const rest = restJson(services.filter((service) => service.rest));
  const json = awsJson(services);
  const envelope = rpc(services);
  const form = query(services);
  const namespaces = new Set(services.map((service) => `${service.namespace}.${service.target}`));

  return (request) => {
    // Early Android names a target on REST paths too, so the path decides first.
    if (request.path !== '/') return rest;
    const target = request.method === 'POST' ? request.headers.get('x-amz-target') : undefined;
    if (target === undefined) return form;
    return namespaces.has(splitTarget(target).prefix) ? envelope : json;
  };
}
