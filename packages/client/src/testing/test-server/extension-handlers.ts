import type { InputOf } from '@holdall/protocol';
import { type extensionOperations, ServiceError } from '@holdall/protocol';
import type { AnyHandler } from './handlers.ts';
import { type Call, disabled, inPool, notFound, type Scene } from './scene.ts';

type Input = InputOf<typeof extensionOperations.WatchChanges>;

const mostListeners = 64;

/** What Amazon's service does not have. */
export function extensionHandlers(scene: Scene) {
  return {
    WatchChanges(input: Input, { expiresAt, signal }: Call) {
      const identity = inPool(scene, input);
      if (!identity) throw notFound('Identity', input.IdentityId);
      if (identity.disabled) throw disabled(identity);
      if (scene.streams.listenersOf(identity) >= mostListeners) {
        throw new ServiceError(
          'TooManyRequestsException',
          `The identity has ${mostListeners} listeners, which is the most that it may have: ask for changes from time to time`,
        );
      }
      const lastEventId = input.LastEventId ?? input.LastEventIdInQuery;
      return scene.streams.open({ identity, lastEventId, expiresAt, signal: signal ?? never });
    },
  } satisfies Record<string, AnyHandler>;
}

const never = new AbortController().signal;
