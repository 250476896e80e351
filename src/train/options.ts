import { LEARNING_OPTIONS } from './learning_options.js';
import type { OptimizerName, OptionSpec } from './option_spec.js';
import { RUN_OPTIONS } from './run_options.js';

/**
 * Every setting of a training, once. The command line and its help, the form of the terminal UI, `--config` files and their
 * JSON schema, docs/training.md, and the type of a resolved configuration (`TrainConfig`) all follow from this table.
 * Imports nothing heavy: the command line reads it before anything else.
 */

/** The settings of `fer-tui train`, in the order of its help. */
export const OPTIONS = { ...LEARNING_OPTIONS, ...RUN_OPTIONS };

export type OptionName = keyof typeof OPTIONS;

/** Every setting as its name on the command line and its entry in the table. */
export const OPTION_ENTRIES: readonly (readonly [name: string, spec: OptionSpec])[] = Object.entries(OPTIONS);

const SPECS: ReadonlyMap<string, OptionSpec> = new Map(OPTION_ENTRIES);

/** The entry of a setting by its name on the command line; undefined for a name that is no setting. */
export function optionSpec(name: string): OptionSpec | undefined {
  return SPECS.get(name);
}

/** The value of a setting that was not set; undefined where it has no default. */
export function defaultValue(spec: OptionSpec, optimizer: OptimizerName): OptionSpec['default'] {
  return spec.defaultOf?.[optimizer] ?? spec.default;
}
