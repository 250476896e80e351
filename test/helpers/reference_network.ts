import { type Extent, pairOf } from '../../src/gpu/shape.js';
import type { Layer } from '../../src/nn/layer.js';
import { IMAGES, type Network } from '../../src/nn/network.js';
import { type ActivationName, pointwiseOf } from '../../src/nn/ops/activation.js';
import { activationForward } from '../../src/reference/activations.js';
import type { Arr } from '../../src/reference/arrays.js';
import { avgPool2dForward } from '../../src/reference/avg_pool2d.js';
import * as norm from '../../src/reference/batch_norm.js';
import { concatenateForward } from '../../src/reference/concatenate.js';
import { conv2dForward } from '../../src/reference/conv2d.js';
import { denseForward } from '../../src/reference/dense.js';
import { depthwiseForward } from '../../src/reference/depthwise_conv2d.js';
import { expandKernel } from '../../src/reference/expand_kernel.js';
import { binaryPatterns, patternHistograms, restoreGray } from '../../src/reference/local_binary_patterns.js';
import { maxPool2dForward } from '../../src/reference/max_pool2d.js';
import { multiplyForward } from '../../src/reference/multiply.js';
import { preluForward } from '../../src/reference/prelu.js';
import { softmaxForward } from '../../src/reference/softmax.js';
import { transpose } from '../../src/reference/transpose.js';
import { zeroPadding2dBackward, zeroPadding2dForward } from '../../src/reference/zero_padding2d.js';

/** float64 weights by full name. */
export type ReferenceWeights = ReadonlyMap<string, Arr>;

/** How a network is computed. */
export interface ReferenceOptions {
  /** Batch norm takes the batch's own statistics, and dropout is left out; default: moving averages. */
  readonly training?: boolean;
  /** The output of one layer, instead of what it computes: [position, values]. */
  readonly given?: readonly [number, Arr] | undefined;
}

/**
 * Class probabilities [count, classes] of a whole network, layer by layer in plain float64: what its file means.
 * @param training batch norm takes the batch's own statistics; dropout is left out in any case
 */
export function referenceNetwork(
  network: Network,
  weights: ReferenceWeights,
  images: Arr,
  count: number,
  training = false,
): Arr {
  const values = referenceLayers(network, weights, images, count, { training });
  return values.get(network.layers.length - 1) as Arr;
}

/** The outputs of all layers by their positions. */
export function referenceLayers(
  network: Network,
  weights: ReferenceWeights,
  images: Arr,
  count: number,
  { training = false, given }: ReferenceOptions = {},
): ReadonlyMap<number, Arr> {
  const values = new Map([[IMAGES, images]]);
  network.layers.forEach(({ name, layer, inputs, inputShape, outputShape }, index) => {
    const xs = inputs.map((from) => values.get(from) as Arr);
    const get = (word: string): Arr | undefined => weights.get(`${name}/${word}`);
    const shapes = xs.map((x, i) => {
      const from = inputs[i] as number;
      const shape = from === IMAGES ? network.inputShape : (network.layers[from]?.outputShape ?? []);
      return [x, ...shape] as const;
    });
    const at = { get, count, inputShape, outputShape, training, shapes };
    values.set(index, given?.[0] === index ? given[1] : layerForward(layer, xs, at));
  });
  return values;
}

interface At {
  readonly get: (word: string) => Arr | undefined;
  readonly count: number;
  readonly inputShape: readonly number[];
  readonly outputShape: readonly number[];
  readonly training: boolean;
  /** The inputs with their shapes. */
  readonly shapes: readonly (readonly [Arr, ...number[]])[];
}

