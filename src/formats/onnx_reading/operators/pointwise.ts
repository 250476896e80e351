import { sizeOf } from '../../../gpu/shape.js';
import { frozen, type Layer } from '../../../nn/layer.js';
import {
  Activation,
  Add,
  BatchNormalization,
  Conv2D,
  Dense,
  DepthwiseConv2D,
  ELU,
  LeakyReLU,
  Multiply,
  PReLU,
  ReLU,
  Rescaling,
  Reshape,
} from '../../../nn/layers.js';
import type { ActivationName } from '../../../nn/ops/activation.js';
import { type Building, MOST_CHANNELS } from '../building.js';
import type { Node } from '../node.js';
import type { Constant } from '../tensors.js';
import { type Activations, flattened, inOrder, sameOrder } from '../values.js';
import type { Operator, Operators } from './operator.js';

/** An elementwise function that is at least 0 for inputs of at least 0. @param positive whether it is never below 0 */
const pointwise =
  (layer: (node: Node) => Layer, positive: boolean): Operator =>
  (node, building) => {
    const x = node.activations();
    return building.add(node, layer(node), [x], { dims: x.dims, positive: positive || x.positive });
  };

const named = (activation: ActivationName, positive: boolean): Operator =>
  pointwise(() => Activation({ activation }), positive);

/** Clip. Its limits are attributes up to operator set 10, and inputs in later ones. */
function addClip(node: Node, building: Building): Activations {
  const x = node.activations();
  const limit = (input: number, attribute: string, otherwise: number): number =>
    Number(node.constant(input)?.data[0] ?? node.float(attribute, otherwise));
  const [low, high] = [limit(1, 'min', -3.4e38), limit(2, 'max', 3.4e38)];
  if (!(high > 0)) node.refuse(`its upper limit is ${high}; expected one above 0`);
  const maxValue = high < 3.4e38 ? { maxValue: high } : {};
  if (low === 0 || (low <= -3.4e38 && x.positive))
    return building.add(node, ReLU(maxValue), [x], { dims: x.dims, positive: true });
  const before = building.before(x)?.layer;
  if (low > -3.4e38 || before?.kind !== 'LeakyReLU')
    return node.refuse(`its lower limit is ${low}; only 0 is supported, as of ReLU6`);
  building.replace(x, ReLU({ ...maxValue, negativeSlope: Number(before.config['negativeSlope']) }), {});
  return x;
}

/** Expands an array of the file to one number for each channel of an input. */
export function forChannels(node: Node, x: Activations, { dims, data }: Constant): Float32Array {
  const rank = x.dims.length + 1;
  const channels = x.shape.at(-1) as number;
  const aligned = [...new Array<number>(Math.max(0, rank - dims.length)).fill(1), ...dims];
  const at = x.order.axes === undefined ? x.dims.indexOf(channels) : x.order.axes.indexOf(2);
  if (channels > MOST_CHANNELS)
    node.refuse(`numbers for ${channels} values; at most ${MOST_CHANNELS} are supported`);
  const fits =
    aligned.length === rank && aligned.every((n, i) => n === 1 || (i === at + 1 && n === channels));
  if (!fits) {
    node.refuse(
      `numbers [${dims.join(', ')}] with [batch, ${x.dims.join(', ')}]; only one number, or one for each channel`,
    );
  }
  if (data.length === 1) return new Float32Array(channels).fill(data[0] as number);
  return x.order.axes === undefined ? inOrder(data, x) : Float32Array.from(data);
}

/** Adds x * scale + offset for each channel, with numbers of the file. */
function addAffine(
  node: Node,
  building: Building,
  x: Activations,
  { scale, offset }: { readonly scale: Float32Array; readonly offset: Float32Array },
): Activations {
  const before = building.before(x);
  const { layer, weights = {} } = before ?? {};
  const added = { ...x, positive: false };
  if (layer !== undefined && isAffine(layer)) {
    const { gamma = scale, beta = offset } = weights;
    building.replace(x, layer, {
      ...weights,
      gamma: gamma.map((value, i) => value * (scale[i] as number)),
      beta: beta.map((value, i) => value * (scale[i] as number) + (offset[i] as number)),
    });
    return added;
  }
  const biased = layer && scale.every((value) => value === 1) ? withBias(layer) : undefined;
  if (biased !== undefined) {
    building.replace(x, biased, { ...weights, bias: offset });
    return added;
  }
  const fixed = { moving_mean: new Float32Array(scale.length), moving_variance: scale.map(() => 1) };
  const norm = frozen(BatchNormalization({ epsilon: 0 }));
  return building.add(
    node,
    norm,
    [x],
    { dims: x.dims, positive: false },
    { gamma: scale, beta: offset, ...fixed },
  );
}

