import { eightLanes } from '../gpu/adapter.js';
import type { Gpu } from '../gpu/device.js';
import { conv2dBlock, conv2dForward, conv2dGradients, conv2dInputGradient } from '../gpu/kernels/conv2d.js';
import { convGeometry } from '../gpu/kernels/conv2d_geometry.js';
import type { ConvWayName } from '../gpu/kernels/conv2d_way.js';
import type { Spread } from '../gpu/kernels/conv2d_winograd.js';
import { eluNormDeferred, eluNormPoolBackward, eluNormPoolTrain } from '../gpu/kernels/elu_norm_pool.js';
import { prepareNorm } from '../gpu/kernels/inference_block.js';
import type { Format } from '../gpu/kernels/storage.js';
import type { Tensor } from '../gpu/tensor.js';
import { withForced } from '../gpu/tuning.js';
import * as activations from '../reference/activations.js';
import * as norm from '../reference/batch_norm.js';
import { type ConvShape, conv2dBackward, conv2dForward as referenceForward } from '../reference/conv2d.js';
import { dropoutApply, dropoutMask } from '../reference/dropout.js';
import { maxPool2dBackward, maxPool2dForward } from '../reference/max_pool2d.js';
import { compare, inGrains, type KernelCase } from './case.js';
import { Inputs } from './random_arrays.js';

const shape = (
  [b, h, w, ic, oc]: readonly [number, number, number, number, number],
  k: number | readonly [number, number] = 3,
  stride: ConvShape['stride'] = 1,
  padding: 'same' | 'valid' = 'same',
): ConvShape => {
  const [kh, kw] = typeof k === 'number' ? [k, k] : k;
  return { b, h, w, ic, oc, kh, kw, stride, padding };
};

const ANY: readonly ConvShape[] = [
  shape([1, 5, 7, 1, 3]),
  shape([3, 9, 6, 3, 4]),
  shape([2, 8, 7, 4, 36], 3, 1, 'valid'),
  shape([2, 7, 8, 5, 8], 3, 2),
  shape([1, 9, 9, 8, 68], 5, 2, 'valid'),
  shape([5, 6, 6, 12, 64], 1),
  shape([3, 12, 12, 16, 32]),
  shape([2, 9, 7, 3, 8], [1, 5]),
  shape([2, 8, 9, 4, 4], [7, 3], 2),
  shape([1, 7, 6, 2, 4], [2, 4]),
  shape([1, 4, 6, 6, 40]),
  shape([1, 3, 2, 5, 8]),
  shape([2, 9, 8, 4, 8], 3, [2, 1]),
  shape([1, 7, 11, 3, 12], [3, 5], [1, 3], 'valid'),
];
/** Shapes of one channel, with and without padding, and with odd and even extents. */
const GRAY: readonly ConvShape[] = [
  shape([1, 4, 4, 1, 4]),
  shape([3, 9, 7, 1, 12]),
  shape([2, 8, 5, 1, 32], 3, 1, 'valid'),
  shape([2, 4, 48, 1, 8]),
];
/** Shapes for Winograd's algorithm: a single tile, tiles that extend past the output, no padding, several images. */
const WINOGRAD: readonly ConvShape[] = [
  shape([1, 4, 4, 4, 4]),
  shape([3, 9, 6, 8, 36]),
  shape([2, 8, 7, 4, 12], 3, 1, 'valid'),
  shape([5, 12, 12, 16, 32]),
  shape([3, 6, 6, 8, 12]),
  shape([2, 10, 5, 8, 4]),
];

/** A way to convolve: what to force in the tuning, the shapes to check, and the kernels that only it runs. */
interface Way {
  readonly forced: { readonly conv2d: ConvWayName; readonly winograd?: Spread };
  readonly shapes: readonly ConvShape[];
  readonly kernels: readonly string[];
  /** The kernel that ends an inference block. */
  readonly block?: readonly string[];
  readonly possible?: (gpu: Gpu) => boolean;
  /** Storage format of the tensors between its kernels; default f32. */
  readonly format?: Format;
  readonly tolerance?: number;
}

