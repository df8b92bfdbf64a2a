export { type ErrorName, errorRow, errors, ServiceError } from './errors.ts';
export { identityOperations, identityService } from './identity-operations.ts';
export {
  type CallerKind,
  type InputOf,
  type Operation,
  type Operations,
  type OutputOf,
  type Service,
  usualBodyBytes,
} from './operation.ts';
export { readInput } from './read.ts';
export type { Member, Members, Shape, StructureOf, ValueOf } from './shape.ts';
export { syncOperations, syncService } from './sync-operations.ts';
export { outputFault, outputWriter, type Writer } from './write.ts';
