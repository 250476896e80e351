import { BatchNormalization, Dense, Dropout, LayerNormalization, Softmax } from '../../../nn/layers.js';
import type { Building } from '../building.js';
import type { Node } from '../node.js';
import { type Constant, readerOf } from '../tensors.js';
import { type Activations, inOrder, PLAIN, placesOf } from '../values.js';
import type { Operators } from './operator.js';
import { forChannels } from './pointwise.js';

/** Adds a dense layer. @param weight [inputs, units], or [units, inputs] if `turned` */
function addDense(
  node: Node,
  building: Building,
  {
    weight,
    turned = false,
    factor = 1,
    bias,
  }: {
    readonly weight: Constant;
    readonly turned?: boolean;
    readonly factor?: number;
    readonly bias?: Float32Array | undefined;
  },
): Activations {
  const x = node.activations();
  const [first = 0, second = 0] = weight.dims;
  const [inputs, units] = turned ? [second, first] : [first, second];
  if (x.order.axes !== undefined || x.dims.length !== 1)
    node.refuse(
      `its input is [batch, ${x.dims.join(', ')}]; expected [batch, numbers], the output of Flatten or a global pool`,
    );
  if (x.shape[0] !== inputs) node.refuse(`its weights take ${inputs} numbers; its input has ${x.shape[0]}`);
  const places = placesOf(x);
  const kernel = new Float32Array(inputs * units);
  const numberAt = readerOf(weight);
  for (let row = 0; row < inputs; row++) {
    const from = places?.[row] ?? row;
    for (let unit = 0; unit < units; unit++) {
      const at = turned ? unit * inputs + from : from * units + unit;
      kernel[row * units + unit] = numberAt(at) * factor;
    }
  }
  const layer = Dense({ units, useBias: bias !== undefined });
  const result = { order: PLAIN, positive: false };
  return building.add(node, layer, [x], result, { kernel, ...(bias && { bias }) });
}

/** Expands one number for all units, or one for each, to one for each. */
export function forUnits(node: Node, { data, dims }: Constant, units: number): Float32Array {
  const row = dims.every((n, i) => i === dims.length - 1 || n === 1);
  if (!row || (data.length !== units && data.length !== 1))
    node.refuse(`its bias is [${dims.join(', ')}]; expected ${units} numbers`);
  return Float32Array.from({ length: units }, (_, i) => data[data.length === 1 ? 0 : i] as number);
}

/** Dense layers, normalisation, and operators at the end of networks. */
export const DENSE: Operators = {
  Gemm: (node, building) => {
    node.must('transA', 0);
    const turned = node.integer('transB', 0) === 1;
    const weight = node.weight(1, 2);
    const [alpha, beta] = [node.float('alpha', 1), node.float('beta', 1)];
    const given = node.constant(2);
    const units = weight.dims[turned ? 0 : 1] as number;
    const bias = given && forUnits(node, given, units).map((value) => value * beta);
    return addDense(node, building, { weight, turned, factor: alpha, bias });
  },
  MatMul: (node, building) => addDense(node, building, { weight: node.weight(1, 2) }),
  BatchNormalization: (node, building) => {
    const x = node.activations();
    node.must('training_mode', 0);
    node.must('spatial', 1);
    const channels = x.dims[0] as number;
    const lists = ['gamma', 'beta', 'moving_mean', 'moving_variance'].map((name, i) => {
      const { data, dims } = node.weight(i + 1, 1);
      if (data.length !== channels)
        node.refuse(`its ${name} is [${dims.join(', ')}]; expected ${channels} numbers`);
      return [name, x.order.axes === undefined ? inOrder(data, x) : Float32Array.from(data)] as const;
    });
    const axis = x.order.axes === undefined ? x.shape.length - 1 : (x.order.axes[0] as number);
    const layer = BatchNormalization({
      axis: axis === x.shape.length - 1 ? -1 : axis + 1,
      epsilon: node.float('epsilon', 1e-5),
      momentum: node.float('momentum', 0.9),
    });
    return building.add(node, layer, [x], { dims: x.dims, positive: false }, Object.fromEntries(lists));
  },
  LayerNormalization: addLayerNorm,
  Dropout: (node, building) => {
    const x = node.activations();
    node.integer('seed', 0);
    const given = node.constant(1)?.data[0];
    if ((node.constant(2)?.data[0] ?? 0) !== 0)
      node.refuse('it is active in inference; only dropout in training is supported');
    const rate = node.float('ratio', given ?? 0.5);
    if (!(rate >= 0 && rate < 1)) node.refuse(`ratio = ${rate}; expected a number in [0, 1)`);
    return building.add(node, Dropout({ rate }), [x], { dims: x.dims });
  },
  Softmax: (node, building) => addSoftmax(node, building),
  // LogSoftmax, as PyTorch's NLLLoss needs it, is read as a softmax: the output of the network is the probabilities.
  LogSoftmax: (node, building) =>
    node.isOutput(node.output)
      ? addSoftmax(node, building)
      : node.refuse('it is supported at the end of the network only'),
};

/** Layer normalisation. If `withoutSteps` has made the node from several ones, axes and epsilon are inputs 3 and 4. */
function addLayerNorm(node: Node, building: Building): Activations {
  const x = node.activations();
  const axes = node.list('axes', 3) ?? [node.integer('axis', -1)];
  node.must('stash_type', 1);
  const [own = Number.NaN, ...more] = axes.map((axis) => (axis < 0 ? axis + x.dims.length : axis - 1));
  const channels = x.order.axes === undefined ? x.dims[own] === x.shape[0] : x.order.axes[own] === 2;
  if (!channels || more.length > 0)
    node.refuse(`axes = [${axes.join(', ')}]; only that of the channels is supported`);
  const [gamma, beta] = [1, 2].map((input) => {
    const given = node.constant(input);
    return given && forChannels(node, x, given);
  });
  const layer = LayerNormalization({
    epsilon: node.constant(4)?.data[0] ?? node.float('epsilon', 1e-5),
    ...{ scale: gamma !== undefined, center: beta !== undefined },
  });
  const weights = { ...(gamma && { gamma }), ...(beta && { beta }) };
  return building.add(node, layer, [x], { dims: x.dims, positive: false }, weights);
}

function addSoftmax(node: Node, building: Building): Activations {
  const x = node.activations();
  const rank = x.dims.length + 1;
  const axis = node.integer('axis', node.operatorSet < 13 ? 1 : -1);
  const own = (axis < 0 ? axis + rank : axis) - 1;
  const channels = x.order.axes === undefined ? x.dims[own] === x.shape[0] : x.order.axes[own] === 2;
  // In older versions, softmax was over all axes from this one on.
  if (!channels || (node.operatorSet < 13 && own !== x.dims.length - 1 && x.dims.length > 1))
    node.refuse(`axis = ${axis}; only that of the channels is supported`);
  return building.add(node, Softmax(), [x], { dims: x.dims, positive: true });
}
