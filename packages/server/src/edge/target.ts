import { type Service, ServiceError } from '@holdall/protocol';
import type { Route, WireRequest } from './protocol.ts';

/**
 * The row that `X-Amz-Target: <prefix>.<Operation>` names, where each service has one prefix.
 *
 * @throws ServiceError `UnknownOperationException`
 */
export function routeByTarget(services: ReadonlyMap<string, Service>, request: WireRequest): Route {
  const target = request.headers.get('x-amz-target') ?? '';
  const { prefix, name } = splitTarget(target);
  const service = services.get(prefix);
  // A target like `….constructor` must not reach Object.prototype.
  const operation = service && Object.hasOwn(service.operations, name) ? service.operations[name] : undefined;
  if (!service || !operation) {
    throw new ServiceError('UnknownOperationException', `There is no operation with the target '${target}'`);
  }
  return { service, name, operation };
}

export function splitTarget(target: string): { readonly prefix: string; readonly name: string } {
  const dot = target.lastIndexOf('.');
  return { prefix: target.slice(0, Math.max(dot, 0)), name: target.slice(dot + 1) };
}
