import { eightLanes } from '../dist/gpu/device.js';
import { conv2dForward, conv2dGradients, conv2dInputGradient } from '../dist/gpu/kernels/conv2d.js';
import { convGeometry } from '../dist/gpu/kernels/conv2d_geometry.js';
import { grayFits } from '../dist/gpu/kernels/conv2d_gray.js';
import { winogradFits } from '../dist/gpu/kernels/conv2d_winograd.js';
import { buildModel, MODEL_NAMES } from '../dist/nn/models.js';
import { conv2dBackward, conv2dForward as referenceForward } from '../dist/reference/conv2d.js';
import { Rng } from '../dist/util/random.js';

const PASSES = ['forward', 'input_gradient', 'weight_gradient'];

/** Every convolution of every network, each shape once, with the networks it is in. */
function layers() {
  const found = new Map();
  for (const model of MODEL_NAMES) {
    let shape = [48, 48, 1];
    for (const { layer, outputShape } of buildModel(model).layers) {
      if (layer.kind === 'Conv2D') {
        const [h, w, ic] = shape;
        const { filters: oc, kernelSize: k, strides, padding } = layer.config;
        found.set(`${h}x${w} ${ic}->${oc}`, { h, w, ic, oc, kh: k, kw: k, stride: strides, padding });
      }
      shape = outputShape;
    }
  }
  return found;
}

/**
 * What to time: `record` records one pass from its input tensors, `shapes` gives their shapes, `reference` random
 * inputs with the float64 answer, `work` how many operations and bytes (inputs and output, once each) it takes.
 */
export function kernelCases(gpu) {
  const cases = [];
  for (const [name, s] of layers()) {
    const weight = [s.kh, s.kw, s.ic, s.oc];
    const geometry = (b) => convGeometry([b, s.h, s.w, s.ic], weight, s);
    const variants = ['naive', ...(eightLanes(gpu) ? ['subgroup'] : [])];
    for (const edge of [3, 4]) if (winogradFits(gpu, geometry(28), edge)) variants.push(`winograd${edge}`);
    if (grayFits(geometry(1))) variants.push('gray');
    for (const pass of PASSES) {
      const shapes = (b) => {
        const x = [b, s.h, s.w, s.ic];
        const { oh, ow, oc } = geometry(b);
        const dy = [b, oh, ow, oc];
        return { forward: [x, weight, [s.oc]], input_gradient: [dy, weight], weight_gradient: [x, dy] }[pass];
      };
      cases.push({
        name: `conv2d ${name} ${pass}`,
        variants,
        shapes,
        record: (rec, b, [p, q, r]) => {
          const g = geometry(b);
          if (pass === 'forward') return conv2dForward(rec, { x: p, weight: q, bias: r }, g).y;
          if (pass === 'input_gradient') return conv2dInputGradient(rec, p, q, g);
          return conv2dGradients(rec, p, q, g).dw;
        },
        reference: (b) => {
          const inputs = shapes(b).map((shape, i) => random(shape, i));
          const [p, q, r] = inputs.map(({ data }) => Float64Array.from(data));
          const shape = { ...s, b };
          const none = (n) => new Float64Array(n);
          const want = {
            forward: () => referenceForward(p, q, r, shape),
            input_gradient: () => conv2dBackward(p, none(b * s.h * s.w * s.ic), q, shape).dx,
            weight_gradient: () => conv2dBackward(q, p, none(weight.reduce((a, n) => a * n)), shape).dw,
          }[pass]();
          return { inputs, want };
        },
        work: (b) => {
          const g = geometry(b);
          const pixels = b * g.oh * g.ow * s.oc;
          const numbers = b * s.h * s.w * s.ic + pixels + s.kh * s.kw * s.ic * s.oc;
          return { flop: 2 * pixels * s.kh * s.kw * s.ic, bytes: 4 * numbers };
        },
      });
    }
  }
  return cases;
}

function random(shape, seed) {
  const rng = new Rng(seed + 1);
  const size = shape.reduce((a, b) => a * b, 1);
  return { shape, data: Float32Array.from({ length: size }, () => rng.normal()) };
}