/**
 * Tolerances with float16 storage. Three numbers per output are rounded to 11 binary digits: the transformed x, the
 * transformed weight, and their product. The inverse transform amplifies that error as it does float32's. Measured, relative
 * in norm: 4e-3 with tiles of edge 4, 7.5e-3 with edge 6. A single small image, whose sums have few terms, may be twice as
 * far off, so it is not checked.
 */
const HALVES = { winograd4: 7.5e-3, winograd6: 1.5e-2 } as const;

function winograd(conv2d: 'winograd4' | 'winograd6', spread: Spread, format: Format = 'f32'): Way {
  const kernelNames = (shader: string, entries: string[]) =>
    entries.map((entry) => `${shader}${spread === 'lanes' ? '_lanes' : ''}.${entry}`);
  return {
    forced: { conv2d, winograd: spread },
    shapes: format === 'f16' ? WINOGRAD.filter(({ b }) => b > 1) : WINOGRAD,
    kernels: [
      ...kernelNames('conv2d_winograd', ['transforms', 'output_transform']),
      ...kernelNames('conv2d_winograd_gradient', ['gradient_transform', 'gradients']),
    ],
    block: kernelNames('conv2d_winograd', ['output_block']),
    ...(spread === 'lanes' && { possible: eightLanes }),
    ...(format === 'f16' && { format, tolerance: HALVES[conv2d] }),
  };
}

const WAYS = {
  naive: {
    forced: { conv2d: 'naive' },
    shapes: ANY,
    kernels: ['conv2d.forward', 'conv2d.weight_gradient', 'conv2d.input_gradient'],
  },
  subgroup: {
    forced: { conv2d: 'subgroup' },
    shapes: ANY.filter(({ oc }) => oc % 4 === 0),
    kernels: ['conv2d_subgroup.forward', 'conv2d_subgroup.weight_gradient', 'conv2d_flip.forward'],
    block: ['conv2d_tiles.block', 'few_rows.pack'],
    possible: eightLanes,
  },
  gray: {
    forced: { conv2d: 'gray' },
    shapes: GRAY,
    kernels: ['conv2d_gray.forward', 'conv2d_gray.weight_gradient', 'conv2d_gray.fold_gradients'],
    block: ['conv2d_gray.block'],
  },
  winograd4: winograd('winograd4', 'threads'),
  winograd6: winograd('winograd6', 'threads'),
  'winograd4 in lanes': winograd('winograd4', 'lanes'),
  'winograd6 in lanes': winograd('winograd6', 'lanes'),
  'winograd4 in halves': winograd('winograd4', 'threads', 'f16'),
  'winograd6 in halves': winograd('winograd6', 'threads', 'f16'),
  'winograd4 in lanes, in halves': winograd('winograd4', 'lanes', 'f16'),
  'winograd6 in lanes, in halves': winograd('winograd6', 'lanes', 'f16'),
} satisfies Record<string, Way>;
/** What conv2d_tiles.wgsl covers, and edges of pooling windows: a tile for the map or several, 16 channels at most or more. */
const TILED: readonly (readonly [ConvShape, number])[] = [
  [shape([1, 6, 6, 8, 36]), 2],
  [shape([3, 6, 6, 6, 64]), 1],
  [shape([2, 6, 6, 2, 4]), 3],
  [shape([2, 6, 7, 4, 16]), 6],
  [shape([2, 5, 8, 4, 32]), 2],
  [shape([2, 8, 5, 4, 12]), 2],
  [shape([4, 3, 2, 10, 40]), 1],
  [shape([2, 12, 12, 4, 64]), 2],
  [shape([1, 13, 20, 6, 16]), 2],
  [shape([2, 9, 7, 4, 48]), 1],
  [shape([1, 10, 13, 2, 20], 3, 1, 'valid'), 1],
];

type WayName = keyof typeof WAYS;
const wayOf = (name: WayName): Way => WAYS[name];
const NAMES = Object.keys(WAYS) as WayName[];

function arrays(s: ConvShape, seed: number) {
  const inputs = new Inputs(seed);
  const x = inputs.floats(s.b * s.h * s.w * s.ic);
  const weight = inputs.floats(s.kh * s.kw * s.ic * s.oc);
  const bias = inputs.floats(s.oc);
  const g = convGeometry([s.b, s.h, s.w, s.ic], [s.kh, s.kw, s.ic, s.oc], s);
  const tensors = {
    x: { data: x.f32, shape: [s.b, s.h, s.w, s.ic] },
    weight: { data: weight.f32, shape: [s.kh, s.kw, s.ic, s.oc] },
    bias: { data: bias.f32, shape: [s.oc] },
  };
  return { inputs, x, weight, bias, g, tensors };
}

