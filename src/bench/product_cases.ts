import type { Gpu } from '../gpu/device.js';
import {
  denseForward,
  denseGeometry,
  denseInputGradient,
  denseWeightGradient,
} from '../gpu/kernels/dense.js';
import { matmul, PRODUCT_NAMES } from '../gpu/kernels/matmul.js';
import { sizeOf } from '../gpu/shape.js';
import type { Tensor } from '../gpu/tensor.js';
import type { Tunable } from '../gpu/tuning.js';
import { MODEL_NAMES } from '../nn/model_names.js';
import { buildModel } from '../nn/models.js';
import { denseBackward, denseForward as referenceForward } from '../reference/dense.js';
import { matmul as referenceMatmul } from '../reference/matmul.js';
import { type BenchCase, CHECK_BATCH, checkedBy, type Trial, tunablesOf } from './bench_case.js';

const PASSES = ['forward', 'input_gradient', 'weight_gradient'] as const;
type Pass = (typeof PASSES)[number];

/** Cases for every dense layer of the built-in networks, each shape once: forward and both gradients. */
export function denseCases(batch: number): BenchCase[] {
  const found = new Map<string, [number, number]>();
  for (const model of MODEL_NAMES) {
    for (const { layer, weights } of buildModel(model).layers) {
      const [ic = 1, oc = 1] = weights.find(({ name }) => name.endsWith('/kernel'))?.shape ?? [];
      if (layer.kind === 'Dense') found.set(`${ic}->${oc}`, [ic, oc]);
    }
  }
  return [...found.values()].flatMap((extents) => PASSES.map((pass) => denseCase(extents, pass, batch)));
}

function denseTrial([ic, oc]: [number, number], pass: Pass, b: number): Trial {
  const g = denseGeometry([b, ic], [ic, oc]);
  const [x, weight, dy] = [
    [b, ic],
    [ic, oc],
    [b, oc],
  ];
  return {
    shapes: { forward: [x, weight, [oc]], input_gradient: [dy, weight], weight_gradient: [x, dy] }[pass],
    record: (rec, inputs) => {
      const [p, q, bias] = inputs as [Tensor, Tensor, Tensor];
      if (pass === 'forward') return [denseForward(rec, p, q, bias, g, true)];
      return [
        pass === 'input_gradient' ? denseInputGradient(rec, p, q, g) : denseWeightGradient(rec, p, q, g),
      ];
    },
  };
}

function denseCase(extents: [number, number], pass: Pass, batch: number): BenchCase {
  const [ic, oc] = extents;
  const size = `${ic}->${oc}`;
  const b = CHECK_BATCH;
  const none = (n: number): Float64Array => new Float64Array(n);
  return {
    name: `dense ${size} ${pass}`,
    ...{ kernel: `dense ${pass}`, size, family: 'dense', variants: ['naive', 'matmul'] },
    flop: 2 * batch * ic * oc,
    timed: denseTrial(extents, pass, batch),
    checked: checkedBy(denseTrial(extents, pass, b), (p, q, bias) => {
      const [first, second] = [p as Float64Array, q as Float64Array];
      if (pass === 'forward') return referenceForward(first, second, bias as Float64Array, b, ic, oc);
      return pass === 'input_gradient'
        ? denseBackward(first, none(b * ic), second, b, ic, oc).dx
        : denseBackward(second, first, none(ic * oc), b, ic, oc).dw;
    }),
  };
}

/** Cases for the matrix products that `cases` use on this device, each once. */
export async function productCases(gpu: Gpu, cases: readonly BenchCase[]): Promise<BenchCase[]> {
  return (await tunablesOf(gpu, cases)).filter(({ family }) => family === 'matmul').map(productCase);
}

function productCase({ extents, candidates, inputs }: Tunable<string>): BenchCase {
  const transposed = (['a', 'b'] as const).find((factor) => extents.startsWith(PRODUCT_NAMES[factor]));
  const [left = [], right = []] = inputs;
  const [batch = 1, rows = 1, columns = 1] = left;
  const [m, k] = transposed === 'a' ? [columns, rows] : [rows, columns];
  const n = sizeOf(right) / batch / k;
  const trial = (count: number): Trial => ({
    shapes: [
      [count, ...left.slice(1)],
      [count, ...right.slice(1)],
    ],
    record: (rec, [a, b]) => [
      matmul(rec, a as Tensor, b as Tensor, { batch: count, m, k, n }, { transposed }),
    ],
  });
  // The products of a batch are independent, so checking a few is enough.
  const few = Math.min(batch, CHECK_BATCH);
  return {
    name: `matmul ${extents}`,
    ...{ kernel: `matmul ${PRODUCT_NAMES[transposed ?? 'none']}`, size: `${batch}x${m}x${k}x${n}` },
    family: 'matmul',
    variants: ['naive', ...candidates.filter((way) => way !== 'naive')],
    flop: 2 * batch * m * k * n,
    timed: trial(batch),
    checked: checkedBy(trial(few), (a, b) =>
      referenceMatmul(a as Float64Array, b as Float64Array, { batch: few, m, k, n }, transposed),
    ),
  };
}
