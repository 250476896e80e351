import { expect, it } from 'vitest';
import { Dense, Flatten, Rescaling, Softmax } from '../../src/nn/layers.js';
import { Learner } from '../../src/nn/learner.js';
import { Sequential } from '../../src/nn/network.js';
import { describeGpu } from '../helpers/gpu.js';

const images = Float32Array.from({ length: 2 * 12 }, (_, i) => i / 8 - 1);

describeGpu('Rescaling', (gpu) => {
  it.each([
    { scale: 0.5, offset: 0.25 },
    { scale: [1, 0.5, -2], offset: 0.25 },
    { scale: 0.5, offset: [0, 1, 2] },
  ])('rescales each channel of a colour image: %j', async ({ scale, offset }) => {
    const layers = [Rescaling({ scale, offset }), Flatten(), Dense({ units: 3 }), Softmax()];
    const learner = new Learner(gpu(), new Sequential('colours', [2, 2, 3], layers));
    const observation = await learner.observe(images, Uint32Array.of(0, 1));
    observation.run();
    const [first] = observation.layers;
    if (first === undefined) throw new Error('nothing was observed');
    const of = (value: number | number[], i: number) =>
      typeof value === 'number' ? value : (value[i % 3] ?? 0);
    expect([...(await gpu().read(first.output.value))]).toEqual(
      Array.from(images, (x, i) => expect.closeTo(x * of(scale, i) + of(offset, i), 5)),
    );
    observation.dispose();
    await learner.dispose();
  });
});
