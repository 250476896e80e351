import { type ConvGeometry, convGeometry } from '../../gpu/kernels/conv2d_geometry.js';
import { expandedShape } from '../../gpu/kernels/expand_kernel.js';
import { type Extent, type Padding, pairOf } from '../../gpu/shape.js';
import { type ExpandShape, expandKernel, placesInPlain } from '../../reference/expand_kernel.js';
import { withActivation } from './activation.js';
import {
  type Arithmetic,
  extents,
  type GradientArithmetic,
  indexOf,
  type LayerArithmetic,
  type LayerValues,
  largest,
  needed,
  type Position,
  paddedAt,
  type Term,
  total,
  type Values,
  valueAt,
} from './arithmetic.js';

/**
 * Convolutions, plain, depthwise and separable. Their sums run over a window of the input and, except depthwise, over all
 * input channels. With the names of the kernels: y[o] = Σ x[ky, kx, i] · w[ky, kx, i, o] + b[o].
 */

/** How many terms of a long sum are listed. */
const LISTED = 12;

/** A convolution with its operands. For depthwise ones, each output channel reads one input channel. */
interface Convolution {
  readonly x: Values;
  readonly kernel: Values;
  readonly bias: Values | undefined;
  readonly z: Values;
  readonly g: Omit<ConvGeometry, 'ic' | 'oc'>;
  readonly depthwise: boolean;
}

const arrayOf = (v: LayerValues, name: string): Values | undefined => v.weights.get(name);

/** The convolution whose sum is the layer's output (before its activation). */
function main(v: LayerValues): Convolution {
  const { kind, config } = v.placed.layer;
  const options = { stride: (config['strides'] ?? 1) as Extent, padding: config['padding'] as Padding };
  const z = v.inner.get('z') ?? v.y;
  const bias = arrayOf(v, 'bias');
  if (kind === 'SeparableConv2D') {
    const x = needed(v.inner.get('depthwise'), 'depthwise result');
    const kernel = needed(arrayOf(v, 'pointwise_kernel'), 'kernel');
    const g = convGeometry(x.shape, kernel.shape, { padding: 'valid' });
    return { x, kernel, bias, z, g, depthwise: false };
  }
  if (kind === 'DepthwiseConv2D') return depthwise(v, z, bias);
  const kernel = plainKernel(v, 'kernel');
  return { x: v.x, kernel, bias, z, g: convGeometry(v.x.shape, kernel.shape, options), depthwise: false };
}

/** How a dilated or grouped convolution's kernel lies in that of the plain one. Undefined for a plain one. */
function expansionOf(v: LayerValues, weight: string): ExpandShape | undefined {
  const { groups = 1, dilationRate } = v.placed.layer.config;
  if (dilationRate === undefined) return undefined;
  const [kh = 1, kw = 1, ic = 1, oc = 1] = needed(arrayOf(v, weight), 'kernel').shape;
  return { kh, kw, ic, oc, groups: Number(groups), dilation: pairOf(dilationRate as Extent) };
}

/** The kernel of the plain convolution that a layer is. */
function plainKernel(v: LayerValues, weight: string): Values {
  const kernel = needed(arrayOf(v, weight), 'kernel');
  const e = expansionOf(v, weight);
  if (e === undefined) return kernel;
  return { shape: expandedShape(kernel.shape, e), data: expandKernel(Float64Array.from(kernel.data), e) };
}

/** The depthwise convolution of a layer. */
function depthwise(v: LayerValues, z: Values, bias: Values | undefined): Convolution {
  const { config } = v.placed.layer;
  const kernel = plainKernel(v, 'depthwise_kernel');
  const options = { stride: (config['strides'] ?? 1) as Extent, padding: config['padding'] as Padding };
  return { x: v.x, kernel, bias, z, g: convGeometry(v.x.shape, kernel.shape, options), depthwise: true };
}

/** The gradient of the sum of a convolution: of the value before the activation. */
function gradientOf(v: LayerValues, own: Convolution): Values {
  if (own.z === v.y) return needed(v.dy, 'gradient of the output');
  const name = own.z === v.inner.get('depthwise') ? 'ddepthwise' : 'dz';
  return needed(v.inner.get(name) ?? v.dy, 'gradient of the output');
}

/** The input channels that an output channel reads. */
function inputsOf({ x, kernel, depthwise: apart }: Convolution, o: number): number[] {
  const channels = extents(x).c;
  return apart ? [Math.floor(o / (kernel.shape[3] ?? 1))] : Array.from({ length: channels }, (_, i) => i);
}

/** The place in the kernel of a tap from input channel i to output channel o. */
function weightIndex(
  { kernel, g, depthwise: apart }: Convolution,
  ky: number,
  kx: number,
  i: number,
  o: number,
): number {
  const [, , ic = 1, last = 1] = kernel.shape;
  return ((ky * g.kw + kx) * ic + i) * last + (apart ? o % last : o);
}

