import { UsageError } from '../util/errors.js';
import { MODEL_NAMES, type ModelName } from './model_names.js';

/** The built-in networks in numbers. Apart from models.ts, so that the form of a new run can show them without loading layers. */

/** Dropout rates of the built-in networks. */
export const DROPOUT = { convolutions: 0.2, dense: 0.5 };

/** The sizes of a built-in network: convolution blocks, each ending in a max pooling, then dense blocks. */
export interface ModelSizes {
  /** Filters of each convolution block. */
  readonly filters: readonly number[];
  /** Convolutions per block. */
  readonly convolutions: number;
  /** Units of each dense block. */
  readonly dense: readonly number[];
}

/** A built-in network in numbers. */
export interface Plan extends ModelSizes {
  /** One sentence on it. */
  readonly about: string;
}

const PLANS: Readonly<Record<ModelName, Plan>> = {
  'fer-cnn': {
    about: 'four convolution blocks (32, 64, 128, 256 filters) and two dense blocks: the reference network',
    ...{ filters: [32, 64, 128, 256], convolutions: 1, dense: [64, 64] },
  },
  'fer-shallow': {
    about: 'one convolution block and one dense block: small and fast, for comparison',
    ...{ filters: [32], convolutions: 1, dense: [64] },
  },
  'fer-vgg': {
    about:
      'four blocks of two convolutions (16, 64, 128, 256 filters) and one dense block of 128: the best that ships',
    ...{ filters: [16, 64, 128, 256], convolutions: 2, dense: [128] },
  },
};

/** One sentence on a built-in network. */
export function aboutModel(name: ModelName): string {
  return PLANS[name].about;
}

/** The sizes of a built-in network. Throws UsageError that lists the names. */
export function modelSizes(name: string): ModelSizes {
  const { filters, convolutions, dense } = planOf(name);
  return { filters, convolutions, dense };
}

/** A built-in network in numbers. Throws UsageError that lists the names. */
export function planOf(name: string): Plan {
  const plan = Object.entries<Plan>(PLANS).find(([known]) => known === name)?.[1];
  if (plan === undefined) {
    throw new UsageError(`model "${name}": expected one of ${MODEL_NAMES.join(', ')}`);
  }
  return plan;
}
