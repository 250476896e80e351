import { parseAugment } from '../data/augment.js';
import type { PreprocessName } from '../data/preprocess.js';
import type { Precision } from '../nn/learner.js';
import { UsageError } from '../util/errors.js';
import type { Monitor, MonitorMode } from './callbacks.js';
import { OPTIONS, type OptionSpec } from './options.js';
import type { ScheduleName } from './schedules.js';

/** The settings of one run, resolved and checked. */
export interface TrainConfig {
  readonly data: string;
  readonly model: string;
  readonly architecture?: string | undefined;
  /** Lists of whole numbers; see `parseSizes`. */
  readonly filters: string | undefined;
  readonly convolutions: number | undefined;
  readonly dense: string | undefined;
  readonly activation: 'elu' | 'relu';
  readonly epochs: number;
  readonly batch: number;
  readonly optimizer: 'adam' | 'rmsprop' | 'sgd';
  readonly lr: number;
  readonly momentum: number;
  readonly nesterov: boolean;
  readonly rho: number | undefined;
  readonly centered: boolean;
  readonly beta1: number | undefined;
  readonly beta2: number | undefined;
  readonly amsgrad: boolean;
  readonly epsilon: number | undefined;
  readonly l1: number;
  readonly l2: number;
  /** `balanced` or a list; see class_weights.ts. */
  readonly classWeights: string | undefined;
  readonly clipNorm: number | undefined;
  readonly clipValue: number | undefined;
  readonly ema: number | undefined;
  /** The first epoch of the average. */
  readonly swa: number | undefined;
  readonly dropout: number | undefined;
  readonly labelSmoothing: number;
  readonly precision: Precision;
  readonly augment: string;
  readonly mixup: number;
  readonly preprocess: PreprocessName;
  readonly shuffle: boolean;
  readonly schedule: ScheduleName;
  readonly warmupEpochs: number;
  readonly gamma: number | undefined;
  readonly stepEpochs: number | undefined;
  readonly finalLr: number | undefined;
  readonly monitor: Monitor;
  readonly mode: MonitorMode;
  /** Patience in epochs; undefined is off, as with `reduceLr`. */
  readonly earlyStopping: number | undefined;
  readonly minDelta: number;
  readonly restoreBestWeights: boolean;
  readonly reduceLr: number | undefined;
  readonly reduceLrFactor: number;
  readonly reduceLrMinDelta: number;
  readonly reduceLrCooldown: number;
  readonly minLr: number;
  readonly checkpointMonitor: Monitor;
  readonly checkpointMode: MonitorMode;
  readonly saveBestOnly: boolean;
  readonly checkpointSeconds: number;
  readonly seed: number;
  readonly limit: number | undefined;
  readonly maxSteps: number | undefined;
  readonly logEvery: number;
  readonly tensorboard: boolean;
  readonly skipBad: boolean;
  readonly adapter: string | undefined;
  readonly out: string | undefined;
  readonly init: string | undefined;
  readonly saveSteps: string | undefined;
}

/** Settings that only some optimisers have. */
const ONLY_WITH: Readonly<Record<string, readonly TrainConfig['optimizer'][]>> = {
  rho: ['rmsprop'],
  centered: ['rmsprop'],
  beta1: ['adam'],
  beta2: ['adam'],
  amsgrad: ['adam'],
  epsilon: ['adam', 'rmsprop'],
};
const DEFAULT_RATE = { adam: 1e-3, rmsprop: 1e-3, sgd: 1e-2 };

/** Fills in defaults and checks every value. Throws UsageError like `lr = 0: expected a number in (0, 10]`. */
export function resolveConfig(raw: Readonly<Record<string, unknown>>): TrainConfig {
  const given = raw['augment'] === false ? { ...raw, augment: 'none' } : raw; // --no-augment
  const value = Object.fromEntries(
    Object.entries(OPTIONS as Record<string, OptionSpec>).map(([name, spec]) => [
      camelCase(name),
      checked(name, spec, given[name] ?? given[camelCase(name)] ?? spec.default),
    ]),
  ) as unknown as TrainConfig;
  parseAugment(value.augment);
  parseSizes('filters', value.filters);
  parseSizes('dense', value.dense);
  if (value.nesterov && (value.optimizer !== 'sgd' || value.momentum === 0)) {
    throw new UsageError('nesterov: needs --optimizer sgd and --momentum above 0');
  }
  if (value.optimizer === 'adam' && value.momentum > 0) {
    throw new UsageError('momentum: adam has its own; use it with --optimizer sgd or rmsprop');
  }
  for (const [name, law] of Object.entries(ONLY_WITH)) {
    const set = (value as unknown as Record<string, unknown>)[name];
    if (set !== undefined && set !== false && !law.includes(value.optimizer)) {
      throw new UsageError(`${name}: needs --optimizer ${law.join(' or ')}`);
    }
  }
  if (value.ema !== undefined && value.swa !== undefined) {
    throw new UsageError('ema and swa: only one average of the weights can be kept');
  }
  if (value.restoreBestWeights && value.earlyStopping === undefined) {
    throw new UsageError('restore-best-weights: needs --early-stopping with a patience');
  }
  return { ...value, lr: (value.lr as number | undefined) ?? DEFAULT_RATE[value.optimizer] };
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

function checked(name: string, spec: OptionSpec, value: unknown): unknown {
  if (value === undefined) return undefined;
  const fail = (expected: string): never => {
    throw new UsageError(`${name} = ${String(value)}: expected ${expected}`);
  };
  if (spec.type === 'number') {
    const [low, high] = spec.range ?? [-Infinity, Infinity];
    const kind = spec.integer ? 'a whole number' : 'a number';
    const ok =
      typeof value === 'number' &&
      value <= high &&
      (spec.above ? value > low : value >= low) &&
      (!spec.integer || Number.isInteger(value));
    if (!ok) fail(`${kind} in ${spec.above ? '(' : '['}${low}, ${high}]`);
  } else if (typeof value !== spec.type) {
    fail(spec.type === 'boolean' ? 'true or false' : 'one text');
  }
  if (spec.choices !== undefined && !spec.choices.includes(value as string))
    fail(`one of ${spec.choices.join(', ')}`);
  return value;
}

function camelCase(name: string): string {
  return name.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase());
}
