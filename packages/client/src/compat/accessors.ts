/** `getKey` and `setKey` for `key`, and so on. Dates are copied. */
export type Accessors<Fields> = Fields & {
  readonly [Name in keyof Fields & string as `get${Capitalize<Name>}`]: () => Fields[Name];
} & {
  readonly [Name in keyof Fields & string as `set${Capitalize<Name>}`]: <Self>(
    this: Self,
    value: Fields[Name] extends Date ? Date | number | string : Fields[Name],
  ) => Self;
} & { toJSON(): JsonOf<Fields>; toString(): string };

/** The same with capital letters, as in JSON. */
export type JsonOf<Fields> = { readonly [Name in keyof Fields & string as Capitalize<Name>]: Fields[Name] };

/** What a constructor takes: dates also as they are in JSON, and what is missing has its default. */
export type DataOf<Fields> = {
  readonly [Name in keyof Fields & string as Capitalize<Name>]?: Fields[Name] extends Date
    ? Date | number | string
    : Fields[Name];
};

/** A class of objects with fields, accessors and JSON, as the original's records and metadata are. */
export function withAccessors<Fields extends object>(
  defaults: () => Fields,
): new (
  data?: DataOf<Fields>,
) => Accessors<Fields> {
  const names = Object.entries(defaults()).map(([name, value]) => ({
    name,
    capital: name.replace(/^./, (letter) => letter.toUpperCase()),
    copy: value instanceof Date ? (date: Date) => new Date(date) : (other: unknown) => other,
  }));
  class WithAccessors {
    [name: string]: unknown;
    constructor(data: { readonly [name: string]: unknown } = {}) {
      Object.assign(this, defaults());
      for (const { name, capital, copy } of names) this[name] = copy((data[capital] ?? this[name]) as Date);
    }
    toJSON() {
      return Object.fromEntries(names.map(({ name, capital }) => [capital, this[name]]));
    }
    toString() {
      return JSON.stringify(this);
    }
  }
  const { prototype } = WithAccessors;
  for (const { name, capital, copy } of names) {
    prototype[`get${capital}`] = function (this: WithAccessors) {
      return copy(this[name] as Date);
    };
    prototype[`set${capital}`] = function (this: WithAccessors, value: Date) {
      this[name] = copy(value);
      return this;
    };
  }
  return WithAccessors as unknown as new (
    data?: DataOf<Fields>,
  ) => Accessors<Fields>;
}
