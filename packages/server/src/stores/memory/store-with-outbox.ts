import type { Instant } from '../../domain/dataset.ts';
import type {
  DeadLetterSelection,
  LaneClaim,
  LaneSelection,
  OutboxWrites,
  Settlement,
} from '../../ports/outbox.ts';
import type { MemoryOutbox } from './memory-outbox.ts';

/** The part of a store that its outbox answers for. */
export abstract class StoreWithOutbox {
  /** @throws StoreClosedError */
  protected abstract get outbox(): MemoryOutbox;

  async backlog() {
    return this.outbox.backlog();
  }

  async deadLetters(page: { readonly after?: number; readonly limit: number }) {
    return this.outbox.deadLetters(page);
  }

  async streamPayload(id: string, at: Instant) {
    return this.outbox.streamPayload(id, at);
  }

  async claimLanes(claim: LaneClaim) {
    return this.outbox.claimLanes(claim);
  }

  async settleLanes(settlements: readonly Settlement[]) {
    this.outbox.settleLanes(settlements);
  }

  async releaseLanes(lanes: Parameters<OutboxWrites['releaseLanes']>[0]) {
    this.outbox.releaseLanes(lanes);
  }

  async holdLanes(lanes: LaneSelection) {
    this.outbox.holdLanes(lanes);
  }

  async dropLanes(lanes: LaneSelection & { readonly limit: number }) {
    return this.outbox.dropLanes(lanes);
  }

  async retryDeadLetters(letters: DeadLetterSelection & { readonly at: Instant }) {
    return this.outbox.retryDeadLetters(letters);
  }

  async dropDeadLetters(letters: DeadLetterSelection) {
    return this.outbox.dropDeadLetters(letters);
  }

  async keepStreamPayload(payload: Parameters<OutboxWrites['keepStreamPayload']>[0]) {
    this.outbox.keepStreamPayload(payload);
  }

  async forgetStreamPayloads(at: Instant, limit: number) {
    return this.outbox.forgetStreamPayloads(at, limit);
  }
}
