/** Who issues the original's OpenID tokens. */
export const originalIssuer = 'https://cognito-identity.amazonaws.com';
