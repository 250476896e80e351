import { type ConvOptions, convGeometry } from '../../gpu/kernels/conv2d_geometry.js';
import { depthwiseGeometry } from '../../gpu/kernels/depthwise_conv2d.js';
import { type Expansion, expandedShape, isPlain } from '../../gpu/kernels/expand_kernel.js';
import { type Extent, type Padding, pairOf, plainExtent, type Shape } from '../../gpu/shape.js';
import type { Initializer } from '../init.js';
import type { Layer, WeightSpec } from '../layer.js';
import { type ActivationName, activate } from '../ops/activation.js';
import { conv2d } from '../ops/conv2d.js';
import { depthwiseConv2d } from '../ops/depthwise_conv2d.js';
import { expandKernel } from '../ops/expand_kernel.js';

const trainable = (name: string, shape: Shape, initializer: Initializer): WeightSpec => ({
  ...{ name, shape, initializer, trainable: true },
});
const biasOf = (used: boolean, count: number): WeightSpec[] =>
  used ? [trainable('bias', [count], 'zeros')] : [];

/** Options of all convolutions. */
interface WindowOptions {
  /** Height and width of the window; default 3. */
  readonly kernelSize?: Extent;
  /** Strides, down and across; default 1. */
  readonly strides?: Extent;
  /** Default 'same'. (Keras's default is 'valid', which no network here uses.) */
  readonly padding?: Padding;
  /** Default true. */
  readonly useBias?: boolean;
  /** Activation of the result; default linear. */
  readonly activation?: ActivationName;
  /** Default glorot_uniform. */
  readonly kernelInitializer?: Initializer;
}

/** Options of `Conv2D`. */
export interface Conv2DOptions extends WindowOptions {
  /** Number of output channels. */
  readonly filters: number;
  /** Distance between neighbouring taps of the window in pixels; default 1. */
  readonly dilationRate?: Extent;
  /** Number of groups. The output channels of a group depend on the input channels of that group only; default 1. */
  readonly groups?: number;
}

/** Options of convolutions that treat each channel alone. */
interface ChannelOptions extends WindowOptions {
  /** Windows, and so outputs of the depthwise part, per input channel; default 1. */
  readonly depthMultiplier?: number;
  /** Distance between neighbouring taps of the window in pixels; default 1. */
  readonly dilationRate?: Extent;
}

/** What depthwise and separable convolutions share: the results of `windowOf`, the kernel's shape and how it is expanded. */
function channelsOf(options: ChannelOptions) {
  const { depthMultiplier = 1, dilationRate = 1 } = options;
  const { config, size, convolution } = windowOf(options);
  const expansion: Expansion = { groups: 1, dilation: pairOf(dilationRate) };
  const kernelShape = (input: Shape): Shape => [...size, input.at(-1) ?? 0, depthMultiplier];
  return {
    config: {
      ...{ ...config, depthMultiplier },
      ...(!isPlain(expansion) && { dilationRate: plainExtent(dilationRate) }),
    },
    ...{ depthMultiplier, kernelShape, convolution, expansion },
    geometry: (input: Shape) =>
      depthwiseGeometry([1, ...input], expandedShape(kernelShape(input), expansion), convolution),
  };
}

/** The layer's config with defaults filled in, the window's height and width, and the kernels' options. */
function windowOf(options: WindowOptions) {
  const { kernelSize = 3, strides = 1, padding = 'same', useBias = true } = options;
  const { activation = 'linear', kernelInitializer = 'glorot_uniform' } = options;
  const convolution: ConvOptions = { stride: strides, padding };
  const config = {
    kernelSize: plainExtent(kernelSize),
    strides: plainExtent(strides),
    padding,
    useBias,
    activation,
  };
  return { config: { ...config, kernelInitializer }, size: pairOf(kernelSize), convolution };
}

