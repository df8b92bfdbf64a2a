import type { ErrorName, Operation, Service } from '@holdall/protocol';
import type { EventStream } from '../ports/event-stream.ts';
import type { SignedRequest } from '../sigv4/signed-request.ts';

export type WireRequest = SignedRequest;

/** A finished answer; header names are sent in this very case. */
export interface WireResponse {
  readonly status: number;
  /** Names and values by turns. */
  readonly headers: readonly string[];
  readonly body: string;
  /** In the place of a body: an answer that goes on. */
  readonly stream?: EventStream;
}

/** The row that a request names. */
export interface Route {
  readonly service: Service;
  readonly name: string;
  readonly operation: Operation;
  /** What the request's path says of the input. */
  readonly labels?: Readonly<Record<string, string>>;
}

export type RawMembers = Readonly<Record<string, unknown>>;

/**
 * One way of putting operations on the wire. It says which row a request names and which raw members it brings, and how
 * an answer is written; it knows no operation by name.
 */
export interface Protocol {
  readonly contentType: string;
  /** @throws ServiceError when the request names no operation */
  route(request: WireRequest): Route;
  /** @throws ServiceError when the members cannot be read */
  members(request: WireRequest, route: Route): RawMembers;
  /**
   * Told once the caller is known to be allowed, for protocols with errors of their own for what is missing.
   *
   * @throws ServiceError when a member that must be there is not
   */
  checkRequired?(raw: RawMembers, route: Route): void;
  success(route: Route, output: unknown, requestId: string): string;
  failure(code: ErrorName, message: string, route: Route | undefined, requestId: string): Failure;
}

export interface Failure {
  readonly status: number;
  /** The error's name in this protocol. */
  readonly type: string;
  readonly body: string;
}
