/** The update rules; some settings belong to only some of them. */
export const OPTIMIZERS = ['adam', 'rmsprop', 'sgd'] as const;
export type OptimizerName = (typeof OPTIMIZERS)[number];

/** One setting. Its value is undefined where nobody set it and the table has no default. */
export interface OptionSpec {
  readonly type: 'string' | 'number' | 'boolean';
  readonly default?: string | number | boolean;
  /** A default that depends on the optimizer. */
  readonly defaultOf?: Readonly<Record<OptimizerName, number>>;
  readonly choices?: readonly string[];
  /** Smallest and largest number, both included unless `above` excludes the smallest. */
  readonly range?: readonly [number, number];
  readonly integer?: boolean;
  readonly above?: boolean;
  /** A text that may be written as a list in a `--config` file. */
  readonly list?: boolean;
  /** A path that a training reads: of a data set, or of any other file. It travels with a trial to other machines. */
  readonly file?: 'data' | 'file';
  /** The optimizers that have this setting; default: all. */
  readonly only?: readonly OptimizerName[];
  readonly help: string;
}
