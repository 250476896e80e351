import { windowOf } from '../../../gpu/shape.js';
import type { Layer } from '../../../nn/layer.js';
import {
  AveragePooling2D,
  Conv2D,
  Dense,
  DepthwiseConv2D,
  GlobalAveragePooling2D,
  GlobalMaxPooling2D,
  MaxPooling2D,
  Permute,
  ZeroPadding2D,
} from '../../../nn/layers.js';
import type { Building } from '../building.js';
import type { Node } from '../node.js';
import { type Constant, readerOf } from '../tensors.js';
import { type Activations, CHANNELS_FIRST, inOrder, PLAIN } from '../values.js';
import type { Operators } from './operator.js';

/** Largest padding, in rows or columns, and largest stride. */
const MOST = 1000;

/** Top, left, bottom, right. */
type Pads = readonly [number, number, number, number];

interface Place {
  /** Height and width of the image. */
  readonly extents: readonly [number, number];
  /** Height and width of a window, including dilation. */
  readonly kernel: readonly [number, number];
  readonly stride: readonly [number, number];
  readonly dilation: readonly [number, number];
  readonly pads: Pads;
}

/** The positions of a node's windows on an image [C, H, W] of the file. */
function windowsOf(node: Node, { dims }: Activations, kernel: readonly number[]): Place {
  const [kh = 0, kw = 0, ...more] = kernel;
  if (more.length > 0 || !(kh > 0 && kw > 0))
    node.refuse(`a window [${kernel.join(', ')}]; expected height and width`);
  const pair = (name: string, otherwise: number): readonly [number, number] => {
    const list = node.integers(name);
    const [a = otherwise, b = a] = list;
    const good = list.length <= 2 && [a, b].every((n) => n >= 1 && n <= MOST);
    return good ? [a, b] : node.refuse(`${name} = [${list.join(', ')}] is not supported`);
  };
  const [stride, dilation] = [pair('strides', 1), pair('dilations', 1)];
  const reach = [(kh - 1) * dilation[0] + 1, (kw - 1) * dilation[1] + 1] as const;
  const extents = [dims[1] as number, dims[2] as number] as const;
  return { extents, kernel: reach, stride, dilation, pads: padsOf(node, extents, reach, stride) };
}

/** Whether Keras's `same` gives the same windows. */
function isSame({ extents, kernel, stride, pads }: Place): boolean {
  return extents.every((extent, i) => {
    const [size, before, after] = [kernel[i] as number, pads[i] as number, pads[i + 2] as number];
    const step = stride[i] as number;
    const own = windowOf('', extent, size, step, 'same');
    return own.before === before && own.out === Math.floor((extent + before + after - size) / step) + 1;
  });
}

function padsOf(
  node: Node,
  extents: readonly [number, number],
  kernel: readonly [number, number],
  stride: readonly [number, number],
): Pads {
  const auto = node.text('auto_pad', 'NOTSET');
  const given = node.integers('pads');
  if (auto === 'SAME_UPPER' || auto === 'SAME_LOWER') {
    const both = (axis: 0 | 1): readonly [before: number, after: number] => {
      const { out } = windowOf('', extents[axis], kernel[axis], stride[axis], 'same');
      const total = Math.max(0, (out - 1) * stride[axis] + kernel[axis] - extents[axis]);
      const [less, more] = [Math.floor(total / 2), Math.ceil(total / 2)];
      return auto === 'SAME_UPPER' ? [less, more] : [more, less];
    };
    const [[top, bottom], [left, right]] = [both(0), both(1)];
    return [top, left, bottom, right];
  }
  if (auto !== 'NOTSET' && auto !== 'VALID') node.refuse(`auto_pad = ${auto} is not supported`);
  const [top = 0, left = 0, bottom = 0, right = 0] = auto === 'VALID' ? [] : given;
  const pads = [top, left, bottom, right] as const;
  if ((given.length !== 0 && given.length !== 4) || pads.some((n) => !(n >= 0 && n <= MOST)))
    node.refuse(`pads = [${given.join(', ')}]; expected four of 0 to ${MOST}`);
  return pads;
}

const isPadded = (pads: Pads): boolean => pads.some((n) => n > 0);

/** The input image in the order [C, H, W]; an image with its axes in another order is permuted. */
function imageOf(node: Node, building: Building): Activations {
  const x = node.image();
  const [channels, rows, columns] = x.order.axes as readonly [number, number, number];
  if ([channels, rows, columns].join() === CHANNELS_FIRST.join()) return x;
  const layer = Permute({ dims: [rows + 1, columns + 1, channels + 1] });
  return building.add(node, layer, [x], { dims: x.dims, order: { axes: CHANNELS_FIRST } });
}

/** An image with a border of zeros, and the padding of windows on it. */
function bordered(node: Node, building: Building, x: Activations, [top, left, bottom, right]: Pads) {
  const y = building.add(node, ZeroPadding2D({ padding: [top, bottom, left, right] }), [x]);
  return { x: withFileDims(y), padding: 'valid' } as const;
}

