import { eightLanes } from '../gpu/adapter.js';
import type { Gpu } from '../gpu/device.js';
import { conv2dForward, conv2dGradients, conv2dInputGradient } from '../gpu/kernels/conv2d.js';
import { type ConvGeometry, convGeometry } from '../gpu/kernels/conv2d_geometry.js';
import { grayFits } from '../gpu/kernels/conv2d_gray.js';
import { winogradFits } from '../gpu/kernels/conv2d_winograd.js';
import { type Extent, type Shape, sizeOf } from '../gpu/shape.js';
import type { Tensor } from '../gpu/tensor.js';
import { MODEL_NAMES } from '../nn/model_names.js';
import { buildModel } from '../nn/models.js';
import { type ConvShape, conv2dBackward, conv2dForward as referenceForward } from '../reference/conv2d.js';
import { type BenchCase, CHECK_BATCH, checkedBy, type Trial } from './bench_case.js';

type Layer = Omit<ConvShape, 'b'>;

/** `gradients` computes both gradients together, which may share work, as training does in every layer but the first. */
const PASSES = ['forward', 'input_gradient', 'weight_gradient', 'gradients'] as const;
type Pass = (typeof PASSES)[number];

/** The convolutions of all built-in networks, each shape once. */
function layers(): Map<string, Layer> {
  const found = new Map<string, Layer>();
  for (const model of MODEL_NAMES) {
    let shape: Shape = [48, 48, 1];
    for (const { layer, weights, outputShape } of buildModel(model).layers) {
      const kernel = weights.find(({ name }) => name.endsWith('/kernel'));
      if (layer.kind === 'Conv2D' && kernel !== undefined) {
        const [h = 1, w = 1] = shape;
        const [kh = 1, kw = 1, ic = 1, oc = 1] = kernel.shape;
        const { strides, padding } = layer.config as { strides: Extent; padding: ConvShape['padding'] };
        found.set(`${h}x${w} ${ic}->${oc}`, { h, w, ic, oc, kh, kw, stride: strides, padding });
      }
      shape = outputShape;
    }
  }
  return found;
}

/** Cases for every convolution of the built-in networks: forward, each gradient, and both gradients together. */
export function convCases(gpu: Gpu, batch: number): BenchCase[] {
  return [...layers()].flatMap(([size, layer]) =>
    PASSES.filter((pass) => pass !== 'gradients' || layer.ic > 1).map((pass) =>
      convCase(gpu, size, layer, pass, batch),
    ),
  );
}

/** The ways that apply. An input gradient is a forward pass with input and output channels swapped. */
function variantsOf(gpu: Gpu, g: ConvGeometry, pass: Pass): string[] {
  const back = pass === 'input_gradient';
  const outputs = back ? g.ic : g.oc;
  return [
    'naive',
    ...(eightLanes(gpu) && outputs % 4 === 0 ? ['subgroup'] : []),
    ...([4, 6] as const).filter((edge) => winogradFits(gpu, g, edge)).map((edge) => `winograd${edge}`),
    ...(!back && grayFits(g) ? ['gray'] : []),
  ];
}

const weightOf = (s: Layer): Shape => [s.kh, s.kw, s.ic, s.oc];
const geometryOf = (s: Layer, b: number): ConvGeometry => convGeometry([b, s.h, s.w, s.ic], weightOf(s), s);

function trialOf(s: Layer, pass: Pass, b: number): Trial {
  const [x, weight, g] = [[b, s.h, s.w, s.ic], weightOf(s), geometryOf(s, b)];
  const dy = [b, g.oh, g.ow, g.oc];
  return {
    shapes: {
      forward: [x, weight, [s.oc]],
      input_gradient: [dy, weight],
      weight_gradient: [x, dy, weight],
      gradients: [x, dy, weight],
    }[pass],
    record: (rec, inputs) => {
      const [p, q, r] = inputs as [Tensor, Tensor, Tensor];
      if (pass === 'forward') return [conv2dForward(rec, { x: p, weight: q, bias: r }, g).y];
      if (pass === 'input_gradient') return [conv2dInputGradient(rec, p, q, g)];
      const inputGradient = pass === 'gradients';
      const { dx, dw } = conv2dGradients(rec, { x: p, weight: r }, q, g, { inputGradient });
      return dx === undefined ? [dw] : [dx, dw];
    },
  };
}

function convCase(gpu: Gpu, size: string, s: Layer, pass: Pass, batch: number): BenchCase {
  const g = geometryOf(s, batch);
  const shape = { ...s, b: CHECK_BATCH };
  const none = (n: number): Float64Array => new Float64Array(n);
  return {
    name: `conv2d ${size} ${pass}`,
    ...{ kernel: `conv2d ${pass}`, size, family: 'conv2d' },
    variants: variantsOf(gpu, g, pass),
    flop: (pass === 'gradients' ? 2 : 1) * 2 * batch * g.oh * g.ow * s.oc * s.kh * s.kw * s.ic,
    timed: trialOf(s, pass, batch),
    checked: checkedBy(trialOf(s, pass, CHECK_BATCH), (...inputs) => {
      const [p, q, r] = inputs as [Float64Array, Float64Array, Float64Array];
      return {
        forward: () => referenceForward(p, q, r, shape),
        input_gradient: () => conv2dBackward(p, none(CHECK_BATCH * s.h * s.w * s.ic), q, shape).dx,
        weight_gradient: () => conv2dBackward(q, p, none(sizeOf(weightOf(s))), shape).dw,
        gradients: () => conv2dBackward(q, p, r, shape).dx,
      }[pass]();
    }),
  };
}
