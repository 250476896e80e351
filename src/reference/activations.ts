import { type Arr, at } from './arrays.js';

/** An activation's settings by name. */
type Settings = Readonly<Record<string, number>>;

/** The definition of an element-wise activation. */
interface Definition {
  readonly value: (x: number, settings: Settings) => number;
  /** Its derivative at x. */
  readonly slope: (x: number, settings: Settings) => number;
  /** Settings for the checks, whose inputs are between -3 and 3: all kinks lie in that range. */
  readonly trial: Settings;
}

/** The constants of SELU, from its paper: the fixed point of mean 0 and variance 1. */
const [SELU_SCALE, SELU_ALPHA] = [1.0507009873554805, 1.6732632423543772];

/** The error function: its power series near 0, and a continued fraction of 1 - erf where the series would lose digits. */
export function erf(x: number): number {
  const size = Math.abs(x);
  if (size < 2.5) {
    let [term, sum] = [x, x];
    for (let n = 1; n < 60; n++) {
      term *= -(x * x) / n;
      sum += term / (2 * n + 1);
    }
    return (2 / Math.sqrt(Math.PI)) * sum;
  }
  let fraction = size;
  for (let n = 100; n > 0; n--) fraction = size + n / 2 / fraction;
  return Math.sign(x) * (1 - Math.exp(-x * x) / (Math.sqrt(Math.PI) * fraction));
}

/** The share of the normal distribution below x. */
const normalShare = (x: number): number => (1 + erf(x / Math.SQRT2)) / 2;

const logistic = (x: number): number => 1 / (1 + Math.exp(-x));

/** Every element-wise activation, by the name of its shader. */
const DEFINITIONS = {
  elu: {
    value: (x, { alpha = 1 }) => (x > 0 ? x : alpha * Math.expm1(x)),
    slope: (x, { alpha = 1 }) => (x > 0 ? 1 : alpha * Math.exp(x)),
    trial: { alpha: 0.7 },
  },
  relu: {
    value: (x) => Math.max(x, 0),
    slope: (x) => (x > 0 ? 1 : 0),
    trial: {},
  },
  leaky_relu: {
    value: (x, { slope = 0, ceiling = Infinity }) => (x > 0 ? Math.min(x, ceiling) : slope * x),
    slope: (x, { slope = 0, ceiling = Infinity }) => (x >= ceiling ? 0 : x > 0 ? 1 : slope),
    trial: { slope: 0.2, ceiling: 0.7 },
  },
  sigmoid: {
    value: logistic,
    slope: (x) => logistic(x) * (1 - logistic(x)),
    trial: {},
  },
  tanh: {
    value: Math.tanh,
    slope: (x) => 1 - Math.tanh(x) ** 2,
    trial: {},
  },
  silu: {
    value: (x) => x * logistic(x),
    slope: (x) => logistic(x) * (1 + x * (1 - logistic(x))),
    trial: {},
  },
  gelu: {
    value: (x) => x * normalShare(x),
    slope: (x) => normalShare(x) + (x * Math.exp((-x * x) / 2)) / Math.sqrt(2 * Math.PI),
    trial: {},
  },
  selu: {
    value: (x) => SELU_SCALE * (x > 0 ? x : SELU_ALPHA * Math.expm1(x)),
    slope: (x) => SELU_SCALE * (x > 0 ? 1 : SELU_ALPHA * Math.exp(x)),
    trial: {},
  },
  log_sigmoid: {
    value: (x) => -Math.log1p(Math.exp(-x)),
    slope: (x) => 1 - logistic(x),
    trial: {},
  },
} satisfies Readonly<Record<string, Definition>>;

export type ReferenceActivation = keyof typeof DEFINITIONS;
export const REFERENCE_ACTIVATIONS = Object.keys(DEFINITIONS) as ReferenceActivation[];

/** The settings that an activation is checked with. */
export const trialSettings = (name: ReferenceActivation): Settings => DEFINITIONS[name].trial;

/** y from x, any shape. */
export function activationForward(name: ReferenceActivation, x: Arr, settings: Settings): Arr {
  const { value }: Definition = DEFINITIONS[name];
  return x.map((v) => value(v, settings));
}

/** dx from dy and x. */
export function activationBackward(name: ReferenceActivation, dy: Arr, x: Arr, settings: Settings): Arr {
  const { slope }: Definition = DEFINITIONS[name];
  return dy.map((d, i) => d * slope(at(x, i), settings));
}

/** ELU, for the checks of fused blocks. */
export const eluForward = (x: Arr, alpha: number): Arr => activationForward('elu', x, { alpha });
export const eluBackward = (dy: Arr, x: Arr, alpha: number): Arr =>
  activationBackward('elu', dy, x, { alpha });
