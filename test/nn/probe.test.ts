import { expect, it } from 'vitest';
import type { Gpu } from '../../src/gpu/device.js';
import {
  BatchNormalization,
  Conv2D,
  Dense,
  Dropout,
  ELU,
  Flatten,
  MaxPooling2D,
  Softmax,
} from '../../src/nn/layers.js';
import { Learner } from '../../src/nn/learner.js';
import { type Network, Sequential } from '../../src/nn/network.js';
import { type Arr, relativeError } from '../../src/reference/arrays.js';
import { Rng } from '../../src/util/random.js';
import { describeGpu } from '../helpers/gpu.js';
import { everything, miniXception, randomWeights } from '../helpers/networks.js';
import { referenceLayers } from '../helpers/reference_network.js';
import { differences, inDoubles } from '../helpers/reference_probe.js';

/** A chain with everything that behaves otherwise in training: batch norm's averages, dropout, fused blocks. */
const chain = () =>
  new Sequential(
    'chain',
    [12, 10, 1],
    [
      ...[Conv2D({ filters: 4 }), ELU(), BatchNormalization(), MaxPooling2D(), Dropout({ rate: 0.5 })],
      ...[Conv2D({ filters: 8 }), ELU(), BatchNormalization(), Flatten()],
      ...[Dense({ units: 6 }), ELU(), BatchNormalization(), Dropout({ rate: 0.5 })],
      ...[Dense({ units: 5 }), Softmax()],
    ],
  );
const branched = () => miniXception([12, 9, 1], [4, 8]);
const NETWORKS = [chain(), branched(), everything()];

const BATCH = 3;
const size = (shape: readonly number[]): number => shape.reduce((product, n) => product * n, 1);
const normals = (seed: number, count: number): Float32Array => {
  const rng = new Rng(seed);
  return Float32Array.from({ length: count }, () => rng.normal());
};
/** At most four positions, spread over the values. A value of 0 may lie on the bend of the next activation. */
const someOf = (values: ArrayLike<number>): number[] => {
  const smooth = [...Array(values.length).keys()].filter((i) => values[i] !== 0);
  return [...new Set([0.1, 0.4, 0.6, 0.9].map((share) => smooth[Math.floor(share * smooth.length)] ?? 0))];
};

async function probed(gpu: Gpu, network: Network, of?: string, downTo?: string) {
  const weights = randomWeights(network);
  const learner = new Learner(gpu, network);
  learner.writeWeights(weights);
  const probe = await learner.probe({ batch: BATCH, of, downTo });
  const images = normals(3, BATCH * size(network.inputShape));
  probe.forward(images);
  return { learner, probe, weights: inDoubles(weights), images };
}

/** Holds the gradients at the images and at all layers against central differences in float64. */
async function expectGradients(gpu: Gpu, network: Network, of: number): Promise<void> {
  const name = network.layers[of]?.name ?? '';
  const { learner, probe, weights, images } = await probed(gpu, network, name);
  const seed = normals(4, BATCH * size(network.layers[of]?.outputShape ?? []));
  probe.backward(seed);
  const exact = Float64Array.from(images);
  const sum = { network, weights, images: exact, count: BATCH, of, seed };
  const values = referenceLayers(network, weights, exact, BATCH);
  let checked = 0;
  for (let position = -1; position <= of; position++) {
    const layer = network.layers[position]?.name;
    const gradient = layer === undefined ? await probe.imageGradient() : await probe.gradient(layer);
    const at = someOf(values.get(position) as Arr);
    const numeric = differences(sum, position, values.get(position) as Arr, at);
    const got = at.map((i) => gradient?.data[i] ?? 0);
    const off = Math.max(...at.map((_, k) => Math.abs((got[k] ?? 0) - (numeric[k] ?? 0))));
    const scale = Math.max(1e-2, ...numeric.map(Math.abs));
    expect(off / scale, `${layer ?? 'images'}: ${got}; float64: ${numeric}`).toBeLessThan(1e-3);
    if (gradient !== undefined && numeric.some((d) => d !== 0)) checked++;
  }
  expect(checked).toBeGreaterThan(of / 2);
  probe.dispose();
  await learner.dispose();
}

