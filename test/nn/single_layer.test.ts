import { expect, it, vi } from 'vitest';
import type { Gpu } from '../../src/gpu/device.js';
import { Program } from '../../src/gpu/program.js';
import type { Tensor } from '../../src/gpu/tensor.js';
import {
  Add,
  BatchNormalization,
  Conv2D,
  Dense,
  Dropout,
  Flatten,
  MaxPooling2D,
  Softmax,
} from '../../src/nn/layers.js';
import { Learner } from '../../src/nn/learner.js';
import { Network, Sequential } from '../../src/nn/network.js';
import { runSingleLayer } from '../../src/nn/single_layer.js';
import { Rng } from '../../src/util/random.js';
import { describeGpu } from '../helpers/gpu.js';
import { randomWeights } from '../helpers/networks.js';

/** A layer run alone must compute what it computes inside a step, and say what that took. */

const chain = new Sequential(
  'chain',
  [6, 6, 1],
  [
    ...[Conv2D({ filters: 4, activation: 'elu' }), BatchNormalization(), MaxPooling2D()],
    ...[Dropout({ rate: 0.4 }), Flatten(), Dense({ units: 3 }), Softmax()],
  ],
);
const COUNT = 4;
const images = Float32Array.from({ length: COUNT * 36 }, (_, i) => new Rng(5, i).normal());
const labels = Uint32Array.of(0, 2, 1, 2);

/** Runs each layer of a network alone, on the values of one step, with `body` looking at the result. */
async function eachAlone(
  gpu: Gpu,
  network: Network,
  body: (
    name: string,
    result: Awaited<ReturnType<typeof runSingleLayer>>,
    output: Float32Array,
  ) => void | Promise<void>,
  runs?: number,
): Promise<void> {
  const learner = new Learner(gpu, network);
  learner.writeWeights(randomWeights(network));
  const observation = await learner.observe(images, labels);
  observation.run();
  const stepState = gpu.tensor(Uint32Array.of(0, 7, 0, 0), [4], 'step state'); // of the first step, with the default seed
  for (const [index, placed] of network.layers.entries()) {
    const record = observation.layers[index];
    if (record === undefined) throw new Error(`${placed.name} was not observed`);
    const [first, ...rest] = record.inputs.map(({ value }) => value);
    const weights = new Map<string, Tensor>();
    for (const { name } of placed.weights) weights.set(name, observation.weights.get(name)?.value as Tensor);
    const result = await runSingleLayer(
      gpu,
      {
        ...{ placed, index, weights, last: index === network.layers.length - 1 },
        inputs: [first as Tensor, ...rest],
        dy: record.output.grad,
        stepState,
      },
      runs,
    );
    await body(placed.name, result, await gpu.read(record.output.value));
  }
  gpu.free(stepState);
  observation.dispose();
  await learner.dispose();
}

describeGpu('a layer alone', (gpu) => {
  it('gives what it gives inside the step, with the same dropout mask', async () => {
    const seen: string[] = [];
    await eachAlone(gpu(), chain, (name, { y }, output) => {
      seen.push(name);
      expect(y, name).toEqual(output);
      expect(new Set(output).size, name).toBeGreaterThan(2);
    });
    expect(seen).toHaveLength(chain.layers.length);
  });

  it('tells its forward dispatches from its backward ones', async () => {
    const passes = new Map<string, string[]>();
    await eachAlone(gpu(), chain, (name, { kernels }) => {
      passes.set(name, [...new Set(kernels.map(({ scope }) => scope))]);
    });
    for (const name of ['conv2d', 'batch_normalization', 'max_pooling2d', 'dropout', 'dense'])
      expect(passes.get(name), name).toEqual(['forward', 'backward']);
    for (const name of ['flatten', 'softmax']) expect(passes.get(name), name).toEqual([]); // no work of their own
  });

  it('takes all inputs of a merging layer', async () => {
    const nodes = [
      ...[
        { layer: Conv2D({ filters: 4 }) },
        { layer: Conv2D({ filters: 4 }) },
        { layer: Add(), inputs: [1, 0] },
      ],
      ...[{ layer: Flatten() }, { layer: Dense({ units: 3 }) }, { layer: Softmax() }],
    ];
    const residual = new Network('residual', [6, 6, 1], nodes);
    await eachAlone(gpu(), residual, (name, { y }, output) => expect(y, name).toEqual(output));
  });

  it('keeps the shortest time of each dispatch', async () => {
    const times = [7, 3, 5];
    let run = 0;
    const profile = vi.spyOn(Program.prototype, 'profile').mockImplementation(async function (this: Program) {
      await Promise.resolve(this.run());
      const time = times[run++ % times.length] as number;
      return this.commands.map((_, i) => time + i);
    });
    try {
      await eachAlone(gpu(), chain, (name, { kernels }) => {
        expect(
          kernels.map(({ nanoseconds }) => nanoseconds),
          name,
        ).toEqual(kernels.map((_, i) => 3 + i));
      });
      expect(run).toBe(chain.layers.length * times.length);
    } finally {
      profile.mockRestore();
    }
  });

  it('gives its memory back, also where it fails', async () => {
    const { pool } = gpu();
    const before = pool.stats.liveBytes;
    await eachAlone(gpu(), chain, () => undefined, 1);
    const [placed] = chain.layers;
    const x = gpu().tensor(images, [COUNT, 6, 6, 1], 'images');
    const stepState = gpu().empty([4], 'step state');
    const broken = { placed: placed as never, index: 0, last: false, inputs: [x] as const, dy: undefined };
    await expect(runSingleLayer(gpu(), { ...broken, weights: new Map(), stepState })).rejects.toThrow(
      'no weight named conv2d/bias',
    );
    gpu().free(x);
    gpu().free(stepState);
    expect(pool.stats.liveBytes).toBe(before);
  });
});
