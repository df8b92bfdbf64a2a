import Type, { type Static } from 'typebox';

/** A secret as settings give it: itself, or the variable of the environment that has it. */
export const Secret = Type.Union(
  [
    Type.String({ minLength: 1, maxLength: 65_536 }),
    Type.Object(
      { env: Type.String({ pattern: '^[A-Za-z_][A-Za-z0-9_]{0,127}$', description: 'Name of a variable.' }) },
      { additionalProperties: false },
    ),
  ],
  { description: 'A secret, or { "env": "NAME" } to take it from the environment.' },
);
export type Secret = Static<typeof Secret>;

/**
 * The secret's text.
 *
 * @throws Error naming the variable that is not set, or empty
 */
export function readSecret(
  secret: Secret,
  environment: Readonly<Record<string, string | undefined>>,
): string {
  if (typeof secret === 'string') return secret;
  const text = environment[secret.env];
  if (text === undefined || text === '') {
    throw new Error(`The variable ${secret.env}, which has a secret of the configuration, is not set.`);
  }
  return text;
}
