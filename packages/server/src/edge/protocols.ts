import type { Service } from '@holdall/protocol';
import { awsJson } from './aws-json.ts';
import type { Protocol, WireRequest } from './protocol.ts';
import { query } from './query.ts';
import { restJson } from './rest-json.ts';
import { rpc } from './rpc.ts';
import { splitTarget } from './target.ts';
import { xmlQuery } from './xml-query.ts';

/**
 * Tells which protocol a request speaks, from its path, its target, and without one the version that it asks for:
 * content types are not to be trusted.
 */
export function protocolFinder(all: readonly Service[]): (request: WireRequest) => Protocol {
  const rest = restJson(all.filter((service) => service.rest));
  const services = all.filter((service) => !service.xml && !service.restOnly);
  const json = awsJson(services);
  const envelope = rpc(services);
  const form = query(services);
  const xml = xmlQuery(all.filter((service) => service.xml));
  const namespaces = new Set(services.map((service) => `${service.namespace}.${service.target}`));

  return (request) => {
    // Early Android names a target on REST paths too, so the path decides first.
    if (request.path !== '/') return rest;
    const target = request.method === 'POST' ? request.headers.get('x-amz-target') : undefined;
    if (target === undefined) return xml.isMeant(request) ? xml : form;
    return namespaces.has(splitTarget(target).prefix) ? envelope : json;
  };
}
