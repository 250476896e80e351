import { PREPROCESS_FORMULAS } from '../data/preprocess.js';
import { UsageError } from '../util/errors.js';
import type { Dissection } from './dissection.js';
import { ARITHMETIC } from './layers/all.js';
import {
  type Arithmetic,
  extents,
  type GradientArithmetic,
  type Position,
  valueAt,
} from './layers/arithmetic.js';
import type { ValueKind } from './report.js';

/** The number that is followed. */
export interface NumberPlace {
  /** Position of the layer in the network. */
  readonly layer: number;
  readonly kind: ValueKind;
  readonly at: Position;
  /** For convolutions: the input channel whose window is shown. */
  readonly channel: number;
}

/** Explains how the kernels made one number of a layer. Throws UsageError for a place outside of the layer. */
export function explainNumber(
  dissection: Dissection,
  { layer, kind, at, channel }: NumberPlace,
): Promise<Arithmetic> {
  return dissection.inTurn(async () => {
    const values = await dissection.valuesOf(layer);
    const { name, layer: own } = values.placed;
    const arithmetic = ARITHMETIC[own.kind];
    if (arithmetic === undefined)
      throw new UsageError(`${name}: no arithmetic is written for layers of kind ${own.kind}`);
    const of = kind.startsWith('input') ? values.x : values.y;
    const { b, h, w, c } = extents(of);
    const inside = (value: number, end: number): boolean =>
      Number.isInteger(value) && value >= 0 && value < end;
    if (!inside(at.image, b) || !inside(at.y, h) || !inside(at.x, w) || !inside(at.c, c)) {
      throw new UsageError(
        `${name}: no value at image ${at.image}, row ${at.y}, column ${at.x}, channel ${at.c}; expected less than ${b}, ${h}, ${w}, ${c}`,
      );
    }
    if (kind === 'output') return arithmetic.output(values, at, channel);
    const from = values.placed.inputs[0];
    if (kind === 'input') return from < 0 ? imageValue(dissection, layer, at) : inputOf(dissection, from, at);
    return gradientOf(dissection, kind === 'input gradient' ? from : layer, at);
  });
}

/** The input of a layer is the output of another. */
async function inputOf(dissection: Dissection, from: number, at: Position): Promise<Arithmetic> {
  const values = await dissection.valuesOf(from);
  const { name, layer } = values.placed;
  const made = ARITHMETIC[layer.kind]?.output(values, at, 0);
  if (made === undefined)
    throw new UsageError(`${name}: no arithmetic is written for layers of kind ${layer.kind}`);
  return { ...made, words: `It is the output of ${name}. ${made.words}` };
}

/**
 * The gradient of a value comes back from the layers that use it.
 * @param from position of the layer whose output the value is; IMAGES for the images
 */
async function gradientOf(dissection: Dissection, from: number, at: Position): Promise<Arithmetic> {
  const { layers } = dissection.source.network;
  const uses = layers.flatMap(({ inputs }, user) =>
    inputs.flatMap((source, input) => (source === from ? [{ user, input }] : [])),
  );
  if (uses.length === 0) return logitGradient(dissection, from, at);
  const whole =
    from < 0 ? (await dissection.valuesOf(uses[0]?.user ?? 0)).dx : (await dissection.valuesOf(from)).dy;
  if (whole === undefined) throw new UsageError('there is no such gradient: the loss does not depend on it');
  const made: { readonly name: string; readonly arithmetic: GradientArithmetic }[] = [];
  for (const { user, input } of uses) {
    const values = await dissection.valuesOf(user);
    const { name, layer } = values.placed;
    const arithmetic = ARITHMETIC[layer.kind]?.inputGradient(values, at, input);
    if (arithmetic === undefined)
      throw new UsageError(`${name}: no arithmetic is written for layers of kind ${layer.kind}`);
    made.push({ name, arithmetic });
  }
  const kernel = valueAt(whole, at);
  const [only, ...more] = made;
  if (only !== undefined && more.length === 0)
    return { ...only.arithmetic, kernel, words: `It comes back from ${only.name}. ${only.arithmetic.words}` };
  return {
    formula: 'dx = Σ of what each use of x sends back',
    words: `${uses.length} layers use this value, so the gradients that they send back add up.`,
    grids: [],
    terms: made.map(({ name, arithmetic }) => ({ label: `from ${name}`, value: arithmetic.exact })),
    kernel,
    exact: made.reduce((sum, { arithmetic }) => sum + arithmetic.exact, 0),
  };
}

/** A pixel of the batch, as augmentation and preprocessing made it. */
async function imageValue(dissection: Dissection, layer: number, at: Position): Promise<Arithmetic> {
  const { x } = await dissection.valuesOf(layer);
  const value = valueAt(x, at);
  const { preprocess } = dissection.source.images;
  return {
    formula: PREPROCESS_FORMULAS[preprocess.name],
    words:
      'A pixel of the augmented image: sampled bilinearly from the stored one, changed as by light and camera or erased, then preprocessed.',
    grids: [],
    terms: [],
    kernel: value,
    exact: value,
  };
}