/** An image with channels first, with the extents in the file computed from the shape here. */
function withFileDims(x: Activations): Activations {
  const [h = 1, w = 1, c = 1] = x.shape;
  return { ...x, dims: [c, h, w] };
}

/** Transposes a kernel from [OC, IC, taps] to [taps, IC, OC]. */
function toHwio(kernel: Constant, taps: number, ic: number, oc: number): Float32Array {
  const out = new Float32Array(taps * ic * oc);
  const numberAt = readerOf(kernel);
  for (let o = 0; o < oc; o++) {
    for (let c = 0; c < ic; c++) {
      for (let t = 0; t < taps; t++) out[(t * ic + c) * oc + o] = numberAt((o * ic + c) * taps + t);
    }
  }
  return out;
}

/** The bias of a convolution, if it has one. */
function biasOf(node: Node, input: number): { readonly bias?: Float32Array } {
  const bias = node.constant(input);
  return bias === undefined ? {} : { bias: Float32Array.from(bias.data) };
}

/** A 1 x 1 convolution of 1 x 1 maps, as after a global pool, becomes a dense layer. */
function addPointDense(node: Node, building: Building, x: Activations, weight: Constant): Activations {
  const [units = 0, inputs = 0, ...window] = weight.dims;
  if (
    window.some((n) => n !== 1) ||
    node.integers('pads').some((n) => n !== 0) ||
    node.integer('group', 1) !== 1
  )
    node.refuse('a convolution of maps of 1 x 1; only one of 1 x 1 itself is supported there');
  for (const name of ['strides', 'dilations', 'kernel_shape']) node.integers(name);
  node.text('auto_pad', 'NOTSET');
  if (x.shape[0] !== inputs) node.refuse(`its kernel takes ${inputs} channels; its input has ${x.shape[0]}`);
  const rows = Array.from({ length: inputs }, (_, i) => i);
  const order = inOrder(rows, x);
  const numberAt = readerOf(weight);
  const kernel = Float32Array.from({ length: inputs * units }, (_, i) => {
    const [row, unit] = [Math.floor(i / units), i % units];
    return numberAt(unit * inputs + (order[row] as number));
  });
  const bias = biasOf(node, 2);
  return building.add(
    node,
    Dense({ units, useBias: bias.bias !== undefined }),
    [x],
    { dims: [units, 1, 1], order: PLAIN, positive: false },
    { kernel, ...bias },
  );
}

/** Adds a pool. Padding becomes a border of zeros if that does not change the result. */
function addPool(
  node: Node,
  building: Building,
  layer: typeof MaxPooling2D,
  ofMaximum: boolean,
): Activations {
  const x = imageOf(node, building);
  const place = windowsOf(node, x, node.integers('kernel_shape'));
  if (place.dilation.some((n) => n !== 1))
    node.refuse(`dilations = [${place.dilation.join(', ')}]; only 1 is supported`);
  node.must('storage_order', 0);
  const counted = node.integer('count_include_pad', 0) === 1;
  const pads = node.integer('ceil_mode', 0) === 1 ? roundedUp(place) : place.pads;
  const pool = (from: Activations, padding: 'same' | 'valid'): Activations => {
    const y = layer({ poolSize: place.kernel, strides: place.stride, padding });
    return withFileDims(building.add(node, y, [from]));
  };
  if (!isPadded(pads)) return pool(x, 'valid');
  // In Keras, the part of a window outside of the image is ignored.
  if (isSame({ ...place, pads }) && !(counted && isPadded(place.pads))) return pool(x, 'same');
  if (ofMaximum && !x.positive)
    node.refuse(
      `pads = [${pads.join(', ')}] around numbers that may be below 0, which Keras's padding does not have`,
    );
  if (!ofMaximum && (!counted || pads.join() !== place.pads.join()))
    node.refuse(`pads = [${pads.join(', ')}] that are not counted, which Keras's padding does not have`);
  return pool(bordered(node, building, x, pads).x, 'valid');
}

/** The pads that give as many windows as `ceil_mode`. The last windows extend beyond the image, but begin inside of it. */
function roundedUp({ extents, kernel, stride, pads }: Place): Pads {
  const end = (i: 0 | 1): number => {
    const [extent, size, before, after] = [extents[i], kernel[i], pads[i], pads[i + 2] as number];
    const step = stride[i];
    const last = Math.ceil((extent + before + after - size) / step) * step;
    const begin = last >= extent + before ? last - step : last;
    return Math.max(0, begin + size - extent - before);
  };
  return [pads[0], pads[1], end(0), end(1)];
}

