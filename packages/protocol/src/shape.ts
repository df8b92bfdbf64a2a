/** The small language in which the wire's values are described. */
export type Shape =
  | StringShape
  | NumberShape
  | BooleanShape
  | TimestampShape
  | ListShape
  | MapShape
  | StructureShape;

export interface StringShape {
  readonly type: 'string';
  /** Least and most characters (UTF-16 units, as the original counts). */
  readonly min?: number;
  readonly max?: number;
  /** A regular expression that the whole value must match, as the original's model spells it. */
  readonly pattern?: string;
  /** The only values allowed, in the order in which the original's messages list them. */
  readonly values?: readonly string[];
}

/** Whole numbers. `long` goes up to 2^63-1 on the original; here up to 2^53-1. */
export interface NumberShape {
  readonly type: 'integer' | 'long';
  readonly min?: number;
  readonly max?: number;
}

export interface BooleanShape {
  readonly type: 'boolean';
}

/** Epoch milliseconds in a program; on the wire a JSON number of epoch seconds with a fraction. */
export interface TimestampShape {
  readonly type: 'timestamp';
}

export interface ListShape {
  readonly type: 'list';
  readonly member: Shape;
  readonly min?: number;
  readonly max?: number;
}

export interface MapShape {
  readonly type: 'map';
  readonly key: StringShape;
  readonly value: Shape;
  readonly max?: number;
}

export interface StructureShape {
  readonly type: 'structure';
  readonly members: Members;
}

export interface Member {
  readonly shape: Shape;
  readonly required?: true;
  /** Where REST puts it; in the body when absent. The other protocols know only bodies. */
  readonly in?: 'path' | 'query' | 'header';
  /** Its name there, when that is not the member's own name. */
  readonly wire?: string;
}

export type Members = Readonly<Record<string, Member>>;

/** The value a program sees for a shape. */
export type ValueOf<S extends Shape> = S extends { readonly values: readonly (infer Value)[] }
  ? Value
  : S extends StringShape
    ? string
    : S extends NumberShape | TimestampShape
      ? number
      : S extends BooleanShape
        ? boolean
        : S extends ListShape
          ? readonly ValueOf<S['member']>[]
          : S extends MapShape
            ? Readonly<Record<string, ValueOf<S['value']>>>
            : S extends StructureShape
              ? StructureOf<S['members']>
              : never;

/** An object with the required members there and the others perhaps. */
export type StructureOf<M extends Members> = {
  readonly [Name in keyof M as M[Name] extends { readonly required: true } ? Name : never]: ValueOf<
    M[Name]['shape']
  >;
} & {
  readonly [Name in keyof M as M[Name] extends { readonly required: true } ? never : Name]?: ValueOf<
    M[Name]['shape']
  >;
};
