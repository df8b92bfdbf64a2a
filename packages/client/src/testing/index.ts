export {
  type CrashingStore,
  type CrashPoint,
  createCrashingStore,
  SimulatedCrash,
} from './crashing-store.ts';
export {
  type Fault,
  type FaultPlan,
  type FaultyFetch,
  type FaultyRequest,
  type PlannedRequest,
  type SeededFaultOptions,
  seededFaults,
  withFaults,
} from './faults.ts';
export { type LocalStoreCase, localStoreContract, type OpenStore } from './local-store-contract.ts';
export { type Random, seededRandom } from './seeded-random.ts';
export { createTabs, type SimulatedTab, type SimulatedTabs } from './tab-simulator.ts';
export type { IssuedCredentials } from './test-server/credentials.ts';
export type { KeptDatasetState, KeptIdentityState, KeptState } from './test-server/kept-state.ts';
export type { TestQuotas } from './test-server/scene.ts';
export type { AnsweredRequest } from './test-server/service.ts';
export { createTestServer, type TestServer, type TestServerOptions } from './test-server.ts';
export { createVirtualClock, type VirtualClock } from './virtual-clock.ts';
