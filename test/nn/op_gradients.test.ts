import { expect, it } from 'vitest';
import { add as addTensors } from '../../src/gpu/kernels/elementwise.js';
import { type Recorder, runOnce } from '../../src/gpu/recorder.js';
import type { Tensor } from '../../src/gpu/tensor.js';
import { Tape, Var } from '../../src/nn/autograd.js';
import type { Context, TensorVar } from '../../src/nn/context.js';
import { add } from '../../src/nn/ops/add.js';
import { concatenate } from '../../src/nn/ops/concatenate.js';
import { multiply } from '../../src/nn/ops/multiply.js';
import { prelu } from '../../src/nn/ops/prelu.js';
import { concatenateBackward, concatenateForward } from '../../src/reference/concatenate.js';
import { multiplyBackward, multiplyForward } from '../../src/reference/multiply.js';
import { preluBackward, preluForward } from '../../src/reference/prelu.js';
import { Rng } from '../../src/util/random.js';
import { describeGpu } from '../helpers/gpu.js';
import { standIn } from '../helpers/stand_in.js';

/** Shapes of which no two extents are equal, so that a mixed-up axis or input shows. */
const [IMAGE, CHANNEL, NARROW] = [[5, 3, 2, 4] as const, [5, 1, 1, 4] as const, [5, 3, 2, 1] as const];

function draw(seed: number, shape: readonly number[]): Float32Array {
  const rng = new Rng(seed);
  return Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => rng.normal());
}

interface OpCase {
  readonly shapes: readonly (readonly number[])[];
  readonly op: (ctx: Context, ...inputs: TensorVar[]) => TensorVar;
  /** The output and the gradients of the inputs in float64. */
  readonly reference: (dy: Float64Array, ...inputs: Float64Array[]) => ArrayLike<number>[];
  readonly outputSize: number;
}

const CASES: Readonly<Record<string, OpCase>> = {
  add: {
    ...{ shapes: [IMAGE, IMAGE], op: add, outputSize: 120 },
    reference: (dy, a, b) => [a?.map((value, i) => value + (b?.[i] ?? 0)) ?? [], dy, dy],
  },
  multiply: {
    ...{ shapes: [IMAGE, CHANNEL], op: multiply, outputSize: 120 },
    reference: (dy, a = dy, b = dy) => {
      const { da, db } = multiplyBackward(dy, a, b, IMAGE, CHANNEL);
      return [multiplyForward(a, b, IMAGE, CHANNEL), da, db];
    },
  },
  prelu: {
    ...{ shapes: [IMAGE, [4]], op: prelu, outputSize: 120 },
    reference: (dy, x = dy, alpha = dy) => {
      const { dx, dalpha } = preluBackward(dy, x, alpha);
      return [preluForward(x, alpha), dx, dalpha];
    },
  },
  concatenate: {
    ...{ shapes: [IMAGE, NARROW], op: (ctx, ...parts) => concatenate(ctx, parts), outputSize: 150 },
    reference: (dy, a = dy, b = dy) => [
      concatenateForward([a, b], [4, 1], 30),
      ...concatenateBackward(dy, [4, 1], 30),
    ],
  },
};

describeGpu('an op with several inputs', (gpu) => {
  it.each(Object.keys(CASES))('%s gives its output and the gradient of each input', async (name) => {
    const { shapes, op, reference, outputSize } = CASES[name] as OpCase;
    const inputs = shapes.map((shape, i) => draw(i + 1, shape));
    const dy = draw(9, [outputSize]);
    const record = (rec: Recorder): Tensor[] => {
      // Unlike that of a step, it keeps all tensors.
      const tape = new Tape<Tensor>({ add: (a, b) => addTensors(rec, a, b) });
      const vars = inputs.map((data, i) => {
        const value = rec.allocPrivate(shapes[i] ?? [], `input ${i}`);
        rec.gpu.write(value, data);
        return new Var(value, true, `input ${i}`);
      });
      const y = op(standIn<Context>({ rec, tape }), ...vars);
      const gradient = rec.allocPrivate(y.value.shape, 'dy');
      rec.gpu.write(gradient, dy);
      tape.backward(y, gradient);
      return [y.value, ...vars.map(({ grad }) => grad as Tensor)];
    };
    const got = await runOnce(gpu(), record, (made) => Promise.all(made.map((one) => gpu().read(one))));
    const want = reference(Float64Array.from(dy), ...inputs.map((data) => Float64Array.from(data)));
    for (const [i, values] of want.entries())
      expect([...(got[i] ?? [])], i === 0 ? 'output' : `gradient ${i}`).toEqual(
        Array.from(values, (value) => expect.closeTo(value, 4)),
      );
  });
});
