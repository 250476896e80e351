import { shaderLesson } from '../gpu/shader.js';
import type { Tensor } from '../gpu/tensor.js';
import { withForced } from '../gpu/tuning.js';
import { networkCosts } from '../nn/cost.js';
import { runSingleLayer } from '../nn/single_layer.js';
import { UsageError } from '../util/errors.js';
import type { Dissection } from './dissection.js';

export type Pass = 'forward' | 'backward';

/** One dispatch. */
export interface KernelRun {
  /** Shader and entry point, e.g. `conv2d.forward`. */
  readonly kernel: string;
  readonly pass: Pass;
  readonly workgroups: number;
  /** Device time; NaN where the adapter cannot tell. */
  readonly milliseconds: number;
}

/** One way to compute a layer: its dispatches, with their sums. */
export interface Way {
  readonly kernels: readonly KernelRun[];
  readonly milliseconds: Readonly<Record<Pass, number>>;
  /** Floating-point operations of the definition, per second; 0 for passes without arithmetic to speak of. */
  readonly gflops: Readonly<Record<Pass, number>>;
}

/** How a layer is computed. */
export interface KernelReport {
  readonly layer: string;
  /** The kernels of training, run alone. */
  readonly fast: Way;
  /** The naive ones, where the layer has faster ones; else undefined. */
  readonly naive: Way | undefined;
  /** The largest difference between the outputs of both, relative to the largest output. */
  readonly difference: number;
  /** Why the fast way is fast, in a sentence. */
  readonly because: string;
  /** The header of the first kernel's shader. */
  readonly lesson: string;
}

/** Families with a naive way. */
const NAIVE = { conv2d: 'naive', dense: 'naive', matmul: 'naive' } as const;

/** What makes a shader faster than the naive one. */
const REASONS: readonly (readonly [RegExp, string])[] = [
  [
    /^conv2d_winograd/,
    "Winograd's algorithm transforms tiles so that a tile of 4 × 4 outputs takes 36 products instead of 144 (6 × 6: 64 instead of 324), and the products become matrix products",
  ],
  [
    /^conv2d_gray/,
    'with one input channel, the weights of a channel stay in registers while the window slides along the row',
  ],
  [
    /^conv2d_subgroup/,
    'the lanes of a subgroup share what they load, as an implicit matrix product in registers',
  ],
  [
    /^matmul_(subgroup|threads|tiled)/,
    'each value that is loaded serves a whole tile of outputs instead of one',
  ],
];

/**
 * Runs one layer alone, by the kernels of training and by the naive ones, on the values of the step, and times both. Throws
 * UsageError for a layer that is not there, GpuValidationError on adapters without timestamp queries.
 */
export function explainKernels(dissection: Dissection, index: number): Promise<KernelReport> {
  return dissection.inTurn(async () => {
    const { source, observation, learner } = dissection;
    const { gpu } = learner;
    const { layers } = source.network;
    const placed = layers[index];
    const record = observation.layers[index];
    if (placed === undefined || record === undefined)
      throw new UsageError(`layer ${index}: expected a number from 0 to ${layers.length - 1}`);
    await dissection.valuesOf(index); // both passes have run
    const weights = new Map<string, Tensor>();
    for (const { name } of placed.weights) {
      const tensor = observation.weights.get(name)?.value;
      if (tensor !== undefined) weights.set(name, tensor);
    }
    const stepState = gpu.tensor(
      Uint32Array.of(dissection.before.stepCount, source.options.seed ?? 7, 0, 0),
      [4],
      'step state',
    );
    try {
      const [first, ...rest] = record.inputs;
      const layer = {
        ...{ placed, index, last: index === layers.length - 1, weights, stepState },
        inputs: [first.value, ...rest.map(({ value }) => value)] as const,
        dy: record.output.grad,
      };
      const flop = (networkCosts(source.network)[index]?.flop ?? 0) * source.labels.length;
      const products = placed.weights.some(({ name }) => name.endsWith('kernel'));
      const wayOf = ({ kernels }: Awaited<ReturnType<typeof runSingleLayer>>): Way => {
        const runs = kernels.map(({ kernel, scope, workgroups, nanoseconds }) => ({
          ...{ kernel, workgroups, milliseconds: nanoseconds / 1e6 },
          pass: scope as Pass,
        }));
        const time = (pass: Pass): number =>
          runs.filter((run) => run.pass === pass).reduce((sum, { milliseconds }) => sum + milliseconds, 0);
        const milliseconds = { forward: time('forward'), backward: time('backward') };
        const rate = (work: number, ms: number): number => (ms > 0 ? work / ms / 1e6 : 0);
        // Two gradients, each with as many products as the forward pass.
        const work = { forward: flop, backward: products ? 2 * flop : flop };
        const gflops = {
          forward: rate(work.forward, milliseconds.forward),
          backward: rate(work.backward, milliseconds.backward),
        };
        return { kernels: runs, milliseconds, gflops };
      };
      const alone = await runSingleLayer(gpu, layer);
      const fast = wayOf(alone);
      const slow = products ? await withForced(gpu, NAIVE, () => runSingleLayer(gpu, layer, 1)) : undefined;
      const same =
        slow === undefined || slow.kernels.every(({ kernel }, i) => kernel === alone.kernels[i]?.kernel);
      const main = fast.kernels.map(({ kernel }) => kernel.split('.')[0] ?? '');
      const because = REASONS.find(([shader]) => main.some((name) => shader.test(name)))?.[1] ?? '';
      return {
        ...{ layer: placed.name, fast, because },
        naive: same ? undefined : wayOf(slow),
        difference: same ? 0 : largestDifference(alone.y, slow.y),
        lesson: main[0] === undefined ? '' : shaderLesson(main[0]),
      };
    } finally {
      gpu.free(stepState);
    }
  });
}

/** max |a - b| / max |b| */
function largestDifference(a: Float32Array, b: Float32Array): number {
  let [difference, size] = [0, Number.MIN_VALUE];
  for (let i = 0; i < b.length; i++) {
    difference = Math.max(difference, Math.abs((a[i] ?? 0) - (b[i] ?? 0)));
    size = Math.max(size, Math.abs(b[i] ?? 0));
  }
  return difference / size;
}