/** The gradient of a logit, where the backward pass starts. */
async function logitGradient(dissection: Dissection, layer: number, at: Position): Promise<Arithmetic> {
  const { y } = await dissection.valuesOf(layer);
  return (await explainLogit(dissection, y.data as Float32Array, at)).gradient;
}

/** The loss of one image, and the gradient of one of its logits. */
export interface LossArithmetic {
  readonly loss: Arithmetic;
  readonly gradient: Arithmetic;
}

/** Explains the loss of an image. @param c the logit whose gradient is explained. Throws UsageError. */
export function explainLoss(dissection: Dissection, image: number, c: number): Promise<LossArithmetic> {
  return dissection.inTurn(async () => {
    const { labels, source } = dissection;
    if (!(image >= 0 && image < labels.length))
      throw new UsageError(`image ${image}: expected a number from 0 to ${labels.length - 1}`);
    if (!(c >= 0 && c < source.classes.length))
      throw new UsageError(`class ${c}: expected a number from 0 to ${source.classes.length - 1}`);
    const { y } = await dissection.valuesOf(source.network.layers.length - 1);
    return explainLogit(dissection, y.data as Float32Array, { image, y: 0, x: 0, c });
  });
}

/** Softmax and cross-entropy, as shaders/softmax_cross_entropy.wgsl defines them. @param logits [B, C] */
async function explainLogit(
  dissection: Dissection,
  logits: Float32Array,
  { image, c }: Position,
): Promise<LossArithmetic> {
  const { labels, source, observation, learner } = dissection;
  const { classes, options, network } = source;
  const { labelSmoothing: s = 0, classWeights } = options;
  const count = classes.length;
  const z = Array.from(logits.subarray(image * count, (image + 1) * count));
  const label = labels[image] ?? 0;
  const weight = classWeights?.[label] ?? 1;
  const top = Math.max(...z);
  const exps = z.map((value) => Math.exp(value - top));
  const sum = exps.reduce((a, b) => a + b, 0);
  const p = exps.map((value) => value / sum);
  const target = z.map((_, k) => weight * ((k === label ? 1 - s : 0) + s / count));
  const exact = z.reduce((total, value, k) => total - (target[k] ?? 0) * (value - top - Math.log(sum)), 0);
  const shares = target.reduce((a, b) => a + b, 0);
  const losses = await learner.gpu.read(observation.losses);
  const last = observation.layers[network.layers.length - 1]?.output.grad;
  const dlogits = last === undefined ? undefined : await learner.gpu.read(last);
  const names = classes.map((name) => name.toLowerCase());
  return {
    loss: {
      formula:
        s === 0
          ? 'p = exp(z − max z) / Σ exp(z − max z); loss = −log p[true class]'
          : 'loss = −Σ t · log p, with t the smoothed targets',
      words: `The network gives the true class, ${names[label]}, the probability ${p[label]?.toFixed(4)}. The loss is the negative logarithm: 0 for certainty, log ${count} = ${Math.log(count).toFixed(4)} for a guess among ${count}.`,
      grids: [
        {
          title: 'z, exp(z − max z), p of each class',
          rows: z.map((value, k) => [value, exps[k] ?? 0, p[k] ?? 0]),
        },
      ],
      terms: [
        { label: 'max z', value: top },
        { label: 'Σ exp(z − max z)', value: sum },
        { label: 'log of the sum', value: Math.log(sum) },
        ...(s === 0 ? [] : [{ label: 'label smoothing', value: s }]),
        ...(weight === 1 ? [] : [{ label: `weight of ${names[label]}`, value: weight }]),
      ],
      kernel: losses[image] ?? Number.NaN,
      exact,
    },
    gradient: {
      formula:
        s === 0 && weight === 1
          ? 'dz = (p − y) / B, with y = 1 for the true class, else 0'
          : 'dz = (p · Σ t − t) / B, with t the targets',
      words: `The gradient of a logit is the probability minus the target, divided by the number of images: ${c === label ? 'the true class is pushed up' : 'the others are pushed down'} in proportion to the error.`,
      grids: [
        { title: 'p − y of each class', rows: p.map((value, k) => [value * shares - (target[k] ?? 0)]) },
      ],
      terms: [
        { label: `p[${names[c]}]`, value: p[c] ?? Number.NaN },
        { label: 'target', value: target[c] ?? Number.NaN },
        { label: 'images B', value: labels.length },
      ],
      kernel: dlogits?.[image * count + c] ?? Number.NaN,
      exact: ((p[c] ?? 0) * shares - (target[c] ?? 0)) / labels.length,
    },
  };
}