const title = (s: ConvShape, way: WayName): string =>
  `${way}: ${s.b} x [${s.h}, ${s.w}, ${s.ic}] -> ${s.oc}, ${s.kh}x${s.kw}, stride ${s.stride}, ${s.padding}`;

function convolutionCase(s: ConvShape, way: WayName, seed: number): KernelCase {
  const { forced, kernels, possible, format = 'f32', tolerance } = wayOf(way);
  return {
    kernels: [...kernels, 'reduce.column_sums', 'reduce.fold'],
    title: title(s, way),
    forced,
    ...(possible && { possible }),
    ...(tolerance && { tolerance }),
    run: (gpu) => {
      const { inputs, x, weight, bias, g, tensors } = arrays(s, seed);
      const dy = inputs.gradients(g.b * g.oh * g.ow * g.oc);
      const want = conv2dBackward(dy.f64, x.f64, weight.f64, s);
      const values = { ...tensors, dy: { data: dy.f32, shape: [g.b, g.oh, g.ow, g.oc] } };
      return withForced(gpu, forced, () =>
        compare(gpu, values, (rec, t) => {
          const { y, kept } = conv2dForward(rec, t, g, { training: true, format });
          const { dx, dw, db } = conv2dGradients(rec, t, t.dy, g, { kept });
          const fresh = conv2dGradients(rec, t, t.dy, g); // without tensors kept by the forward pass
          const { y: e } = conv2dForward(rec, t, g, { alpha: 0.7, format });
          const output = referenceForward(x.f64, weight.f64, bias.f64, s);
          return {
            y: { got: y, want: output },
            e: { got: e, want: activations.eluForward(output, 0.7) },
            dx: { got: dx as Tensor, want: want.dx },
            'dx alone': { got: conv2dInputGradient(rec, t.dy, t.weight, g), want: want.dx },
            dw: { got: dw, want: want.dw },
            db: { got: db, want: want.db },
            'dx without kept': { got: fresh.dx as Tensor, want: want.dx },
            'dw without kept': { got: fresh.dw, want: want.dw },
          };
        }),
      );
    },
  };
}

const EPSILON = 1e-3;
const MOMENTUM = 0.99;
const ALPHA = 1;

/**
 * A convolution and the end of its block, as in inference.
 * @param tiled whether each pooling window lies within one output tile, so that one kernel does both
 */
function blockCase(s: ConvShape, way: WayName, poolSize: number, seed: number, tiled = true): KernelCase {
  const { forced, block, possible } = wayOf(way);
  return {
    kernels: [...(tiled ? (block ?? []) : []), 'inference_block.prepare'],
    title: `block, pool ${poolSize}, ${title(s, way)}`,
    ...(possible && { possible }),
    run: (gpu) => {
      const { inputs, x, weight, bias, g, tensors } = arrays(s, seed);
      const { gamma, beta, mean, variance, tensors: normTensors } = inputs.norm(s.oc);
      const values = { ...tensors, ...normTensors };
      const e = activations.eluForward(referenceForward(x.f64, weight.f64, bias.f64, s), ALPHA);
      const channels = { outer: g.b * g.oh * g.ow, channels: g.oc, inner: 1 };
      const u = norm.normalize(e, gamma.f64, beta.f64, mean.f64, variance.f64, EPSILON, channels);
      const windows = { b: g.b, h: g.oh, w: g.ow, c: g.oc, size: poolSize, stride: poolSize };
      return withForced(gpu, forced, () =>
        compare(gpu, values, (rec, t) => {
          const end = { ...prepareNorm(rec, t, EPSILON), alpha: ALPHA, poolSize };
          const want = maxPool2dForward(u, { ...windows, padding: 'valid' });
          return { y: { got: conv2dBlock(rec, rec, t, end, g), want: want.y } };
        }),
      );
    },
  };
}

/** Output channels of the convolution that reads a normalised map. */
const READER = 8;

/**
 * A convolution and its batch normalisation in training. The moments come from the convolution where it can compute them.
 * With Winograd's ways the normalisation is deferred to a second convolution.
 */
