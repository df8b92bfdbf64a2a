import {
  type Audience,
  type Change,
  type DeliveryKind,
  type Destination,
  deliveriesOf,
  keepsNewestOnly,
  type NewDelivery,
} from '../../domain/outbox.ts';
import type {
  Backlog,
  ClaimedDelivery,
  ClaimedLane,
  DeadLetter,
  DeadLetterSelection,
  LaneClaim,
  LaneSelection,
  OutboxReads,
  OutboxWrites,
  Settlement,
} from '../../ports/outbox.ts';
import { compareBinary } from './binary-order.ts';

interface KeptLane {
  readonly lane: number;
  readonly kind: DeliveryKind;
  readonly destination: string;
  readonly name: string;
  deliveries: ClaimedDelivery[];
  tries: number;
  readyAt: number | undefined;
  lease: string | undefined;
}

/** The outbox of a memory store. */
export class MemoryOutbox implements OutboxReads, OutboxWrites {
  readonly #onQueued: (destinations: readonly Destination[]) => void;
  readonly #identityExists: (identityId: string) => boolean;
  readonly #lanes = new Map<number, KeptLane>();
  readonly #dead = new Map<number, DeadLetter>();
  readonly #payloads = new Map<string, { readonly body: string; readonly expiresAt: number }>();
  #lastLane = 0;
  #lastDelivery = 0;

  constructor(
    onQueued: (destinations: readonly Destination[]) => void,
    identityExists: (identityId: string) => boolean,
  ) {
    this.#onQueued = onQueued;
    this.#identityExists = identityExists;
  }

  queue(change: Change, audience: Audience): void {
    for (const delivery of deliveriesOf(change, audience)) this.#put(delivery, change.at);
  }

  #put(delivery: NewDelivery, at: number): void {
    const lane = this.#find(delivery) ?? this.#newLane(delivery, at);
    if (keepsNewestOnly(lane.kind)) lane.deliveries = [];
    lane.deliveries.push({ id: ++this.#lastDelivery, queuedAt: at, payload: delivery.payload });
    this.#onQueued([lane]);
  }

  #find({ kind, destination, lane: name }: NewDelivery): KeptLane | undefined {
    return [...this.#lanes.values()].find(
      (lane) => lane.kind === kind && lane.destination === destination && lane.name === name,
    );
  }

