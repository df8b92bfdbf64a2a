import type { Identity } from '../../domain/identity.ts';

/** Names of providers, never of users. */
export function wireIdentity({ id, logins, createdAt, lastModifiedAt }: Identity) {
  return {
    IdentityId: id,
    ...(logins.length > 0 && { Logins: [...new Set(logins.map(({ provider }) => provider))] }),
    CreationDate: createdAt,
    LastModifiedDate: lastModifiedAt,
  };
}