function normedCase(s: ConvShape, way: WayName, seed: number): KernelCase {
  const { forced, kernels, possible } = wayOf(way);
  const deferred = forced.conv2d.startsWith('winograd');
  return {
    kernels: [...kernels, 'batch_norm.finish'],
    title: `${deferred ? 'normalised by the next convolution' : 'normalised'}, ${title(s, way)}`,
    ...(possible && { possible }),
    run: (gpu) => {
      const { inputs, x, weight, bias, g, tensors } = arrays(s, seed);
      const { gamma, beta, mean, variance, tensors: normTensors } = inputs.norm(s.oc);
      const reader = inputs.floats(9 * s.oc * READER);
      const dy = inputs.floats(g.b * g.oh * g.ow * READER);
      const g2 = convGeometry([g.b, g.oh, g.ow, g.oc], [3, 3, s.oc, READER], { stride: 1, padding: 'same' });
      const s2 = shape([g.b, g.oh, g.ow, s.oc, READER]);
      const values = {
        ...tensors,
        reader: { data: reader.f32, shape: [3, 3, s.oc, READER] },
        dy: { data: dy.f32, shape: [g.b, g.oh, g.ow, READER] },
        step: { data: new Uint32Array(4), shape: [4] },
        ...normTensors,
      };
      const e = activations.eluForward(referenceForward(x.f64, weight.f64, bias.f64, s), ALPHA);
      const channels = { outer: g.b * g.oh * g.ow, channels: g.oc, inner: 1 };
      const own = norm.statistics(e, channels);
      const u = norm.normalize(e, gamma.f64, beta.f64, own.mean, own.variance, EPSILON, channels);
      const want = conv2dBackward(dy.f64, u, reader.f64, s2);
      const options = {
        ...{ alpha: ALPHA, epsilon: EPSILON, momentum: MOMENTUM, poolSize: 1 },
        dropout: { rate: 0, layer: 0 },
      };
      return withForced(gpu, forced, () =>
        compare(gpu, values, (rec, t) => {
          const made = conv2dForward(rec, t, g, { training: true, alpha: ALPHA, moments: true });
          const moved = {
            movingMean: { got: t.movingMean, want: norm.moved(mean.f64, own.mean, MOMENTUM) },
            movingVariance: { got: t.movingVariance, want: norm.moved(variance.f64, own.variance, MOMENTUM) },
          };
          const normalized = { e: made.y, moments: made.moments };
          if (!deferred)
            return { ...moved, u: { got: eluNormPoolTrain(rec, normalized, t, t.step, options).y, want: u } };
          const { affine } = eluNormDeferred(rec, normalized, t, options);
          const operands = { x: made.y, weight: t.reader, bias: undefined, affine };
          const { y, kept } = conv2dForward(rec, operands, g2, { training: true });
          const { dx, dw } = conv2dGradients(rec, operands, t.dy, g2, { kept });
          return {
            ...moved,
            y: { got: y, want: referenceForward(u, reader.f64, undefined, s2) },
            dx: { got: dx as Tensor, want: want.dx },
            dw: { got: dw, want: want.dw },
            'dw without kept': { got: conv2dGradients(rec, operands, t.dy, g2).dw, want: want.dw },
          };
        }),
      );
    },
  };
}