/** Whether a layer was added by `addAffine`: a batch normalisation with mean 0 and variance 1. */
export const isAffine = ({ kind, config }: Layer): boolean =>
  kind === 'BatchNormalization' && config['epsilon'] === 0 && config['trainable'] === false;

/** The layer with a bias; undefined if it already has one, or cannot have one. */
function withBias({ kind, config }: Layer): Layer | undefined {
  if (config['useBias'] !== false) return undefined;
  const options = { ...config, useBias: true } as never; // a layer's config repeats its options
  const make = Object.entries({ Conv2D, DepthwiseConv2D, Dense }).find(([name]) => name === kind)?.[1];
  return make?.(options);
}

/** The two inputs of a node: one is an output of a layer, the other may be stored in the file. */
function operands(node: Node): { x: Activations; constant: Constant | undefined; first: boolean } {
  const [a, b] = [node.value(0), node.value(1)];
  const first = a.kind === 'activations';
  const [x, other] = first ? [a, b] : [b, a];
  if (x.kind === 'constant')
    return node.refuse('both of its inputs are stored in the file, which is not supported');
  return { x, first, constant: other.kind === 'constant' ? other : undefined };
}

/** The sum of several inputs of the same shape. */
function addSum(node: Node, building: Building): Activations {
  const inputs = node.branches;
  const [first, ...others] = inputs;
  const other = others.find((x) => !sameOrder(x, first) || x.dims.join() !== first.dims.join());
  if (other !== undefined) {
    const shapes = `[batch, ${first.dims.join(', ')}] and [batch, ${other.dims.join(', ')}]`;
    node.refuse(
      `its inputs are ${shapes}, or have their values in another order; only the same are supported`,
    );
  }
  return building.add(node, Add(), inputs, { dims: first.dims });
}

/** The product of two outputs: SiLU, where one is the sigmoid of the other, or maps with a factor for each channel. */
function addProduct(node: Node, building: Building): Activations {
  const [a, b] = node.branches as [Activations, Activations];
  for (const [x, gate] of [
    [a, b],
    [b, a],
  ] as const) {
    const { layer, inputs = [] } = building.before(gate) ?? {};
    if (layer?.config['activation'] === 'sigmoid' && inputs[0] === x.position && sameOrder(x, gate)) {
      building.replace(gate, Activation({ activation: 'silu' }), {});
      return { ...gate, positive: x.positive };
    }
  }
  const [maps, factors] = a.order.axes === undefined ? [b, a] : [a, b];
  const { axes } = maps.order;
  if (sameOrder(a, b) && a.dims.length === b.dims.length)
    return building.add(node, Multiply(), [a, b], {
      dims: a.dims.map((n, i) => Math.max(n, b.dims[i] ?? 1)),
    });
  const channels = maps.shape.at(-1) as number;
  const wanted = axes?.map((axis) => (axis === 2 ? channels : 1)).join();
  if (
    axes === undefined ||
    factors.order.axes !== undefined ||
    factors.order.pieces !== undefined ||
    factors.dims.join() !== wanted
  ) {
    const shapes = `[batch, ${a.dims.join(', ')}] and [batch, ${b.dims.join(', ')}]`;
    return node.refuse(
      `its inputs are ${shapes}; only the same, or one number for each channel, are supported`,
    );
  }
  const map = building.add(node, Reshape({ targetShape: [1, 1, channels] }), [factors], { order: { axes } });
  return building.add(node, Multiply(), [maps, map], { dims: maps.dims });
}