  #newLane({ kind, destination, lane: name }: NewDelivery, at: number): KeptLane {
    const number = ++this.#lastLane;
    const lane: KeptLane = {
      lane: number,
      kind,
      destination,
      name,
      deliveries: [],
      tries: 0,
      readyAt: at,
      lease: undefined,
    };
    this.#lanes.set(number, lane);
    return lane;
  }

  backlog(): readonly Backlog[] {
    const places = [...this.#lanes.values(), ...this.#dead.values()].map(({ kind, destination }) => ({
      kind,
      destination,
    }));
    const unique = new Map(places.map((place) => [`${place.kind}\0${place.destination}`, place]));
    return [...unique.values()]
      .map((place) => this.#backlogOf(place))
      .sort(
        (one, other) =>
          compareBinary(one.kind, other.kind) || compareBinary(one.destination, other.destination),
      );
  }

  #backlogOf({ kind, destination }: Pick<Backlog, 'kind' | 'destination'>): Backlog {
    const lanes = this.#selected({ kind, destination });
    const deliveries = lanes.flatMap((lane) => lane.deliveries);
    const ready = lanes.flatMap(({ readyAt }) => readyAt ?? []);
    const dead = [...this.#dead.values()].filter(
      (letter) => letter.kind === kind && letter.destination === destination,
    );
    return {
      kind,
      destination,
      queued: deliveries.length,
      dead: dead.length,
      ...(deliveries.length > 0 && { oldestAt: Math.min(...deliveries.map(({ queuedAt }) => queuedAt)) }),
      ...(ready.length > 0 && { readyAt: Math.min(...ready) }),
    };
  }

  deadLetters({
    after = 0,
    limit,
  }: {
    readonly after?: number;
    readonly limit: number;
  }): readonly DeadLetter[] {
    return [...this.#dead.values()]
      .filter(({ id }) => id > after)
      .sort((one, other) => one.id - other.id)
      .slice(0, limit);
  }

  streamPayload(id: string, at: number): string | undefined {
    const payload = this.#payloads.get(id);
    return payload && payload.expiresAt > at ? payload.body : undefined;
  }

  claimLanes(claim: LaneClaim): readonly ClaimedLane[] {
    const ready = this.#selected(claim)
      .filter(({ readyAt }) => readyAt !== undefined && readyAt <= claim.at)
      .sort((one, other) => (one.readyAt ?? 0) - (other.readyAt ?? 0) || one.lane - other.lane)
      .slice(0, claim.lanes);
    const claimed: ClaimedLane[] = [];
    let deliveries = 0;
    let characters = 0;
    for (const lane of ready) {
      // Left by one whose lease was over when it settled what was the last, or of an identity that was deleted.
      if (lane.deliveries.length === 0 || !this.#identityExists(identityOfLane(lane.name))) {
        this.#lanes.delete(lane.lane);
        continue;
      }
      const taken: ClaimedDelivery[] = [];
      for (const delivery of lane.deliveries.slice(0, claim.perLane)) {
        if (deliveries > 0 && characters + delivery.payload.length > claim.characters) break;
        if (deliveries === claim.deliveries) break;
        taken.push(delivery);
        deliveries += 1;
        characters += delivery.payload.length;
      }
      if (taken.length === 0) break;
      lane.lease = claim.lease;
      lane.readyAt = claim.until;
      claimed.push({ lane: lane.lane, lease: claim.lease, tries: lane.tries, deliveries: taken });
    }
    return claimed;
  }

  settleLanes(settlements: readonly Settlement[]): void {
    for (const { lane: number, lease, doneUpTo = 0, dead, tries, readyAt } of settlements) {
      const lane = this.#lanes.get(number);
      if (!lane) continue;
      lane.deliveries = lane.deliveries.filter(({ id }) => id > doneUpTo);
      const victim = dead && lane.deliveries.find(({ id }) => id === dead.id);
      if (victim) {
        lane.deliveries = lane.deliveries.filter((delivery) => delivery !== victim);
        const { kind, destination, name } = lane;
        const { reason, at: diedAt } = dead;
        this.#dead.set(victim.id, { ...victim, kind, destination, lane: name, diedAt, reason });
      }
      const isFree = lane.lease === undefined || lane.lease === lease;
      if (lane.deliveries.length === 0 && isFree) this.#lanes.delete(number);
      if (lane.lease !== lease) continue;
      Object.assign(lane, { tries, readyAt, lease: undefined });
    }
  }

  releaseLanes({ at, leased, ...selection }: LaneSelection & { at: number; leased: boolean }): void {
    for (const lane of this.#selected(selection)) {
      if (lane.lease !== undefined && !leased) continue;
      if (lane.readyAt !== undefined && lane.readyAt <= at) continue;
      lane.readyAt = at;
      lane.lease = undefined;
      this.#onQueued([lane]);
    }
  }

  holdLanes(selection: LaneSelection): void {
    for (const lane of this.#selected(selection)) if (lane.lease === undefined) lane.readyAt = undefined;
  }

  dropLanes({ limit, ...selection }: LaneSelection & { limit: number }): number {
    const dropped = this.#selected(selection)
      .filter(({ lease }) => lease === undefined)
      .slice(0, limit);
    for (const { lane } of dropped) this.#lanes.delete(lane);
    return dropped.reduce((total, { deliveries }) => total + deliveries.length, 0);
  }

  retryDeadLetters({ at, ...letters }: DeadLetterSelection & { readonly at: number }): number {
    const taken = this.#takeDead(letters);
    for (const { kind, destination, lane, payload } of taken) {
      const delivery = { kind, destination, lane, payload };
      if (!keepsNewestOnly(kind) || !this.#find(delivery)) this.#put(delivery, at);
    }
    return taken.length;
  }

  dropDeadLetters(letters: DeadLetterSelection): number {
    return this.#takeDead(letters).length;
  }

  keepStreamPayload({ id, body, expiresAt }: { id: string; body: string; expiresAt: number }): void {
    this.#payloads.set(id, { body, expiresAt });
  }

  forgetStreamPayloads(at: number, limit: number): number {
    const expired = [...this.#payloads].filter(([, { expiresAt }]) => expiresAt <= at).slice(0, limit);
    for (const [id] of expired) this.#payloads.delete(id);
    return expired.length;
  }

  /** Erases all that is to be sent about the identity. */
  erase(identityId: string): void {
    for (const { lane, name } of this.#lanes.values())
      if (identityOfLane(name) === identityId) this.#lanes.delete(lane);
    for (const { id, lane } of this.#dead.values())
      if (identityOfLane(lane) === identityId) this.#dead.delete(id);
    for (const id of this.#payloads.keys()) if (id.startsWith(`${identityId}/`)) this.#payloads.delete(id);
  }

  #takeDead({ ids, limit }: DeadLetterSelection): readonly DeadLetter[] {
    const all = this.deadLetters({ limit: Number.MAX_SAFE_INTEGER });
    const taken = all.filter(({ id }) => ids?.includes(id) ?? true).slice(0, limit);
    for (const { id } of taken) this.#dead.delete(id);
    return taken;
  }

  #selected({ kind, destination }: LaneSelection): readonly KeptLane[] {
    return [...this.#lanes.values()].filter(
      (lane) =>
        (kind === undefined || lane.kind === kind) &&
        (destination === undefined || lane.destination === destination),
    );
  }
}

/** The identity that a lane is of, by its name (`deliveriesOf`). */
function identityOfLane(name: string): string {
  return name.split('/', 1)[0] ?? name;
}
