import { eightLanes, type Gpu } from '../gpu/device.js';
import { conv2dForward, conv2dGradients, conv2dInputGradient } from '../gpu/kernels/conv2d.js';
import { type ConvGeometry, convGeometry } from '../gpu/kernels/conv2d_geometry.js';
import { grayFits } from '../gpu/kernels/conv2d_gray.js';
import { winogradFits } from '../gpu/kernels/conv2d_winograd.js';
import type { Recorder } from '../gpu/recorder.js';
import { type Shape, sizeOf } from '../gpu/shape.js';
import type { Tensor } from '../gpu/tensor.js';
import { buildModel, MODEL_NAMES } from '../nn/models.js';
import { type ConvShape, conv2dBackward, conv2dForward as referenceForward } from '../reference/conv2d.js';
import { Rng } from '../util/random.js';

/** Something to time that several kernels can compute. */
export interface BenchCase {
  readonly name: string;
  /** Of the tuning, whose ways the variants are. */
  readonly family: string;
  /** What fits this adapter, the naive way first. */
  readonly variants: readonly string[];
  /** Of the inputs. */
  shapes(batch: number): Shape[];
  /** Records one pass from its inputs; returns its output. */
  record(rec: Recorder, batch: number, inputs: readonly Tensor[]): Tensor;
  /** Random inputs with the float64 answer; the last one is remembered. */
  reference(batch: number): Reference;
  /** Operations, and bytes of inputs and output, once each. */
  work(batch: number): { flop: number; bytes: number };
}

/** See `BenchCase.reference`. */
interface Reference {
  readonly inputs: readonly InputArray[];
  readonly want: ArrayLike<number>;
}

interface InputArray {
  readonly data: Float32Array;
  readonly shape: Shape;
}

type Layer = Omit<ConvShape, 'b'>;

const PASSES = ['forward', 'input_gradient', 'weight_gradient'] as const;

/** Every convolution of every network, each shape once. */
function layers(): Map<string, Layer> {
  const found = new Map<string, Layer>();
  for (const model of MODEL_NAMES) {
    let shape: Shape = [48, 48, 1];
    for (const { layer, weights, outputShape } of buildModel(model).layers) {
      const kernel = weights.find(({ name }) => name.endsWith('/kernel'));
      if (layer.kind === 'Conv2D' && kernel !== undefined) {
        const [h = 1, w = 1] = shape;
        const [kh = 1, kw = 1, ic = 1, oc = 1] = kernel.shape;
        const { strides, padding } = layer.config as { strides: number; padding: ConvShape['padding'] };
        found.set(`${h}x${w} ${ic}->${oc}`, { h, w, ic, oc, kh, kw, stride: strides, padding });
      }
      shape = outputShape;
    }
  }
  return found;
}

/** All that is timed: every convolution of the built-in networks, forward and both gradients. */
export function kernelCases(gpu: Gpu): BenchCase[] {
  return [...layers()].flatMap(([name, layer]) => PASSES.map((pass) => convCase(gpu, name, layer, pass)));
}

/** The ways that fit: an input gradient is a forward pass with the channels the other way round. */
function variantsOf(gpu: Gpu, g: ConvGeometry, pass: (typeof PASSES)[number]): string[] {
  const back = pass === 'input_gradient';
  const outputs = back ? g.ic : g.oc;
  return [
    'naive',
    ...(eightLanes(gpu) && outputs % 4 === 0 ? ['subgroup'] : []),
    ...([3, 4] as const).filter((edge) => winogradFits(gpu, g, edge)).map((edge) => `winograd${edge}`),
    ...(!back && grayFits(g) ? ['gray'] : []),
  ];
}

function convCase(gpu: Gpu, name: string, s: Layer, pass: (typeof PASSES)[number]): BenchCase {
  const weight = [s.kh, s.kw, s.ic, s.oc];
  const geometry = (b: number) => convGeometry([b, s.h, s.w, s.ic], weight, s);
  const shapes = (b: number): Shape[] => {
    const x = [b, s.h, s.w, s.ic];
    const { oh, ow, oc } = geometry(b);
    const dy = [b, oh, ow, oc];
    return { forward: [x, weight, [s.oc]], input_gradient: [dy, weight], weight_gradient: [x, dy] }[pass];
  };
  let known: (Reference & { readonly batch: number }) | undefined;
  return {
    name: `conv2d ${name} ${pass}`,
    family: 'conv2d',
    variants: variantsOf(gpu, geometry(28), pass),
    shapes,
    record: (rec, b, inputs) => {
      const [p, q, bias] = inputs as [Tensor, Tensor, Tensor];
      const g = geometry(b);
      if (pass === 'forward') return conv2dForward(rec, { x: p, weight: q, bias }, g).y;
      if (pass === 'input_gradient') return conv2dInputGradient(rec, p, q, g);
      return conv2dGradients(rec, p, q, g).dw;
    },
    reference: (b) => {
      if (known?.batch === b) return known;
      const inputs = shapes(b).map(randomInput);
      const [p, q, bias] = inputs.map(({ data }) => Float64Array.from(data)) as [
        Float64Array,
        Float64Array,
        Float64Array,
      ];
      const shape = { ...s, b };
      const none = (n: number): Float64Array => new Float64Array(n);
      const want = {
        forward: () => referenceForward(p, q, bias, shape),
        input_gradient: () => conv2dBackward(p, none(b * s.h * s.w * s.ic), q, shape).dx,
        weight_gradient: () => conv2dBackward(q, p, none(sizeOf(weight)), shape).dw,
      }[pass]();
      known = { batch: b, inputs, want };
      return known;
    },
    work: (b) => {
      const g = geometry(b);
      const pixels = b * g.oh * g.ow * s.oc;
      const numbers = b * s.h * s.w * s.ic + pixels + sizeOf(weight);
      return { flop: 2 * pixels * s.kh * s.kw * s.ic, bytes: 4 * numbers };
    },
  };
}

function randomInput(shape: Shape, place: number): InputArray {
  const rng = new Rng(place + 1);
  return { shape, data: Float32Array.from({ length: sizeOf(shape) }, () => rng.normal()) };
}