/** 2-D convolution over NHWC; https://keras.io/api/layers/convolution_layers/convolution2d/ */
export function Conv2D(options: Conv2DOptions): Layer {
  const { filters, dilationRate = 1, groups = 1 } = options;
  const { config, size, convolution } = windowOf(options);
  const expansion: Expansion = { groups, dilation: pairOf(dilationRate) };
  const kernelShape = (input: Shape): Shape => [...size, Math.floor((input.at(-1) ?? 0) / groups), filters];
  return {
    kind: 'Conv2D',
    config: {
      ...{ filters, ...config },
      ...(!isPlain(expansion) && { dilationRate: plainExtent(dilationRate), groups }),
    },
    outputShape: (input) => {
      const g = convGeometry([1, ...input], expandedShape(kernelShape(input), expansion), convolution);
      return [g.oh, g.ow, g.oc];
    },
    weights: (input) => [
      trainable('kernel', kernelShape(input), config.kernelInitializer),
      ...biasOf(config.useBias, filters),
    ],
    withActivation: (activation) => Conv2D({ ...options, activation }),
    call: (ctx, [x], { get, last }) => {
      const bias = config.useBias ? get('bias') : undefined;
      const kernel = expandKernel(ctx, get('kernel'), expansion);
      return activate(ctx, conv2d(ctx, x, kernel, bias, convolution), config.activation, last);
    },
  };
}

/** Options of `DepthwiseConv2D`. */
export interface DepthwiseConv2DOptions extends ChannelOptions {}

/**
 * Convolves each channel separately, with its own kernels, over NHWC;
 * https://keras.io/api/layers/convolution_layers/depthwise_convolution2d/
 */
export function DepthwiseConv2D(options: DepthwiseConv2DOptions = {}): Layer {
  const { config, depthMultiplier, kernelShape, convolution, expansion, geometry } = channelsOf(options);
  return {
    kind: 'DepthwiseConv2D',
    config,
    outputShape: (input) => {
      const { oh, ow, oc } = geometry(input);
      return [oh, ow, oc];
    },
    weights: (input) => [
      trainable('depthwise_kernel', kernelShape(input), config.kernelInitializer),
      ...biasOf(config.useBias, (input.at(-1) ?? 0) * depthMultiplier),
    ],
    call: (ctx, [x], { get, last }) => {
      const bias = config.useBias ? get('bias') : undefined;
      const kernel = expandKernel(ctx, get('depthwise_kernel'), expansion);
      const y = depthwiseConv2d(ctx, x, kernel, bias, convolution);
      ctx.observe?.('z', y);
      return activate(ctx, y, config.activation, last);
    },
  };
}

/** Options of `SeparableConv2D`. */
export interface SeparableConv2DOptions extends ChannelOptions {
  /** Number of output channels. */
  readonly filters: number;
}

/**
 * A depthwise convolution, then a 1 x 1 one that mixes the channels;
 * https://keras.io/api/layers/convolution_layers/separable_convolution2d/
 */
export function SeparableConv2D(options: SeparableConv2DOptions): Layer {
  const { filters } = options;
  const { config, depthMultiplier, kernelShape, convolution, expansion, geometry } = channelsOf(options);
  return {
    kind: 'SeparableConv2D',
    config: { filters, ...config },
    outputShape: (input) => {
      const { oh, ow } = geometry(input);
      return [oh, ow, filters];
    },
    weights: (input) => [
      trainable('depthwise_kernel', kernelShape(input), config.kernelInitializer),
      trainable(
        'pointwise_kernel',
        [1, 1, (input.at(-1) ?? 0) * depthMultiplier, filters],
        config.kernelInitializer,
      ),
      ...biasOf(config.useBias, filters),
    ],
    call: (ctx, [x], { get, last }) => {
      const kernel = expandKernel(ctx, get('depthwise_kernel'), expansion);
      const apart = depthwiseConv2d(ctx, x, kernel, undefined, convolution);
      ctx.observe?.('depthwise', apart);
      const bias = config.useBias ? get('bias') : undefined;
      const mixed = conv2d(ctx, apart, get('pointwise_kernel'), bias, { padding: 'valid' });
      return activate(ctx, mixed, config.activation, last);
    },
  };
}