/** The window of one input channel under an output position, and the kernel of that channel. */
function windowOf(
  own: Convolution,
  at: Position,
  i: number,
): { window: (number | null)[][]; weights: number[][] } {
  const { g, x, kernel } = own;
  const window: (number | null)[][] = [];
  const weights: number[][] = [];
  for (let ky = 0; ky < g.kh; ky++) {
    const [values, row]: [(number | null)[], number[]] = [[], []];
    for (let kx = 0; kx < g.kw; kx++) {
      values.push(
        paddedAt(x, {
          image: at.image,
          y: at.y * g.stride_y + ky - g.pad_top,
          x: at.x * g.stride_x + kx - g.pad_left,
          c: i,
        }),
      );
      row.push(kernel.data[weightIndex(own, ky, kx, i, at.c)] ?? Number.NaN);
    }
    window.push(values);
    weights.push(row);
  }
  return { window, weights };
}

/** Σ window · weights; padding counts as 0. */
const product = ({ window, weights }: ReturnType<typeof windowOf>): number =>
  total(window.flatMap((row, y) => row.map((value, x) => (value ?? 0) * (weights[y]?.[x] ?? 0))));

function sumOf(own: Convolution, at: Position): { sums: Term[]; z: number } {
  const sums = inputsOf(own, at.c).map((i) => ({
    label: `channel ${i}`,
    value: product(windowOf(own, at, i)),
  }));
  const bias = own.bias?.data[at.c] ?? 0;
  return { sums, z: total(sums.map(({ value }) => value)) + bias };
}

function convolutionOutput(v: LayerValues, own: Convolution, at: Position, channel: number): Arithmetic {
  const inputs = inputsOf(own, at.c);
  const shown = inputs.includes(channel) ? channel : (inputs[0] ?? 0);
  const { window, weights } = windowOf(own, at, shown);
  const { sums, z } = sumOf(own, at);
  const { g } = own;
  const padded = window.flat().filter((value) => value === null).length;
  const end = withActivation(v, at, z);
  const size = `${g.kh} × ${g.kw}`;
  const count = g.kh * g.kw * inputs.length;
  return {
    formula: own.depthwise
      ? 'y[c] = Σ x[ky, kx, c] · w[ky, kx, c]'
      : `y[o] = Σ x[ky, kx, i] · w[ky, kx, i, o]${own.bias === undefined ? '' : ' + b[o]'}`,
    words:
      `A window of ${size} values${inputs.length > 1 ? ` in each of ${inputs.length} channels` : ''} times the kernel of channel ${at.c}: ${count} products in one sum.` +
      (padded > 0
        ? ` ${padded} of the window's values lie outside of the map: padding, which counts as 0.`
        : ''),
    grids: [
      { title: `window, channel ${shown}`, rows: window },
      { title: `kernel, ${shown} → ${at.c}`, rows: weights },
    ],
    terms: [
      ...(inputs.length > 1
        ? largest(
            sums.map(({ label, value }) => ({ label: `sum of ${label}`, value })),
            LISTED,
          )
        : []),
      { label: 'sum of the products', value: total(sums.map(({ value }) => value)) },
      ...(own.bias === undefined
        ? []
        : [{ label: `bias b[${at.c}]`, value: own.bias.data[at.c] ?? Number.NaN }]),
      ...end.terms,
    ],
    kernel: valueAt(v.y, at),
    exact: end.exact,
  };
}

/** Visits the outputs that an input value reaches, with the kernel's tap. */
function reached(
  own: Convolution,
  at: Position,
  visit: (y: number, x: number, ky: number, kx: number) => void,
): void {
  const { g } = own;
  for (let ky = 0; ky < g.kh; ky++) {
    for (let kx = 0; kx < g.kw; kx++) {
      const [y, x] = [(at.y + g.pad_top - ky) / g.stride_y, (at.x + g.pad_left - kx) / g.stride_x];
      if (Number.isInteger(y) && Number.isInteger(x) && y >= 0 && y < g.oh && x >= 0 && x < g.ow)
        visit(y, x, ky, kx);
    }
  }
}

function convolutionInputGradient(own: Convolution, dz: Values, at: Position): GradientArithmetic {
  const outputs = extents(dz).c;
  const perChannel = new Float64Array(outputs);
  const blank = () => Array.from({ length: own.g.kh }, () => new Array<number | null>(own.g.kw).fill(null));
  const [gradients, weights] = [blank(), blank()];
  let count = 0;
  const [, , , multiplier = 1] = own.kernel.shape;
  const uses = (o: number): boolean => !own.depthwise || Math.floor(o / multiplier) === at.c;
  let strongest = 0;
  for (let o = 0; o < outputs; o++) {
    if (!uses(o)) continue;
    reached(own, at, (y, x, ky, kx) => {
      count++;
      perChannel[o] =
        (perChannel[o] ?? 0) +
        valueAt(dz, { ...at, y, x, c: o }) * (own.kernel.data[weightIndex(own, ky, kx, at.c, o)] ?? 0);
    });
    if (Math.abs(perChannel[o] ?? 0) > Math.abs(perChannel[strongest] ?? 0)) strongest = o;
  }
  reached(own, at, (y, x, ky, kx) => {
    (gradients[ky] as (number | null)[])[kx] = valueAt(dz, { ...at, y, x, c: strongest });
    (weights[ky] as (number | null)[])[kx] =
      own.kernel.data[weightIndex(own, ky, kx, at.c, strongest)] ?? Number.NaN;
  });
  const terms = [...perChannel].flatMap((value, o) =>
    uses(o) ? [{ label: `through channel ${o}`, value }] : [],
  );
  return {
    formula: 'dx = Σ dy[y, x, o] · w[ky, kx, i, o], over all outputs that read x',
    words: `The value took part in ${count} products, one for each output that its windows reached. Each sends back its own gradient times the weight in between.`,
    grids: [
      { title: `dy of channel ${strongest}, by tap`, rows: gradients },
      { title: 'its weights', rows: weights },
    ],
    terms: largest(terms, LISTED),
    exact: total(terms.map(({ value }) => value)),
  };
}

