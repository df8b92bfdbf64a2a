import { type identityOperations, ServiceError } from '@holdall/protocol';
import type { RoleMapping } from '../../domain/identity-pool.ts';
import type { Store } from '../../ports/store.ts';
import { poolNotFound } from '../access.ts';
import type { Handler } from '../handler.ts';

interface Needs {
  readonly store: Pick<Store, 'changePool'>;
}

export const setIdentityPoolRoles =
  ({ store }: Needs): Handler<typeof identityOperations.SetIdentityPoolRoles> =>
  async (input) => {
    const { Roles, RoleMappings } = input;
    for (const role of Object.values(Roles)) checkRole(role);
    for (const [provider, mapping] of Object.entries(RoleMappings ?? {})) checkMapping(provider, mapping);
    const roles = { Roles, ...(RoleMappings && { RoleMappings }) };
    if (!(await store.changePool(input.IdentityPoolId, { roles }))) throw poolNotFound(input.IdentityPoolId);
    return undefined;
  };

/** Of any account: a pool that has moved here names roles that it had there. */
const roleArn = /^arn:aws[\w-]*:iam::\d+:role\/.+$/;

function checkRole(role: string): void {
  if (!roleArn.test(role)) {
    throw new ServiceError('NotAuthorizedException', `Access to Role '${role}' is forbidden.`);
  }
}

function checkMapping(provider: string, mapping: RoleMapping): void {
  const { Type: type, AmbiguousRoleResolution: ambiguous, RulesConfiguration: rules } = mapping;
  if (ambiguous === undefined) {
    throw invalid(`The role mapping of '${provider}' needs an AmbiguousRoleResolution`);
  }
  if (type === 'Rules' && !rules)
    throw invalid(`The role mapping of '${provider}' needs a RulesConfiguration`);
  for (const rule of rules?.Rules ?? []) checkRole(rule.RoleARN);
}

function invalid(message: string): ServiceError {
  return new ServiceError('InvalidParameterException', message);
}
