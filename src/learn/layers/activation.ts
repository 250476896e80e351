import type { PlacedLayer } from '../../nn/network.js';
import type { ActivationName } from '../../nn/ops/activation.js';
import { type PointwiseActivation, pointwiseOf } from '../../nn/ops/activation.js';
import { activationBackward, activationForward } from '../../reference/activations.js';
import {
  type Arithmetic,
  brief,
  type GradientArithmetic,
  type LayerArithmetic,
  type LayerValues,
  needed,
  type Position,
  type Term,
  total,
  type Values,
  valueAt,
} from './arithmetic.js';

/** The formula of each activation, and of its derivative f'. */
const FORMULAS: Readonly<Record<string, string>> = {
  relu: 'f(x) = max(x, 0); f′(x) = 1 for x > 0, else 0',
  elu: 'f(x) = x for x > 0, else α (eˣ − 1); f′(x) = 1 for x > 0, else α eˣ',
  leaky_relu: 'f(x) = x for x > 0, else slope · x, at most the ceiling',
  sigmoid: 'f(x) = 1 / (1 + e⁻ˣ); f′(x) = f(x) (1 − f(x))',
  tanh: 'f(x) = tanh x; f′(x) = 1 − f(x)²',
  silu: 'f(x) = x s(x) with s(x) = 1 / (1 + e⁻ˣ); f′(x) = s(x) (1 + x (1 − s(x)))',
  gelu: 'f(x) = x Φ(x), Φ: the share of a normal distribution below x; f′(x) = Φ(x) + x e^(−x²/2) / √(2π)',
  selu: 'f(x) = 1.0507 x for x > 0, else 1.7581 (eˣ − 1); f′(x) = 1.0507 for x > 0, else 1.7581 eˣ',
  log_sigmoid: 'f(x) = −log(1 + e⁻ˣ); f′(x) = 1 − 1 / (1 + e⁻ˣ)',
};

/** The activation of a layer: the layer itself, or the one that it applies to its result. Undefined: linear or softmax. */
export function activationOf({ layer: { kind, config } }: PlacedLayer): PointwiseActivation | undefined {
  const number = (name: string, fallback: number): number => Number(config[name] ?? fallback);
  if (kind === 'ELU') return { op: 'elu', settings: { alpha: number('alpha', 1) } };
  if (kind === 'LeakyReLU') return { op: 'leaky_relu', settings: { slope: number('negativeSlope', 0.3) } };
  if (kind === 'ReLU') {
    const settings = {
      slope: number('negativeSlope', 0),
      ceiling: number('maxValue', Number.POSITIVE_INFINITY),
    };
    return { op: 'leaky_relu', settings };
  }
  return pointwiseOf((config['activation'] ?? 'linear') as ActivationName);
}

/** f(x) in float64. */
export function activated(activation: PointwiseActivation | undefined, x: number): number {
  if (activation === undefined) return x;
  return activationForward(activation.op, Float64Array.of(x), activation.settings)[0] ?? Number.NaN;
}

/** f'(x) in float64. */
export function slopeOf(activation: PointwiseActivation | undefined, x: number): number {
  if (activation === undefined) return 1;
  return (
    activationBackward(activation.op, Float64Array.of(1), Float64Array.of(x), activation.settings)[0] ??
    Number.NaN
  );
}

/** The end of a layer that applies an activation to its sum z: the terms to add, and the result. */
export function withActivation(
  v: LayerValues,
  at: Position,
  z: number,
): { terms: readonly Term[]; exact: number } {
  const activation = activationOf(v.placed);
  const softmax = v.placed.layer.config['activation'] === 'softmax' && !v.last;
  if (activation === undefined && !softmax) return { terms: [], exact: z };
  const kept = needed(v.inner.get('z'), 'sum before the activation');
  const exact = softmax ? shareOf(rowOf(kept, at), z) : activated(activation, z);
  return {
    terms: [
      { label: 'z, before the activation', value: z },
      { label: 'z of the kernel', value: valueAt(kept, at) },
      { label: softmax ? 'exp(z) / Σ exp(z) of all units' : `${activation?.op}(z)`, value: exact },
    ],
    exact,
  };
}

