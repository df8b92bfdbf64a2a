import { originalIssuer } from '../domain/open-id-issuer.ts';

/**
 * What OpenID Connect Discovery says of our tokens, for verifiers that are given an issuer's address alone. Tokens are
 * not got by signing in here, so there is no endpoint for that.
 *
 * @param askedUrl where the document was asked for: that is where the keys are when the issuer is only the original's name
 */
export function openIdDiscovery(issuer: string, askedUrl: string): object {
  const base = issuer === originalIssuer ? askedUrl : issuer;
  return {
    issuer,
    jwks_uri: `${base}/.well-known/jwks_uri`,
    response_types_supported: ['id_token'],
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: ['RS512'],
    claims_supported: ['iss', 'sub', 'aud', 'amr', 'iat', 'exp'],
  };
}
