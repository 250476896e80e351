import { parseAugment } from '../data/augment.js';
import { parseClasses } from '../data/class_names.js';
import { parseFerplusKeep } from '../data/ferplus.js';
import { parseFold } from '../data/folds.js';
import { type CamelCase, camelCase } from '../util/camel_case.js';
import { UsageError } from '../util/errors.js';
import type { OptimizerName, OptionSpec } from './option_spec.js';
import { expectedText } from './option_text.js';
import { defaultValue, OPTION_ENTRIES, OPTIONS, optionSpec } from './options.js';
import { CYCLES } from './schedules.js';

type Primitives = { readonly string: string; readonly number: number; readonly boolean: boolean };
type ValueOf<S extends OptionSpec> = S extends { readonly choices: readonly (infer C)[] }
  ? C
  : Primitives[S['type']];
type HasDefault<S extends OptionSpec> = S extends
  | { readonly default: unknown }
  | { readonly defaultOf: unknown }
  ? true
  : false;
type Options = typeof OPTIONS;

/** The settings of one run, resolved and checked. Its fields are those of the table, in camel case. */
export type TrainConfig = {
  readonly [Name in keyof Options & string as CamelCase<Name>]: HasDefault<Options[Name]> extends true
    ? ValueOf<Options[Name]>
    : ValueOf<Options[Name]> | undefined;
};

/**
 * Fills in defaults and checks every value.
 * @param raw values by the names of the command line (`label-smoothing`) or of config.json (`labelSmoothing`)
 * Throws UsageError like `lr = 0: expected a number in (0, 10]`.
 */
export function resolveConfig(raw: Readonly<Record<string, unknown>>): TrainConfig {
  const given = raw['augment'] === false ? { ...raw, augment: 'none' } : raw; // --no-augment
  const givenValue = (name: string): unknown => given[name] ?? given[camelCase(name)];
  const optimizer = checked(
    'optimizer',
    OPTIONS.optimizer,
    givenValue('optimizer') ?? OPTIONS.optimizer.default,
  );
  const entries = OPTION_ENTRIES.map(([name, spec]) => {
    const fallback = defaultValue(spec, optimizer as OptimizerName);
    const value = checked(name, spec, givenValue(name) ?? fallback);
    checkOptimizer(name, spec, value, optimizer as OptimizerName);
    return [camelCase(name), value] as const;
  });
  // `checked` has compared every value with the table entry from which its type is derived.
  const config = Object.fromEntries(entries) as TrainConfig;
  checkTogether(config);
  return config;
}

/** Sizes of layers: `32,64` or `none`; undefined is the network's own. Throws UsageError. */
export function parseSizes(name: string, text: string | undefined): number[] | undefined {
  if (text === undefined) return undefined;
  if (text === 'none') return [];
  const sizes = text.split(',').map((word) => Number(word.trim() || Number.NaN));
  if (!sizes.every((size) => Number.isInteger(size) && size >= 1 && size <= 4096)) {
    throw new UsageError(`${name} = ${text}: expected whole numbers from 1 to 4096 like 32,64, or none`);
  }
  return sizes;
}

/** Texts with a form of their own. Each check throws UsageError. */
const TEXTS: Readonly<Record<string, (text: string) => unknown>> = {
  augment: parseAugment,
  classes: parseClasses,
  fold: (text) => parseFold(text, 0),
  'ferplus-keep': parseFerplusKeep,
  filters: (text) => parseSizes('filters', text),
  dense: (text) => parseSizes('dense', text),
};

/**
 * Checks the value of one setting by itself; undefined is "not set".
 * @param name by which messages call it, on the command line
 * @returns the value. Throws UsageError unless it is what the setting takes.
 */
export function checked(name: string, spec: OptionSpec, value: unknown): unknown {
  if (value === undefined) return undefined;
  if (!fits(spec, value)) {
    throw new UsageError(`${name}${givenText(spec, value)}: expected ${expectedText(spec)}`);
  }
  if (typeof value === 'string') TEXTS[name]?.(value);
  return value;
}

