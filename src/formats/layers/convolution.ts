import { type ConvOptions, convGeometry } from '../../gpu/kernels/conv2d_geometry.js';
import { depthwiseGeometry } from '../../gpu/kernels/depthwise_conv2d.js';
import { type Expansion, expandedShape } from '../../gpu/kernels/expand_kernel.js';
import { type Extent, type Padding, pairOf } from '../../gpu/shape.js';
import type { Layer } from '../../nn/layer.js';
import { Conv2D, DepthwiseConv2D, SeparableConv2D } from '../../nn/layers.js';
import type { PlacedLayer } from '../../nn/network.js';
import type { ConfigReader } from '../keras_config.js';
import type { OnnxGraph } from '../onnx_graph.js';
import { addNamed } from './activations.js';
import { CHANNELS_LAST, type FileLayers, PADDINGS, withInside, writeWeights } from './file_layer.js';
import { convolutionAttributes } from './windows.js';

const OPTIONS = 'any window and strides, `same` or `valid`, `depth_multiplier`, dilation';
const CONV2D_OPTIONS = 'any window and strides, `same` or `valid`, dilation, groups';

/** The options that all convolutions share. */
function readWindow(r: ConfigReader, kernel: string) {
  r.must('data_format', 'channels_last');
  const activation = r.activation();
  return {
    inside: activation,
    options: {
      kernelSize: r.extent('kernel_size'),
      strides: r.extent('strides', 1),
      padding: r.text('padding', PADDINGS, 'valid'),
      useBias: r.boolean('use_bias', true),
      kernelInitializer: r.initializer(`${kernel}_initializer`),
      activation: typeof activation === 'string' ? activation : ('linear' as const),
    },
  };
}

/** The options that depthwise and separable convolutions share. */
function readChannels(r: ConfigReader, kernel: string) {
  r.must('groups', 1);
  const { options, inside } = readWindow(r, kernel);
  const depthMultiplier = r.count('depth_multiplier', 1);
  return { inside, options: { ...options, depthMultiplier, dilationRate: r.extent('dilation_rate', 1) } };
}

/** Groups and dilation of a convolution; undefined if it has neither. */
function expansionOf({ groups, dilationRate }: Layer['config']): Expansion | undefined {
  return dilationRate === undefined
    ? undefined
    : { groups: Number(groups ?? 1), dilation: pairOf(dilationRate as Extent) };
}

function writeWindow({ config: c }: Layer): Record<string, unknown> {
  return {
    kernel_size: [...pairOf(c['kernelSize'] as Extent)],
    strides: [...pairOf(c['strides'] as Extent)],
    padding: c['padding'],
    ...CHANNELS_LAST,
    dilation_rate: [...pairOf((c['dilationRate'] ?? 1) as Extent)],
  };
}

/** A full convolution. The pointwise half of a separable one has no window and no stride. */
function addConvolution(
  graph: OnnxGraph,
  { name, layer: { config }, inputShape, outputShape, weights }: PlacedLayer,
  x: string,
  kernel: 'kernel' | 'pointwise_kernel',
  output: string,
): string {
  const shape = weights.find((spec) => spec.name === `${name}/${kernel}`)?.shape ?? [];
  const pointwise = kernel === 'pointwise_kernel';
  const [oh = 1, ow = 1] = outputShape;
  const expansion = expansionOf(config);
  const g = pointwise
    ? convGeometry([1, oh, ow, shape[2] ?? 1], shape)
    : convGeometry(
        [1, ...inputShape],
        expansion ? expandedShape(shape, expansion) : shape,
        optionsOf(config),
      );
  const [kh = 1, kw = 1, ic = 1, oc = 1] = shape;
  const turned = toOihw(graph.data(`${name}/${kernel}`), kh * kw, ic, oc);
  const operands = [x, graph.constant(`${name}/${kernel}`, [oc, ic, kh, kw], turned)];
  if (config['useBias']) operands.push(graph.vector(`${name}/bias`));
  return graph.add('Conv', output, operands, convolutionAttributes(g, expansion));
}