/** A convolution with normalisation, max pooling and dropout in training. The convolution finds the windows' winners. */
function pooledCase(s: ConvShape, way: WayName, seed: number): KernelCase {
  const { forced, kernels, possible } = wayOf(way);
  const [rate, layer, step, dropoutSeed] = [0.2, 3, 5, 77];
  return {
    kernels: [...kernels, 'elu_norm_pool.forward_winners'],
    title: `normalised and pooled, ${title(s, way)}`,
    ...(possible && { possible }),
    run: (gpu) => {
      const { inputs, x, weight, bias, g, tensors } = arrays(s, seed);
      const { gamma, beta, tensors: normTensors } = inputs.norm(s.oc);
      const [oh, ow] = [Math.floor(g.oh / 2), Math.floor(g.ow / 2)];
      const dy = inputs.floats(g.b * oh * ow * g.oc);
      const values = {
        ...{ ...tensors, ...normTensors },
        dy: { data: dy.f32, shape: [g.b, oh, ow, g.oc] },
        step: { data: new Uint32Array([step, dropoutSeed, 0, 0]), shape: [4] },
      };
      const z = referenceForward(x.f64, weight.f64, bias.f64, s);
      const e = activations.eluForward(z, ALPHA);
      const channels = { outer: g.b * g.oh * g.ow, channels: g.oc, inner: 1 };
      const own = norm.statistics(e, channels);
      const u = norm.normalize(e, gamma.f64, beta.f64, own.mean, own.variance, EPSILON, channels);
      const windows = { b: g.b, h: g.oh, w: g.ow, c: g.oc, size: 2, stride: 2, padding: 'valid' } as const;
      const pooled = maxPool2dForward(u, windows);
      const mask = dropoutMask(dy.f64.length, rate, dropoutSeed, step, layer);
      const du = maxPool2dBackward(dropoutApply(dy.f64, mask, rate), pooled.source, e.length);
      const { dx } = norm.batchNormBackward(
        ...([du, e, gamma.f64, own.mean, own.variance, EPSILON, channels, true] as const),
      );
      const options = {
        ...{ alpha: ALPHA, epsilon: EPSILON, momentum: MOMENTUM, poolSize: 2 },
        dropout: { rate, layer },
      };
      return withForced(gpu, forced, () =>
        compare(gpu, values, (rec, t) => {
          const made = conv2dForward(rec, t, g, {
            ...{ training: true, alpha: ALPHA, moments: true },
            gamma: t.gamma,
          });
          const { y, saved } = eluNormPoolTrain(rec, { ...made, e: made.y }, t, t.step, options);
          const { dz } = eluNormPoolBackward(rec, t.dy, made.y, t, saved, options);
          return {
            y: { got: y, want: dropoutApply(pooled.y, mask, rate) },
            dz: { got: dz, want: activations.eluBackward(dx, z, ALPHA) },
          };
        }),
      );
    },
  };
}

export const CONV_CASES: readonly KernelCase[] = [
  ...NAMES.flatMap((way, k) => wayOf(way).shapes.map((s, i) => convolutionCase(s, way, 100 * (k + 1) + i))),
  ...(['naive', 'gray'] as const).flatMap((way, k) =>
    GRAY.flatMap((s, i) => inGrains(normedCase(s, way, 1100 + 10 * k + i))),
  ),
  ...NAMES.filter((name) => name.startsWith('winograd') && wayOf(name).format === undefined).flatMap(
    (way, k) => WINOGRAD.map((s, i) => normedCase(s, way, 1200 + 10 * k + i)),
  ),
  ...GRAY.filter(({ h }) => h % 2 === 0).flatMap((s, i) => inGrains(pooledCase(s, 'gray', 1300 + i))),
  ...NAMES.filter((name) => name.startsWith('winograd') && wayOf(name).format === undefined).flatMap(
    (way, k) => WINOGRAD.map((s, i) => pooledCase(s, way, 1310 + 10 * k + i)),
  ),
  ...GRAY.flatMap((s, i) => [blockCase(s, 'gray', 2, 800 + i), blockCase(s, 'gray', 1, 810 + i)]),
  ...TILED.map(([s, poolSize], i) => blockCase(s, 'subgroup', poolSize, 960 + i)),
  blockCase(shape([2, 6, 6, 3, 8]), 'subgroup', 2, 980, false), // an odd number of input channels
  blockCase(shape([1, 10, 10, 4, 8]), 'subgroup', 5, 981, false), // windows cross tile borders
  ...['', ' in lanes'].flatMap((lanes, k) => {
    const [four, six] = [`winograd4${lanes}`, `winograd6${lanes}`] as [WayName, WayName];
    return WINOGRAD.flatMap((s, i) => [
      blockCase(s, four, 2, 900 + 100 * k + i),
      blockCase(s, four, 1, 910 + 100 * k + i),
      blockCase(s, six, 3, 920 + 100 * k + i),
      blockCase(s, six, 2, 930 + 100 * k + i),
      blockCase(s, six, 1, 950 + 100 * k + i),
      blockCase(s, four, 3, 940 + 100 * k + i, false), // windows cross tile borders, so a second kernel ends the block
    ]);
  }),
];
