import type { ChildServer } from './child-server.ts';
import type { Population } from './population.ts';

/** A running Holdall and what its store holds. */
export interface StoreUnderTest {
  readonly server: ChildServer;
  readonly population: Population;
  /** Its pool has a stream that nobody answers. */
  readonly deadReceiver: boolean;
  /** How many of the population have a device that sends requests. */
  readonly active: Population;
}