/** All channels at a position. */
const rowOf = (values: Values, at: Position): number[] =>
  Array.from({ length: values.shape.at(-1) ?? 1 }, (_, c) => valueAt(values, { ...at, c }));

/** exp(z) over the sum of all exponentials of a row. */
function shareOf(row: readonly number[], z: number): number {
  const top = Math.max(...row);
  return Math.exp(z - top) / total(row.map((value) => Math.exp(value - top)));
}

/** Softmax over the last axis, in the middle of a network. */
function softmaxOutput(v: LayerValues, at: Position): Arithmetic {
  const row = rowOf(v.x, at);
  const top = Math.max(...row);
  const x = row[at.c] ?? Number.NaN;
  return {
    formula: 'y[c] = exp(x[c] − max x) / Σₖ exp(x[k] − max x)',
    words: 'The exponential of this value, divided by the sum of all exponentials of the row: a share.',
    grids: [{ title: 'x', rows: [row] }],
    terms: [
      { label: 'max of the row', value: top },
      { label: 'exp(x − max)', value: Math.exp(x - top) },
      { label: 'sum of all exponentials', value: total(row.map((value) => Math.exp(value - top))) },
    ],
    kernel: valueAt(v.y, at),
    exact: shareOf(row, x),
  };
}

function softmaxGradient(v: LayerValues, at: Position): GradientArithmetic {
  const dy = needed(v.dy, 'gradient of the output');
  const [y, d] = [rowOf(v.y, at), rowOf(dy, at)];
  const mean = total(y.map((value, c) => value * (d[c] ?? 0)));
  const exact = (y[at.c] ?? 0) * ((d[at.c] ?? 0) - mean);
  return {
    formula: 'dx[c] = y[c] (dy[c] − Σₖ dy[k] y[k])',
    words:
      'A larger input takes its share from all others, so the gradients of all outputs of the row matter.',
    grids: [
      { title: 'y', rows: [y] },
      { title: 'dy', rows: [d] },
    ],
    terms: [{ label: 'Σ dy · y', value: mean }],
    exact,
  };
}

/** Layers that apply a function to each value. */
export const activation: LayerArithmetic = {
  output(v, at) {
    const own = activationOf(v.placed);
    if (own === undefined) return v.last ? handedOver(v.y, at, 'y = x') : softmaxOutput(v, at);
    const x = valueAt(v.x, at);
    const exact = activated(own, x);
    return {
      formula: FORMULAS[own.op] ?? '',
      words: `The layer maps each value on its own: ${brief(x)} becomes ${brief(exact)}.`,
      grids: [],
      terms: [{ label: 'x', value: x }, ...settingTerms(own)],
      kernel: valueAt(v.y, at),
      exact,
    };
  },
  inputGradient(v, at) {
    const own = activationOf(v.placed);
    if (own === undefined) {
      const dy = needed(v.dy, 'gradient of the output');
      return v.last ? handedOver(dy, at, 'dx = dy') : softmaxGradient(v, at);
    }
    const [x, dy] = [valueAt(v.x, at), valueAt(needed(v.dy, 'gradient of the output'), at)];
    const slope = slopeOf(own, x);
    return {
      formula: `dx = dy · f′(x); ${FORMULAS[own.op] ?? ''}`,
      words: 'The gradient is multiplied by the slope of the function at the value that went in.',
      grids: [],
      terms: [
        { label: 'x', value: x },
        ...settingTerms(own),
        { label: 'f′(x)', value: slope },
        { label: 'dy', value: dy },
      ],
      exact: dy * slope,
    };
  },
};

const settingTerms = ({ settings }: PointwiseActivation) =>
  Object.entries(settings)
    .filter(([, value]) => Number.isFinite(value))
    .map(([label, value]) => ({ label, value }));

/** The last softmax: the layer hands the logits to the loss, which computes softmax and cross-entropy in one kernel. */
function handedOver(values: Values, at: Position, formula: string): Arithmetic {
  const value = valueAt(values, at);
  return {
    formula,
    words: 'As the last layer, softmax is part of the loss: one kernel computes both. See the stage "loss".',
    grids: [],
    terms: [],
    kernel: value,
    exact: value,
  };
}