/** The gradient of one element of a kernel: a sum over the batch and all output pixels. */
function kernelGradient(own: Convolution, dz: Values, index: number, kernel: number): Arithmetic {
  const { g, depthwise: apart } = own;
  const [, , ic = 1, last = 1] = own.kernel.shape;
  const o = index % last;
  const i = Math.floor(index / last) % ic;
  const tap = Math.floor(index / last / ic);
  const [ky, kx] = [Math.floor(tap / g.kw), tap % g.kw];
  const channel = apart ? i * last + o : o;
  const { b } = extents(dz);
  const perImage = new Float64Array(b);
  const best: Term[] = [];
  let count = 0;
  for (let image = 0; image < b; image++) {
    for (let y = 0; y < g.oh; y++) {
      for (let x = 0; x < g.ow; x++) {
        const input = paddedAt(own.x, {
          image,
          y: y * g.stride_y + ky - g.pad_top,
          x: x * g.stride_x + kx - g.pad_left,
          c: i,
        });
        if (input === null) continue;
        const gradient = dz.data[indexOf(dz, { image, y, x, c: channel })] ?? 0;
        perImage[image] = (perImage[image] ?? 0) + input * gradient;
        count++;
        const value = input * gradient;
        if (best.length < 4 || Math.abs(value) > Math.abs(best.at(-1)?.value ?? 0)) {
          best.push({ label: `image ${image}, output (${y}, ${x}): x · dy`, value });
          best.sort((p, q) => Math.abs(q.value) - Math.abs(p.value));
          best.length = Math.min(best.length, 4);
        }
      }
    }
  }
  const exact = total([...perImage]);
  return {
    formula: 'dw[ky, kx, i, o] = Σ over images and pixels of x[y + ky, x + kx, i] · dy[y, x, o]',
    words: `The weight at tap (${ky}, ${kx}) from channel ${i} to channel ${channel} reached ${count} outputs. Its gradient is the sum of all inputs that it multiplied, each times the gradient of its output.`,
    grids: [],
    terms: [
      ...best,
      ...largest(
        [...perImage].map((value, image) => ({ label: `sum of image ${image}`, value })),
        LISTED,
      ),
    ],
    kernel,
    exact,
  };
}

/** The gradient of a bias: the sum of the gradients of its channel. */
export function biasGradient(dz: Values, channel: number, kernel: number): Arithmetic {
  const { b, h, w } = extents(dz);
  const terms = Array.from({ length: b }, (_, image): Term => {
    let value = 0;
    for (let y = 0; y < h; y++) for (let x = 0; x < w; x++) value += valueAt(dz, { image, y, x, c: channel });
    return { label: `sum of image ${image}`, value };
  });
  return {
    formula: 'db[o] = Σ over images and pixels of dy[y, x, o]',
    words: `The bias was added to each of ${b * h * w} outputs of channel ${channel}, so their gradients add up.`,
    grids: [],
    terms: largest(terms, LISTED),
    kernel,
    exact: total(terms.map(({ value }) => value)),
  };
}

export const convolution: LayerArithmetic = {
  output: (v, at, channel) => convolutionOutput(v, main(v), at, channel),
  inputGradient(v, at) {
    const own =
      v.placed.layer.kind === 'SeparableConv2D'
        ? depthwise(v, needed(v.inner.get('depthwise'), 'depthwise result'), undefined)
        : main(v);
    return convolutionInputGradient(own, gradientOf(v, own), at);
  },
  weightGradient(v, weight, index) {
    const kernel = v.gradients.get(weight)?.data[index] ?? Number.NaN;
    const own = main(v);
    if (weight === 'bias') return biasGradient(gradientOf(v, own), index, kernel);
    const separable = weight === 'depthwise_kernel' && v.placed.layer.kind === 'SeparableConv2D';
    const apart = separable
      ? depthwise(v, needed(v.inner.get('depthwise'), 'depthwise result'), undefined)
      : own;
    const expansion = weight === 'pointwise_kernel' ? undefined : expansionOf(v, weight);
    const place = expansion === undefined ? index : (placesInPlain(expansion)[index] ?? index);
    return kernelGradient(apart, gradientOf(v, apart), place, kernel);
  },
};
