import { expect, it } from 'vitest';
import { Dense, Flatten, Softmax } from '../../src/nn/layers.js';
import { Learner } from '../../src/nn/learner.js';
import { Sequential } from '../../src/nn/network.js';
import { Rng } from '../../src/util/random.js';
import { describeGpu } from '../helpers/gpu.js';

const model = () => new Sequential('tiny', [4, 4, 1], [Flatten(), Dense({ units: 3 }), Softmax()]);

function batch(seed: number): [Float32Array, Uint32Array] {
  const rng = new Rng(seed);
  return [
    Float32Array.from({ length: 5 * 16 }, () => rng.normal()),
    Uint32Array.from({ length: 5 }, () => rng.int(3)),
  ];
}

describeGpu('the norm of the gradient', (gpu) => {
  it.each([
    ['with a penalty', { l2: 0.1 }],
    ['clipped', { clipNorm: 0.25 }],
  ])('is that of all gradients together, %s, of the steps that were asked for', async (_, options) => {
    const [measured, plain] = [new Learner(gpu(), model(), options), new Learner(gpu(), model(), options)];
    const norms: number[] = [];
    for (let i = 0; i < 4; i++) {
      await Promise.all([measured.train(...batch(i)), plain.train(...batch(i))]);
      if (i % 2 === 0) continue;
      await measured.measureGradient();
      const gradients = [...(await measured.readGradients()).values()];
      norms.push(Math.hypot(...gradients.flatMap(({ data }) => [...data])));
    }
    const steps = await measured.metrics();
    expect(steps.map(({ gradientNorm }) => gradientNorm === undefined)).toEqual([true, false, true, false]);
    expect(steps[1]?.gradientNorm).toBeCloseTo(norms[0] ?? 0, 5);
    expect(steps[3]?.gradientNorm).toBeCloseTo(norms[1] ?? 0, 5);
    if ('clipNorm' in options) expect(norms[0]).toBeCloseTo(0.25, 5);
    // It changes nothing of the training.
    expect((await plain.metrics()).map(({ loss }) => loss)).toEqual(steps.map(({ loss }) => loss));
    expect(await measured.readWeights()).toEqual(await plain.readWeights());
    await measured.dispose();
    await plain.dispose();
  });
});