/** The value that was given, for messages. */
function givenText({ type }: OptionSpec, value: unknown): string {
  if (Array.isArray(value)) return ` was given ${value.length} times`;
  if (Number.isNaN(value)) return ' is not a number'; // yargs has lost what was typed
  // Quotes tell the text "3" from the number 3.
  return ` = ${type !== 'string' && typeof value === 'string' ? JSON.stringify(value) : String(value)}`;
}

function fits({ type, choices, range, integer, above }: OptionSpec, value: unknown): boolean {
  if (choices !== undefined) return choices.some((choice) => choice === value);
  if (typeof value !== 'number') return typeof value === type;
  const [low, high] = range ?? [-Infinity, Infinity];
  const inRange = (above ? value > low : value >= low) && value <= high;
  return type === 'number' && inRange && (!integer || Number.isInteger(value));
}

/** A setting that only some optimizers have must be left at "not set", false or 0 with the others. */
function checkOptimizer(name: string, { only }: OptionSpec, value: unknown, optimizer: OptimizerName): void {
  const set = value !== undefined && value !== false && value !== 0;
  if (set && only !== undefined && !only.includes(optimizer)) {
    throw new UsageError(`${name}: needs --optimizer ${only.join(' or ')}`);
  }
}

/** Checks settings that must fit each other. */
function checkTogether(config: TrainConfig): void {
  const file = (['architecture', 'init'] as const).find((setting) => config[setting] !== undefined);
  if (config.features !== 'raw' && file !== undefined) {
    throw new UsageError(
      `${file}: needs --features raw, because each training chooses and measures its own LBP features`,
    );
  }
  if (config.features !== 'raw' && ['standardize', 'standardize-image'].includes(config.preprocess)) {
    throw new UsageError(
      `preprocess ${config.preprocess}: needs --features raw; with LBP features, expected mean, scale255, minus1to1, none or standardize-global`,
    );
  }
  if (config.nesterov && config.momentum === 0) {
    throw new UsageError('nesterov: needs --momentum above 0');
  }
  if (config.ema !== undefined && config.swa !== undefined) {
    throw new UsageError('ema and swa: only one average of the weights can be kept');
  }
  if (config.teacher === undefined && (config.temperature ?? config.distillMix) !== undefined) {
    throw new UsageError('temperature and distill-mix: need a --teacher');
  }
  if (config.features === 'raw') {
    requireDefaults(
      config,
      ['lbp-radius', 'lbp-cells', 'lbp-bins', 'lbp-ranking'],
      '--features lbp or raw+lbp',
    );
  }
  if (config.ferplus === undefined)
    requireDefaults(config, ['ferplus-targets', 'ferplus-keep'], 'a --ferplus');
  if (config.schedule === 'cosine-cycles') checkCycles(config);
  if (config.restoreBestWeights && config.earlyStopping === undefined) {
    throw new UsageError('restore-best-weights: needs --early-stopping with a patience');
  }
}

/** Settings that have no effect as things are must be left at their defaults. @param needs what they need to have one */
function requireDefaults(
  config: TrainConfig,
  names: readonly (keyof Options & string)[],
  needs: string,
): void {
  const values: Readonly<Record<string, unknown>> = config;
  const set = names.find((name) => values[camelCase(name)] !== optionSpec(name)?.default);
  if (set !== undefined) throw new UsageError(`${set}: needs ${needs}`);
}

/** Weights can be saved at the end of each cycle only where that is the end of an epoch. */
function checkCycles({ epochs, warmupEpochs, cycles = CYCLES }: TrainConfig): void {
  const left = epochs - warmupEpochs;
  if (Number.isInteger(warmupEpochs) && left > 0 && left % cycles === 0) return;
  throw new UsageError(
    `cycles = ${cycles}: expected whole --warmup-epochs and a divisor of the ${left} epochs after them, so that each cycle ends with an epoch`,
  );
}