/** A depthwise convolution: the kernel [KH, KW, C, M] becomes one of C groups, [C * M, 1, KH, KW]. */
function addDepthwise(
  graph: OnnxGraph,
  { name, layer: { config }, inputShape, weights }: PlacedLayer,
  x: string,
  output: string,
  biased: boolean,
): string {
  const own = weights[0]?.shape ?? [];
  const [kh = 1, kw = 1] = own;
  const expansion = expansionOf(config);
  const shape = expansion ? expandedShape(own, expansion) : own;
  const g = depthwiseGeometry([1, ...inputShape], shape, optionsOf(config));
  const kernel = `${name}/depthwise_kernel`;
  const turned = toOihw(graph.data(kernel), kh * kw, 1, g.oc);
  const operands = [x, graph.constant(kernel, [g.oc, 1, kh, kw], turned)];
  if (biased && config['useBias']) operands.push(graph.vector(`${name}/bias`));
  return graph.add('Conv', output, operands, { ...convolutionAttributes(g, expansion), group: g.c });
}

const optionsOf = (config: Layer['config']): ConvOptions => ({
  stride: config['strides'] as Extent,
  padding: config['padding'] as Padding,
});

/** Transposes a kernel from [taps, IC, OC] to [OC, IC, taps]. */
function toOihw(kernel: Float32Array, taps: number, ic: number, oc: number): Float32Array {
  const out = new Float32Array(kernel.length);
  for (let t = 0; t < taps; t++) {
    for (let c = 0; c < ic; c++) {
      for (let o = 0; o < oc; o++) out[(o * ic + c) * taps + t] = kernel[(t * ic + c) * oc + o] as number;
    }
  }
  return out;
}

/** Convolution layers. */
export const CONVOLUTIONS: FileLayers = {
  Conv2D: {
    options: CONV2D_OPTIONS,
    read: (r, input) => {
      const { options, inside } = readWindow(r, 'kernel');
      const groups = r.count('groups', 1);
      if ((input.at(-1) ?? 0) % groups !== 0)
        r.fail('groups', `expected a divisor of the ${input.at(-1)} channels`);
      const dilationRate = r.extent('dilation_rate', 1);
      return withInside(Conv2D({ filters: r.count('filters'), ...options, groups, dilationRate }), inside);
    },
    write: (layer) => ({
      filters: layer.config['filters'],
      ...writeWindow(layer),
      groups: layer.config['groups'] ?? 1,
      ...writeWeights(layer, ['kernel']),
    }),
    onnx: (graph, placed, [x = '']) =>
      addNamed(graph, placed, addConvolution(graph, placed, x, 'kernel', placed.name)),
  },
  // Keras 3 refuses `groups` and a plain `kernel_initializer` in these two, which Keras 2 wrote.
  SeparableConv2D: {
    options: OPTIONS,
    read: (r) => {
      const { options, inside } = readChannels(r, 'depthwise');
      return withInside(SeparableConv2D({ filters: r.count('filters'), ...options }), inside);
    },
    write: (layer) => ({
      filters: layer.config['filters'],
      ...writeWindow(layer),
      depth_multiplier: layer.config['depthMultiplier'],
      ...writeWeights(layer, ['depthwise', 'pointwise']),
    }),
    onnx: (graph, placed, [x = '']) => {
      const apart = addDepthwise(graph, placed, x, `${placed.name}/depthwise`, false);
      return addNamed(graph, placed, addConvolution(graph, placed, apart, 'pointwise_kernel', placed.name));
    },
  },
  DepthwiseConv2D: {
    options: OPTIONS,
    read: (r) => {
      const { options, inside } = readChannels(r, 'depthwise');
      return withInside(DepthwiseConv2D(options), inside);
    },
    write: (layer) => ({
      ...writeWindow(layer),
      depth_multiplier: layer.config['depthMultiplier'],
      ...writeWeights(layer, ['depthwise']),
    }),
    onnx: (graph, placed, [x = '']) =>
      addNamed(graph, placed, addDepthwise(graph, placed, x, placed.name, true)),
  },
};
