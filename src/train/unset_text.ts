import { DISTILL_DEFAULTS, OPTIMIZER_DEFAULTS } from '../nn/learning_defaults.js';
import { MODEL_NAMES } from '../nn/model_names.js';
import { DROPOUT, type ModelSizes, planOf } from '../nn/model_plans.js';
import { CYCLES, GAMMA, ONE_CYCLE, STEP_EPOCHS } from './schedules.js';

const { adam, rmsprop } = OPTIMIZER_DEFAULTS;

/** The text of a setting by its name; of one that is not set, that of its default, or an empty one. */
type SettingText = (name: string) => string;

/** What holds where a setting is not set and the table has no default for it: the same for all, or as other settings have it. */
const UNSET: Readonly<Record<string, string | ((text: SettingText) => string)>> = {
  filters: ofNetwork(({ filters }) => sizesText(filters)),
  convolutions: ofNetwork(({ convolutions }) => String(convolutions)),
  dense: ofNetwork(({ dense }) => sizesText(dense)),
  dropout: ofNetwork(() => `${DROPOUT.convolutions} after convolutions, ${DROPOUT.dense} after dense layers`),
  ...{ rho: String(rmsprop.rho), beta1: String(adam.beta1), beta2: String(adam.beta2) },
  epsilon: (text) => String((text('optimizer') === 'rmsprop' ? rmsprop : adam).epsilon),
  ...{ 'class-weights': 'all 1', 'clip-norm': 'off', 'clip-value': 'off', ema: 'off', swa: 'off' },
  ...{ teacher: 'none', 'lbp-bins': 'all' },
  ...{ temperature: String(DISTILL_DEFAULTS.temperature), 'distill-mix': String(DISTILL_DEFAULTS.hard) },
  gamma: (text) => String(text('schedule') === 'exponential' ? GAMMA.exponential : GAMMA.step),
  'step-epochs': String(STEP_EPOCHS),
  cycles: String(CYCLES),
  'final-lr': (text) => (text('schedule') === 'one-cycle' ? exponent(ONE_CYCLE.final) : '0'),
  ...{ 'early-stopping': 'off', 'reduce-lr': 'off' },
  ...{ fold: 'none', classes: 'as in the data', labels: 'as in the data', ferplus: 'off' },
  ...{ limit: 'all images', 'max-steps': 'no limit', adapter: 'any', out: 'the next free runs/rN' },
  ...{ architecture: 'the model', init: 'random', 'save-steps': 'off' },
};

/**
 * What holds where a setting without a default is not set: `32,64,128,256`, `off`, `0.9`. Empty for settings with a default.
 * @param text the other settings
 */
export function unsetText(name: string, text: SettingText): string {
  const found = Object.hasOwn(UNSET, name) ? UNSET[name] : undefined;
  return typeof found === 'function' ? found(text) : (found ?? '');
}

/** Layer sizes as the settings have them: `64,64`; `none` without any. */
export const sizesText = (sizes: readonly number[]): string =>
  sizes.length === 0 ? 'none' : sizes.join(',');

const exponent = (value: number): string => value.toExponential();

function ofNetwork(size: (sizes: ModelSizes) => string): (text: SettingText) => string {
  return (text) => {
    if (text('architecture') !== '') return 'as in the file';
    const model = MODEL_NAMES.find((name) => name === text('model'));
    return model === undefined ? '' : size(planOf(model));
  };
}
