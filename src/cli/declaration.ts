import type { InferredOptionTypes, Options, PositionalOptions } from 'yargs';
import type { CamelCase } from '../util/camel_case.js';

/** The range of a number. Arguments with any other range are checked where they are used. */
export interface NumberRange {
  readonly least?: number;
  /** Whether it must be a whole number; default false. */
  readonly whole?: boolean;
}

/** What a shell completes an argument to: names in a folder, or the paths of its folders; or the names of recipes. */
export type Completes = 'recipes' | 'runs' | 'studies' | 'runs folders' | 'studies folders';

/** What a declaration says of an argument beyond what yargs knows. */
export interface Extras extends NumberRange {
  readonly completes?: Completes | readonly Completes[];
}

/**
 * The name and the arguments of a command. `ArgsOf` derives the types of the arguments, so a command can only read what it
 * declares. Every start of the program loads all declarations, so they must not import much.
 */
export interface Declaration {
  /** In the notation of yargs: `evaluate`, `predict <paths..>`. In a list, all but the first are aliases. */
  readonly usage: string | readonly string[];
  readonly describe: string;
  readonly positionals?: Readonly<Record<string, PositionalOptions & Extras>>;
  readonly options?: Readonly<Record<string, Options & Extras>>;
  /** Command lines, and what each is for. */
  readonly examples?: readonly (readonly [line: string, what: string])[];
}

/** The values of options, with names in camel case. Options without a default may be undefined. */
export type ValuesOf<O> =
  O extends Record<string, Options>
    ? { readonly [Name in keyof O & string as CamelCase<Name>]: InferredOptionTypes<O>[Name] }
    : object;

/** The arguments of a command. */
export type ArgsOf<D extends Declaration> = ValuesOf<D['positionals']> & ValuesOf<D['options']>;
