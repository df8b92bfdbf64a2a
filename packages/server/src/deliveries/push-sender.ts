import type { Instant } from '../domain/dataset.ts';
import type { Device } from '../domain/identity.ts';
import {
  platformOf,
  pushApplication,
  type QueuedNotice,
  type RetryRule,
  retryDelay,
} from '../domain/outbox.ts';
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
  readonly platform: string;
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
const oneLane: ClaimSize = { ...batch, lanes: 1, deliveries: 1 };
const sendLimitMs = 30_000;
/** For about an hour, of a notice whose failures say nothing of the others: devices choose receivers that never answer. */
const triesAboutOne = 20;

/** Sends notices to the devices of one platform, each through the application that the pool has for it. */
export class PushSender implements Sender {
  readonly #needs: PushSenderNeeds;
  /** Those that the platform has a target for. */
  readonly #applications: readonly string[];
  readonly #pauses = new Map<string, Pause>();
  /** Of applications that failed last, the one notice that finds out whether they still do. */
  readonly #probes = new Map<string, Promise<unknown>>();

  constructor(needs: PushSenderNeeds) {
    this.#needs = needs;
    this.#applications = [...needs.targets.keys()].filter((arn) => platformOf(arn) === needs.platform);
  }

  /** Until the first of its applications can be asked again. */
  get pausedUntil(): Instant {
    if (this.#applications.length === 0) return 0;
    return Math.min(...this.#applications.map((application) => this.#pauses.get(application)?.until ?? 0));
  }

  claimSize(): ClaimSize {
    const isDown = (application: string) => (this.#pauses.get(application)?.failures ?? 0) > 0;
    return this.#applications.length > 0 && this.#applications.every(isDown) ? oneLane : batch;
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
    const { application } = recipient;
    const pause = this.#pauseOf(application);
    const probe = this.#probes.get(application);
    if (probe) await probe;
    if (probe || pause.until > now()) return { ...later, readyAt: Math.max(now(), pause.until) };
    const attempt = async (): Promise<Settlement> => {
      const failuresBefore = pause.failures;
      try {
        await this.#deliver(recipient, notice, limited);
        pause.succeeded();
        return done;
      } catch (error) {
        if (closing.aborted) return later;
        return this.#failed(claimed, application, toDeliveryError(error), failuresBefore);
      }
    };
    if (pause.failures === 0) return await attempt();
    const probing = attempt();
    this.#probes.set(application, probing);
    return await probing.finally(() => this.#probes.delete(application));
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

  #failed(
    { lane, lease, tries, deliveries }: ClaimedLane,
    application: string,
    error: DeliveryError,
    failuresBefore: number,
  ): Settlement {
    const { retryRule, random, now, observer, logger } = this.#needs;
    const at = now();
    const reason = reasonOf(error);
    observer.failed('push', error.failure);
    if (error.failure !== 'refused') {
      // A receiver that takes nothing (`gone`) may be told to by a person, whom we would not hear of.
      const pause = this.#pauseOf(application);
      // Those that were on their way together failed for one reason: that counts once.
      if (!error.isAboutOne && pause.failures === failuresBefore) pause.failed(error.retryAfterMs);
      if (error.failure === 'gone') logger.error({ application, reason }, 'the push target takes nothing');
      const mostTries = error.isAboutOne ? Math.min(triesAboutOne, retryRule.tries) : retryRule.tries;
      if (tries + 1 < mostTries) {
        const notBefore = error.isAboutOne ? at + (error.retryAfterMs ?? 0) : pause.until;
        const readyAt = Math.max(at + retryDelay(retryRule, tries + 1, random()), notBefore);
        return { lane, lease, tries: tries + 1, readyAt };
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
