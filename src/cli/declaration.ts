import type { InferredOptionTypes, Options, PositionalOptions } from 'yargs';
import type { CamelCase } from '../util/camel_case.js';

/**
 * What a command is called and what it takes. The types of its arguments follow from it (`ArgsOf`), so that a command reads
 * nothing that was not declared. Declarations import nothing heavy: every start of the program reads all of them.
 */
export interface Declaration {
  /** As yargs reads it: `evaluate`, `predict <paths..>`; more than one: the others are aliases. */
  readonly usage: string | readonly string[];
  readonly describe: string;
  readonly positionals?: Readonly<Record<string, PositionalOptions>>;
  readonly options?: Readonly<Record<string, Options>>;
}

/** The values of options, under their names in camel case. What has no default may be undefined. */
export type ValuesOf<O> =
  O extends Record<string, Options>
    ? { readonly [Name in keyof O & string as CamelCase<Name>]: InferredOptionTypes<O>[Name] }
    : object;

/** The arguments of a command. */
export type ArgsOf<D extends Declaration> = ValuesOf<D['positionals']> & ValuesOf<D['options']>;