/** Operators that move a window over an image. */
export const WINDOWS: Operators = {
  Conv: (node, building) => {
    const weight = node.weight(1, 4);
    const [oc = 0, perGroup = 0, kh = 0, kw = 0] = weight.dims;
    const given = node.activations();
    if (
      given.order.axes === undefined &&
      given.dims.length === 3 &&
      given.dims.slice(1).every((n) => n === 1)
    )
      return addPointDense(node, building, given, weight);
    const x = imageOf(node, building);
    const [c = 0] = x.dims;
    const place = windowsOf(node, x, [kh, kw]);
    const shape = node.integers('kernel_shape');
    if (shape.length > 0 && shape.join() !== `${kh},${kw}`)
      node.refuse(`kernel_shape = [${shape.join(', ')}]; its kernel is [${weight.dims.join(', ')}]`);
    const group = node.integer('group', 1);
    if (perGroup * group !== c)
      node.refuse(`its kernel takes ${perGroup * group} channels; its input has ${c}`);
    const bias = biasOf(node, 2);
    const from = !isPadded(place.pads)
      ? ({ x, padding: 'valid' } as const)
      : isSame(place)
        ? ({ x, padding: 'same' } as const)
        : bordered(node, building, x, place.pads);
    const options = {
      kernelSize: [kh, kw] as const,
      strides: place.stride,
      padding: from.padding,
      useBias: bias.bias !== undefined,
    };
    const result = { positive: false };
    const taps = kh * kw;
    if (group === 1 || perGroup !== 1 || oc % c !== 0) {
      const kernel = toHwio(weight, taps, perGroup, oc);
      const layer = Conv2D({ filters: oc, ...options, groups: group, dilationRate: place.dilation });
      return withFileDims(building.add(node, layer, [from.x], result, { kernel, ...bias }));
    }
    const kernel = toHwio(weight, taps, 1, oc);
    const layer = DepthwiseConv2D({ depthMultiplier: oc / c, ...options, dilationRate: place.dilation });
    return withFileDims(building.add(node, layer, [from.x], result, { depthwise_kernel: kernel, ...bias }));
  },
  MaxPool: (node, building) => addPool(node, building, MaxPooling2D, true),
  AveragePool: (node, building) => addPool(node, building, AveragePooling2D, false),
  GlobalAveragePool: (node, building) =>
    addGlobal(node, building, imageOf(node, building), true, GlobalAveragePooling2D()),
  GlobalMaxPool: (node, building) =>
    addGlobal(node, building, imageOf(node, building), true, GlobalMaxPooling2D()),
  ReduceMean: (node, building) => addReduced(node, building, GlobalAveragePooling2D()),
  ReduceMax: (node, building) => addReduced(node, building, GlobalMaxPooling2D()),
};

/** Adds a reduction of each map to one number; the node names the axes. */
function addReduced(node: Node, building: Building, layer: Layer): Activations {
  const x = node.activations();
  const { axes: own } = x.order;
  const axes = node.list('axes', 1) ?? [];
  const keep = node.integer('keepdims', 1) === 1;
  node.must('noop_with_empty_axes', 0, axes.length === 0 ? 0 : 1);
  const rank = x.dims.length + 1;
  const over = axes.map((axis) => own?.[(axis < 0 ? axis + rank : axis) - 1]).sort();
  if (over.join() !== '0,1')
    node.refuse(`axes = [${axes.join(', ')}]; only the height and width of images are supported`);
  return addGlobal(node, building, x, keep, layer);
}

/** Adds a global pool. @param keep whether the output keeps axes of extent 1 */
function addGlobal(node: Node, building: Building, x: Activations, keep: boolean, layer: Layer): Activations {
  const { axes = [] } = x.order;
  const channels = x.shape.at(-1) as number;
  const dims = keep ? axes.map((axis) => (axis === 2 ? channels : 1)) : [channels];
  return building.add(node, layer, [x], { dims, order: PLAIN });
}

/** Adds a border of zeros, for `Pad`. */
export function addBorder(
  node: Node,
  building: Building,
  x: Activations,
  pads: readonly number[],
): Activations {
  const { axes } = x.order;
  const rank = x.dims.length + 1;
  const whole = pads.length === 2 * rank && pads.every((n) => Number.isInteger(n) && n >= 0 && n <= MOST);
  if (axes === undefined || !whole)
    return node.refuse(`pads = [${pads.join(', ')}]; expected borders of an image`);
  const of = (axis: number): [number, number] => {
    const i = axes.indexOf(axis) + 1;
    return [pads[i] as number, pads[i + rank] as number];
  };
  const others = [pads[0], pads[rank], ...of(2)];
  if (others.some((n) => n !== 0))
    node.refuse(`pads = [${pads.join(', ')}]; only rows and columns are supported`);
  const [rows, columns] = [of(0), of(1)];
  const y = building.add(node, ZeroPadding2D({ padding: [...rows, ...columns] }), [x]);
  return { ...y, dims: axes.map((axis) => y.shape[axis] as number) };
}
