import type { Instant } from '../domain/dataset.ts';
import type { Device } from '../domain/identity.ts';
import { pushApplication, type QueuedNotice, type RetryRule, retryDelay } from '../domain/outbox.ts';
import type { DeliveryObserver } from '../ports/deliveries.ts';
import type { DeliveryError } from '../ports/delivery-error.ts';
import type { Logger } from '../ports/logger.ts';
import type { ClaimedLane, Settlement } from '../ports/outbox.ts';
import type { PushAddress, PushTarget } from '../ports/push-target.ts';
import type { Store } from '../ports/store.ts';
import { Pause } from './pause.ts';
import { reasonOf, toDeliveryError } from './reason.ts';
import type { ClaimSize, Sender } from './sender.ts';

export interface PushSenderNeeds {
  /** By application ARN. */
  readonly targets: ReadonlyMap<string, PushTarget>;
  readonly store: Pick<Store, 'pool' | 'device' | 'subscribedDevices' | 'registerDevice' | 'removeDevice'>;
  readonly retryRule: RetryRule;
  readonly now: () => Instant;
  readonly random: () => number;
  readonly observer: DeliveryObserver;
  readonly logger: Logger;
}

/** Whom a notice goes to. */
interface Recipient {
  readonly application: string;
  readonly target: PushTarget;
  readonly device: Device;
}

/** Notices are sent side by side; a slow one holds up those of its batch. */
const batch: ClaimSize = { lanes: 16, perLane: 1, deliveries: 16, characters: 65_536 };
const sendLimitMs = 30_000;

/** Sends notices to the devices of one platform, each through the application that the pool has for it. */
export class PushSender implements Sender {
  /** The platform never pauses, only applications do. */
  readonly pausedUntil = 0;
  readonly #needs: PushSenderNeeds;
  readonly #pauses = new Map<string, Pause>();

  constructor(needs: PushSenderNeeds) {
    this.#needs = needs;
  }

  claimSize(): ClaimSize {
    return batch;
  }

  async send(lanes: readonly ClaimedLane[], signal: AbortSignal): Promise<readonly Settlement[]> {
    const limited = AbortSignal.any([signal, AbortSignal.timeout(sendLimitMs)]);
    return await Promise.all(lanes.map((lane) => this.#sendOne(lane, limited, signal)));
  }

  async #sendOne(claimed: ClaimedLane, limited: AbortSignal, closing: AbortSignal): Promise<Settlement> {
    const { observer, now } = this.#needs;
    const { lane, lease, tries, deliveries } = claimed;
    const [delivery] = deliveries;
    const later = { lane, lease, tries, readyAt: now() };
    if (!delivery) return later;
    const notice = JSON.parse(delivery.payload) as QueuedNotice;
    const done = { ...later, doneUpTo: delivery.id, tries: 0 };
    const recipient = await this.#recipient(notice);
    if (typeof recipient === 'string') {
      observer.dropped('push', recipient);
      return done;
    }
    const pause = this.#pauseOf(recipient.application);
    if (pause.until > now()) return { ...later, readyAt: pause.until };
    try {
      await this.#deliver(recipient, notice, limited);
      pause.succeeded();
      return done;
    } catch (error) {
      if (closing.aborted) return later;
      return this.#failed(claimed, recipient, toDeliveryError(error));
    }
  }

  async #recipient(notice: QueuedNotice): Promise<Recipient | 'no device' | 'no target'> {
    const { store, targets, logger } = this.#needs;
    const { identityPoolId, identityId, datasetName, deviceId } = notice;
    const device = await store.device(identityId, deviceId);
    const subscribed = device && (await store.subscribedDevices(identityId, datasetName)).includes(deviceId);
    if (!device || !subscribed) return 'no device';
    const application = pushApplication((await store.pool(identityPoolId))?.pushSync, device.platform);
    const target = application === undefined ? undefined : targets.get(application);
    if (application !== undefined && target) return { application, target, device };
    logger.debug({ identityPoolId, application, platform: device.platform }, 'a notice has no push target');
    return 'no target';
  }

  async #deliver({ application, target, device }: Recipient, notice: QueuedNotice, signal: AbortSignal) {
    const { store, observer } = this.#needs;
    const address = { platform: device.platform, token: device.token };
    const isKnown = device.application === application;
    const endpoint = isKnown ? device.endpoint : await this.#register(device, application, target, signal);
    const { identityPoolId, identityId, datasetName, syncCount } = notice;
    const outcome = await target.send(
      withEndpoint(address, endpoint),
      { identityPoolId, identityId, datasetName, syncCount },
      signal,
    );
    if (outcome === 'delivered') {
      observer.delivered('push', 1);
      return;
    }
    observer.dropped('push', 'no device');
    await store.removeDevice(identityId, device.id);
  }

  /** A device that could not be made known when it was registered, or whose pool has another application since. */
  async #register(device: Device, application: string, target: PushTarget, signal: AbortSignal) {
    const { platform, token, endpoint: _old, ...rest } = device;
    const endpoint = await target.register({ platform, token }, signal);
    const known = { ...rest, platform, token, application };
    await this.#needs.store.registerDevice(endpoint === undefined ? known : { ...known, endpoint }, 0);
    return endpoint;
  }

  #failed({ lane, lease, tries, deliveries }: ClaimedLane, { application }: Recipient, error: DeliveryError) {
    const { retryRule, random, now, observer, logger } = this.#needs;
    const at = now();
    const reason = reasonOf(error);
    observer.failed('push', error.failure);
    if (error.failure !== 'refused') {
      // A receiver that takes nothing (`gone`) may be told to by a person, whom we would not hear of.
      if (!error.isAboutOne) this.#pauseOf(application).failed(error.retryAfterMs);
      if (error.failure === 'gone') logger.error({ application, reason }, 'the push target takes nothing');
      if (tries + 1 < retryRule.tries) {
        const wished = error.isAboutOne ? (error.retryAfterMs ?? 0) : 0;
        const delay = Math.max(retryDelay(retryRule, tries + 1, random()), wished);
        return { lane, lease, tries: tries + 1, readyAt: at + delay };
      }
    }
    const id = deliveries[0]?.id ?? 0;
    observer.died('push', 1);
    logger.error({ application, delivery: id, reason }, 'a delivery was given up: see holdall deliveries');
    return { lane, lease, tries: 0, readyAt: at, dead: { id, reason, at } };
  }

  #pauseOf(application: string): Pause {
    const pause = this.#pauses.get(application) ?? new Pause(this.#needs);
    this.#pauses.set(application, pause);
    return pause;
  }
}

export function withEndpoint(address: PushAddress, endpoint: string | undefined): PushAddress {
  return endpoint === undefined ? address : { ...address, endpoint };
}