/** A ReLU with slopes of the file: one, one for each channel, or one for each value of an image. */
function addPRelu(node: Node, building: Building): Activations {
  const x = node.activations();
  const slopes = node.constant(1) ?? node.refuse('its input 1 is missing');
  const whole = x.order.axes !== undefined && slopes.dims.slice(-x.dims.length).join() === x.dims.join();
  const each = whole && slopes.data.length === sizeOf(x.dims);
  const alpha = each ? inOrder(slopes.data, { ...x, order: flattened(x) }) : forChannels(node, x, slopes);
  const layer = PReLU({ shared: x.order.axes !== undefined && !each });
  return building.add(node, layer, [x], { dims: x.dims }, { alpha });
}

/** clip(alpha * x + beta, 0, 1), as two layers. */
function addHardSigmoid(node: Node, building: Building, alpha: number, beta: number): Activations {
  const x = node.activations();
  const result = { dims: x.dims };
  const line = building.add(node, Rescaling({ scale: alpha, offset: beta }), [x], {
    ...result,
    positive: false,
  });
  return building.add(node, ReLU({ maxValue: 1 }), [line], { ...result, positive: true });
}

/** Operators that apply the same function to every value, or to all values of a channel. */
export const POINTWISE: Operators = {
  Relu: pointwise(() => ReLU(), true),
  LeakyRelu: (node, building) => {
    const x = node.activations();
    const negativeSlope = node.float('alpha', 0.01);
    const layer = negativeSlope === 0 ? ReLU() : LeakyReLU({ negativeSlope });
    return building.add(node, layer, [x], { dims: x.dims, positive: negativeSlope === 0 || x.positive });
  },
  Elu: pointwise((node) => ELU({ alpha: node.float('alpha', 1) }), false),
  Sigmoid: named('sigmoid', true),
  Tanh: named('tanh', false),
  HardSigmoid: (node, building) =>
    addHardSigmoid(node, building, node.float('alpha', 0.2), node.float('beta', 0.5)),
  HardSwish: (node, building) => {
    const x = node.activations();
    return building.add(node, Multiply(), [x, addHardSigmoid(node, building, 1 / 6, 0.5)], { dims: x.dims });
  },
  // Only the logarithm of a sigmoid, which exported networks that end in sigmoids contain.
  Log: (node, building) => {
    const x = node.activations();
    if (building.before(x)?.layer.config['activation'] !== 'sigmoid')
      return node.refuse('only the logarithm of a sigmoid is supported');
    building.replace(x, Activation({ activation: 'log_sigmoid' }), {});
    return { ...x, positive: false };
  },
  PRelu: addPRelu,
  Selu: (node, building) => {
    const [alpha, gamma] = [node.float('alpha', 1.67326), node.float('gamma', 1.0507)];
    if (Math.abs(alpha - 1.67326) > 1e-4 || Math.abs(gamma - 1.0507) > 1e-4)
      node.refuse(`alpha = ${alpha} with gamma = ${gamma}; only SELU's own are supported`);
    return named('selu', false)(node, building);
  },
  Gelu: (node, building) => {
    const approximate = node.text('approximate', 'none');
    if (approximate !== 'none') node.refuse(`approximate = ${approximate}; only none is supported`);
    return named('gelu', false)(node, building);
  },
  Clip: addClip,
  Sum: addSum,
  Add: (node, building) => {
    const { x, constant } = operands(node);
    if (constant === undefined) return addSum(node, building);
    const offset = forChannels(node, x, constant);
    return addAffine(node, building, x, { scale: offset.map(() => 1), offset });
  },
  Sub: (node, building) => {
    const { x, constant, first } = operands(node);
    if (constant === undefined) return node.refuse('the difference of two outputs is not supported');
    const values = forChannels(node, x, constant);
    const sign = first ? 1 : -1;
    return addAffine(node, building, x, {
      scale: values.map(() => sign),
      offset: values.map((value) => -sign * value),
    });
  },
  Mul: (node, building) => {
    const { x, constant } = operands(node);
    if (constant === undefined) return addProduct(node, building);
    const scale = forChannels(node, x, constant);
    return addAffine(node, building, x, { scale, offset: scale.map(() => 0) });
  },
  Div: (node, building) => {
    const { x, constant, first } = operands(node);
    if (constant === undefined || !first)
      return node.refuse(
        'it divides by the output of a node; only division by numbers of the file is supported',
      );
    const scale = forChannels(node, x, constant).map((value) => 1 / value);
    return addAffine(node, building, x, { scale, offset: scale.map(() => 0) });
  },
};
