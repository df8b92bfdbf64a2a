export { type ErrorName, errorRow, errors, ServiceError } from './errors.ts';
export { extensionOperations, extensionService } from './extension-operations.ts';
export { identityOperations, identityService } from './identity-operations.ts';
export {
  type CallerKind,
  type InputOf,
  isRead,
  type Operation,
  type Operations,
  type OutputOf,
  type Service,
  usualBodyBytes,
} from './operation.ts';
export { readInput } from './read.ts';
export type { Member, Members, Shape, StructureOf, ValueOf } from './shape.ts';
export { stsOperations, stsService } from './sts-operations.ts';
export { syncOperations, syncService } from './sync-operations.ts';
export { outputFault, outputWriter, type Writer } from './write.ts';
export { writeXmlMembers, xmlElement, xmlText } from './write-xml.ts';