describeGpu('a probe', (gpu) => {
  it.each(NETWORKS)('of $name keeps the outputs that float64 gives, layer by layer', async (network) => {
    const { learner, probe, weights, images } = await probed(gpu(), network);
    const values = referenceLayers(network, weights, Float64Array.from(images), BATCH);
    expect(probe.layers).toEqual(network.layers.map(({ name }) => name));
    const last = network.layers.length - 1;
    for (const [position, { name, outputShape }] of network.layers.entries()) {
      const { shape, data } = await probe.output(name);
      expect(shape).toEqual([BATCH, ...outputShape]);
      if (position < last) expect(relativeError(data, values.get(position) as Arr), name).toBeLessThan(1e-4);
    }
    const probabilities = await probe.probabilities();
    expect(relativeError(probabilities, values.get(last) as Arr)).toBeLessThan(1e-4);
    expect(relativeError(probabilities, await learner.predict(images))).toBeLessThan(1e-5);
    probe.dispose();
    await learner.dispose();
  });

  it.each([
    [chain(), 13], // the logits, before the softmax
    [branched(), branched().layers.length - 2],
    [everything(), everything().layers.length - 2],
    [chain(), 5], // the channels of a convolution
    [branched(), 9],
  ])('gives the gradients that float64 gives: %#', (network, of) => expectGradients(gpu(), network, of));

  it('differentiates the logits of a last softmax', async () => {
    const { learner, probe, weights, images } = await probed(gpu(), everything(), 'dense_2');
    // ln p1 - ln p2 of the first image is the difference of two logits.
    const seed = new Float32Array(BATCH * 5);
    [seed[1], seed[2]] = [1, -1];
    probe.backward(seed);
    const gradient = (await probe.imageGradient())?.data ?? new Float32Array();
    const logOdds = (values: Float64Array): number => {
      const p = referenceLayers(everything(), weights, values, BATCH).get(
        everything().layers.length - 1,
      ) as Arr;
      return Math.log((p[1] as number) / (p[2] as number));
    };
    for (const i of someOf(images.subarray(0, size(everything().inputShape)))) {
      const moved = (by: number) => Float64Array.from(images, (v, k) => (k === i ? v + by : v));
      const numeric = (logOdds(moved(1e-6)) - logOdds(moved(-1e-6))) / 2e-6;
      expect(Math.abs((gradient[i] ?? 0) - numeric)).toBeLessThan(1e-3 * Math.max(1e-2, Math.abs(numeric)));
    }
    expect(gradient.subarray(size(everything().inputShape)).every((d) => d === 0)).toBe(true);
    probe.dispose();
    await learner.dispose();
  });

  it('may go back only as far as it must, and again from another seed', async () => {
    const network = branched();
    const [of, downTo] = ['conv2d_3', 'activation']; // two branches read the activation
    const [whole, short] = [await probed(gpu(), network, of), await probed(gpu(), network, of, downTo)];
    const length = (await whole.probe.output(of)).data.length;
    for (const seed of [normals(1, length), normals(2, length), normals(1, length)]) {
      const got = await Promise.all(
        [whole, short].map(({ probe }) => {
          probe.backward(seed);
          return probe.gradient(downTo);
        }),
      );
      expect(got[0]?.data.some((d) => d !== 0)).toBe(true);
      expect(got[1]).toEqual(got[0]);
    }
    expect(await short.probe.imageGradient()).toBeUndefined();
    expect(await short.probe.gradient('conv2d')).toBeUndefined();
    expect(await whole.probe.imageGradient()).toBeDefined();
    for (const { probe, learner } of [whole, short]) {
      probe.dispose();
      await learner.dispose();
    }
  });

  it('sees the weights as they are, and frees its memory', async () => {
    const network = chain();
    const before = gpu().pool.stats.liveBytes;
    const { learner, probe, images } = await probed(gpu(), network);
    const first = await probe.probabilities();
    learner.writeWeights(randomWeights(network, 9));
    probe.forward(images);
    const second = await probe.probabilities();
    expect(relativeError(second, await learner.predict(images))).toBeLessThan(1e-5);
    expect(relativeError(first, second)).toBeGreaterThan(0.01);
    probe.dispose();
    await learner.dispose();
    expect(gpu().pool.stats.liveBytes).toBe(before);
  });

  it('says what is wrong', async () => {
    const { learner, probe, images } = await probed(gpu(), chain());
    expect(() => probe.backward(new Float32Array(15))).toThrow('has no backward pass');
    expect(() => probe.forward(images.subarray(1))).toThrow('expected 360 values, got 359');
    await expect(probe.output('con2d')).rejects.toThrow(
      'there is no layer "con2d" in this network; did you mean "conv2d"?',
    );
    await expect(learner.probe({ batch: 1, of: 'softmaxx' })).rejects.toThrow('did you mean "softmax"?');
    await expect(learner.probe({ batch: 1, of: 'softmax', downTo: 'x' })).rejects.toThrow(
      'expected one of conv2d, elu',
    );
    probe.dispose();
    await learner.dispose();
  });
});