function layerForward({ kind, config: c }: Layer, xs: readonly Arr[], at: At): Arr {
  const { get, count: b, inputShape, outputShape, training, shapes } = at;
  const x = xs[0] as Arr;
  const [h = 1, w = 1, ic = 1] = inputShape;
  const classes = outputShape.at(-1) ?? 1;
  const active = (y: Arr): Arr => activation(c['activation'] as ActivationName, y, classes);
  const padding = c['padding'] as 'same' | 'valid';
  const window = (): {
    b: number;
    h: number;
    w: number;
    kh: number;
    kw: number;
    stride: Extent;
    padding: 'same' | 'valid';
  } => {
    const [kh, kw] = pairOf(c['kernelSize'] as Extent);
    return { ...{ b, h, w, kh, kw }, stride: c['strides'] as Extent, padding };
  };
  const depthwise = () => {
    const { kh, kw, ...s } = { ...window(), c: ic, multiplier: Number(c['depthMultiplier']) };
    const dilation = pairOf((c['dilationRate'] ?? 1) as Extent);
    const own = { kh, kw, ic, oc: s.multiplier, groups: 1, dilation };
    const plain = { kh: (kh - 1) * dilation[0] + 1, kw: (kw - 1) * dilation[1] + 1 };
    return { kernel: expandKernel(get('depthwise_kernel') as Arr, own), s: { ...s, ...plain } };
  };
  switch (kind) {
    case 'Conv2D': {
      const { kh, kw, ...s } = { ...window(), ic, oc: Number(c['filters']) };
      const dilation = pairOf((c['dilationRate'] ?? 1) as Extent);
      const groups = Number(c['groups'] ?? 1);
      const own = { kh, kw, ic: ic / groups, oc: s.oc, groups, dilation };
      const kernel = expandKernel(get('kernel') as Arr, own);
      const plain = { kh: (kh - 1) * dilation[0] + 1, kw: (kw - 1) * dilation[1] + 1 };
      return active(conv2dForward(x, kernel, get('bias'), { ...s, ...plain }));
    }
    case 'DepthwiseConv2D': {
      const { kernel, s } = depthwise();
      return active(depthwiseForward(x, kernel, get('bias'), s));
    }
    case 'SeparableConv2D': {
      const { kernel, s } = depthwise();
      const apart = depthwiseForward(x, kernel, undefined, s);
      const [oh = 1, ow = 1, oc = 1] = outputShape;
      const mix = {
        ...{ b, h: oh, w: ow, ic: ic * s.multiplier, oc, kh: 1, kw: 1, stride: 1 },
        padding: 'valid',
      } as const;
      return active(conv2dForward(apart, get('pointwise_kernel') as Arr, get('bias'), mix));
    }
    case 'Dense': {
      const bias = get('bias') ?? new Float64Array(classes);
      return active(denseForward(x, get('kernel') as Arr, bias, b, h, classes));
    }
    case 'BatchNormalization': {
      const shape = [b, ...inputShape];
      const axis = c['axis'] === -1 ? shape.length - 1 : Number(c['axis']);
      const size = (list: readonly number[]): number => list.reduce((product, n) => product * n, 1);
      const channels = shape[axis] ?? 1;
      const s = { outer: size(shape.slice(0, axis)), channels, inner: size(shape.slice(axis + 1)) };
      const moving = { mean: get('moving_mean') as Arr, variance: get('moving_variance') as Arr };
      const own = training && c['trainable'] !== false;
      const { mean, variance } = own ? norm.statistics(x, s) : moving;
      const gamma = get('gamma') ?? new Float64Array(channels).fill(1);
      return norm.normalize(
        x,
        gamma,
        get('beta') ?? new Float64Array(channels),
        mean,
        variance,
        Number(c['epsilon']),
        s,
      );
    }
    case 'Activation':
      return active(x);
    case 'ELU':
      return activationForward('elu', x, { alpha: Number(c['alpha']) });
    case 'ReLU':
      return activationForward('leaky_relu', x, {
        slope: Number(c['negativeSlope'] ?? 0),
        ceiling: Number(c['maxValue'] ?? Infinity),
      });
    case 'LeakyReLU':
      return activationForward('leaky_relu', x, { slope: Number(c['negativeSlope']), ceiling: Infinity });
    case 'Softmax':
      return softmaxForward(x, classes);
    case 'MaxPooling2D':
      return maxPool2dForward(x, {
        ...{ b, h, w, c: ic, padding },
        size: c['poolSize'] as Extent,
        stride: c['strides'] as Extent,
      }).y;
    case 'AveragePooling2D': {
      const [kh, kw] = pairOf(c['poolSize'] as Extent);
      return avgPool2dForward(x, { ...{ b, h, w, c: ic, kh, kw, padding }, stride: c['strides'] as Extent });
    }
    case 'GlobalAveragePooling2D':
      return avgPool2dForward(x, { ...{ b, h, w, c: ic, kh: h, kw: w, stride: 1 }, padding: 'valid' });
    case 'GlobalMaxPooling2D':
      return maxPool2dForward(x, { ...{ b, h, w, c: ic, size: [h, w], stride: 1 }, padding: 'valid' }).y;
    case 'Multiply': {
      const four = (values: Arr): readonly [number, number, number, number] => {
        const [, ...own] = shapes.find(([one]) => one === values) as readonly [Arr, ...number[]];
        const [oh = 1, ow = 1, oc = 1] = [1, 1, ...own].slice(-3);
        return [b, oh, ow, oc];
      };
      const [first, ...others] = xs as [Arr, ...Arr[]];
      return others.reduce(
        (product, other) => multiplyForward(product, other, four(product), four(other)),
        first,
      );
    }
    case 'PReLU':
      return preluForward(x, get('alpha') as Arr);
    case 'Permute': {
      const order = (c['dims'] as readonly number[]).map((axis) => axis - 1);
      return transpose(x, [b, ...inputShape], order);
    }
    case 'LayerNormalization': {
      const s = { outer: 1, channels: x.length / classes, inner: classes };
      const { mean, variance } = norm.statistics(x, s);
      const epsilon = Number(c['epsilon']);
      return x.map((v, i) => {
        const [row, channel] = [Math.floor(i / classes), i % classes];
        const hat = (v - (mean[row] as number)) / Math.sqrt((variance[row] as number) + epsilon);
        return hat * (get('gamma')?.[channel] ?? 1) + (get('beta')?.[channel] ?? 0);
      });
    }
    case 'Rescaling': {
      const each = (option: string, i: number): number => {
        const value = c[option] as number | readonly number[];
        return typeof value === 'number' ? value : (value[i % value.length] as number);
      };
      return x.map((v, i) => v * each('scale', i) + each('offset', i));
    }
    case 'Normalization': {
      const [mean, variance] = [get('mean') as Arr, get('variance') as Arr];
      return x.map((v, i) => {
        const channel = i % mean.length;
        return (v - (mean[channel] as number)) / Math.max(Math.sqrt(variance[channel] as number), 1e-7);
      });
    }
    case 'ZeroPadding2D': {
      const [top = 0, bottom = 0, left = 0, right = 0] = c['padding'] as readonly number[];
      return zeroPadding2dForward(x, { ...{ b, h, w, c: ic, top, bottom, left, right } });
    }
    case 'Cropping2D': {
      const [top = 0, bottom = 0, left = 0, right = 0] = c['cropping'] as readonly number[];
      const inner = { h: h - top - bottom, w: w - left - right };
      return zeroPadding2dBackward(x, { ...{ b, ...inner, c: ic, top, bottom, left, right } });
    }
    case 'Add':
      return xs.reduce((sum, other) => sum.map((v, i) => v + (other[i] as number)));
    case 'Concatenate': {
      const rows = b * inputShape.slice(0, -1).reduce((product, n) => product * n, 1);
      const channels = xs.map((part) => part.length / rows);
      return concatenateForward(xs, channels, rows);
    }
    case 'LocalBinaryPatterns': {
      const s = { b, h, w, radius: Number(c['radius']), cells: Number(c['cells']) };
      const gray = restoreGray(x, get('pixel_mean') as Arr, (get('pixel_scale') as Arr)[0] as number);
      const all = patternHistograms(binaryPatterns(gray, s), s);
      const chosen = c['bins'] as readonly number[];
      const size = all.length / b;
      return Float64Array.from({ length: b * chosen.length }, (_, i) => {
        const image = Math.floor(i / chosen.length);
        return all[image * size + (chosen[i % chosen.length] as number)] as number;
      });
    }
    case 'Dropout':
    case 'SpatialDropout2D':
    case 'Flatten':
    case 'Reshape':
      return x;
    default:
      throw new Error(`the reference does not know ${kind}`);
  }
}

function activation(name: ActivationName, x: Arr, c: number): Arr {
  if (name === 'softmax') return softmaxForward(x, c);
  const known = pointwiseOf(name);
  return known === undefined ? x : activationForward(known.op, x, known.settings);
}
