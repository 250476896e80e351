import { expect, it } from 'vitest';
import { withForced } from '../../src/gpu/tuning.js';
import { Dissection } from '../../src/learn/dissection.js';
import { ARITHMETIC } from '../../src/learn/layers/all.js';
import { explainLoss, explainNumber } from '../../src/learn/numbers.js';
import { VALUES } from '../../src/learn/report.js';
import { explainWeight } from '../../src/learn/weights.js';
import { frozen } from '../../src/nn/layer.js';
import * as LAYERS from '../../src/nn/layers.js';
import {
  BatchNormalization,
  Concatenate,
  Conv2D,
  Dense,
  Dropout,
  ELU,
  Flatten,
  LocalBinaryPatterns,
  MaxPooling2D,
  SpatialDropout2D,
} from '../../src/nn/layers.js';
import { IMAGES, Network, Sequential } from '../../src/nn/network.js';
import { Rng } from '../../src/util/random.js';
import { stepOf } from '../helpers/dissected.js';
import { describeGpu } from '../helpers/gpu.js';
import { everything, miniXception, others } from '../helpers/networks.js';

/** The explanation of every number must end in the number that the kernel wrote, from the operands that it read. */

/** The layers of fer-cnn, small, with dropout that drops. */
const chain = (): Network =>
  new Sequential(
    'chain',
    [9, 8, 1],
    [
      ...[Conv2D({ filters: 4 }), ELU(), BatchNormalization(), MaxPooling2D(), Dropout({ rate: 0.5 })],
      ...[Conv2D({ filters: 8, strides: 2 }), ELU(), SpatialDropout2D({ rate: 0.4 })],
      ...[Dropout({ rate: 0.5, perImage: true }), Flatten(), Dense({ units: 7 })],
    ],
  );

/** Features of the patterns beside those of a convolution. */
const hybrid = (): Network =>
  new Network(
    'hybrid',
    [9, 8, 1],
    [
      { layer: Conv2D({ filters: 3, strides: 2, activation: 'elu' }) },
      { layer: Flatten() },
      { layer: LocalBinaryPatterns({ radius: 1, cells: 2, bins: [0, 57, 58, 70, 200] }), inputs: [IMAGES] },
      { layer: frozen(BatchNormalization({ center: false, scale: false })) },
      { layer: Concatenate(), inputs: [1, 3] },
      { layer: Dense({ units: 7 }) },
    ],
  );

/** Layers behind which no weight can be trained. */
const WITHOUT_GRADIENT = ['local_binary_patterns', 'batch_normalization'];

/** Positions spread over an array [B, H, W, C] or [B, C]. */
function places(shape: readonly number[], count: number, rng: Rng) {
  const [b = 1] = shape;
  const c = shape.at(-1) ?? 1;
  const [h, w] = shape.length === 4 ? [shape[1] ?? 1, shape[2] ?? 1] : [1, 1];
  const corner = { image: 0, y: 0, x: 0, c: 0 };
  return [
    corner,
    ...Array.from({ length: count - 1 }, () => ({
      image: rng.int(b),
      y: rng.int(h),
      x: rng.int(w),
      c: rng.int(c),
    })),
  ];
}

const sizeOfValues = (values: ArrayLike<number>): number =>
  Math.max(1e-6, ...Array.from({ length: values.length }, (_, i) => Math.abs(values[i] ?? 0)));

describeGpu('a number followed', (gpu) => {
  it.each([
    chain(),
    everything(),
    others(),
    everything(-1),
    miniXception([16, 14, 1], [4]),
    hybrid(),
  ])('ends where the kernel ends: $name', async (network) => {
    const dissection = await Dissection.of(gpu(), stepOf(network));
    const rng = new Rng(2);
    let checked = 0;
    for (const [layer, { name }] of network.layers.entries()) {
      const values = await dissection.valuesOf(layer);
      for (const kind of VALUES) {
        const array = {
          output: values.y,
          input: values.x,
          'output gradient': values.dy,
          'input gradient': values.dx,
        }[kind];
        if (array === undefined && WITHOUT_GRADIENT.includes(name)) {
          const at = { image: 0, y: 0, x: 0, c: 0 };
          await expect(explainNumber(dissection, { layer, kind, at, channel: 0 })).rejects.toThrow(
            'there is no such gradient: the loss does not depend on it',
          );
          checked += 4;
          continue;
        }
        if (array === undefined) throw new Error(`${name} has no ${kind}`);
        const size = sizeOfValues(array.data);
        for (const at of places(array.shape, 4, rng)) {
          const { kernel, exact, terms } = await explainNumber(dissection, {
            layer,
            kind,
            at,
            channel: rng.int(3),
          });
          const what = `${name} ${kind} ${JSON.stringify(at)}: kernel ${kernel}, explained ${exact}`;
          const index =
            ((at.image * (array.shape.length === 4 ? (array.shape[1] ?? 1) : 1) + at.y) *
              (array.shape.length === 4 ? (array.shape[2] ?? 1) : 1) +
              at.x) *
              (array.shape.at(-1) ?? 1) +
            at.c;
          expect(kernel, what).toBe(array.data[index]);
          expect(Math.abs(kernel - exact) / size, what).toBeLessThan(2e-5);
          expect(
            terms.every(({ value }) => !Number.isNaN(value)),
            what,
          ).toBe(true);
          checked++;
        }
      }
    }
    expect(checked).toBe(network.layers.length * 16);
    await dissection.dispose();
  });

  it.each([
    chain(),
    everything(),
    others(),
    miniXception([16, 14, 1], [4]),
  ])('a weight: its gradient is the sum that is shown, and the central difference through its layer: $name', async (network) => {
    const dissection = await Dissection.of(gpu(), stepOf(network));
    for (const { name, trainable } of network.weights) {
      if (!trainable) {
        await expect(explainWeight(dissection, name)).rejects.toThrow(`${name} has no gradient`);
        continue;
      }
      const report = await explainWeight(dissection, name);
      const { gradient, difference, given } = report;
      const size = Math.max(1e-6, Math.abs(gradient.kernel));
      const what = `${name}[${report.place}]: ${gradient.kernel}, ${gradient.exact}, ${difference.layer.numeric}`;
      expect(Math.abs(gradient.kernel - gradient.exact) / size, what).toBeLessThan(1e-4);
      expect(Math.abs(given - gradient.kernel) / size, what).toBeLessThan(1e-3);
      if (size > 1e-4) expect(difference.layer.error, what).toBeLessThan(1e-3);
    }
    await dissection.dispose();
  });

  it('the loss of an image, with smoothing and class weights, and the gradient of each logit', async () => {
    const options = { labelSmoothing: 0.2, classWeights: [1, 2, 3, 4, 5, 6, 7] };
    for (const learner of [{}, options]) {
      const dissection = await Dissection.of(gpu(), stepOf(chain(), learner));
      for (const image of [0, 3]) {
        for (let c = 0; c < 7; c++) {
          const { loss, gradient } = await explainLoss(dissection, image, c);
          expect(loss.exact).toBeCloseTo(loss.kernel, 5);
          expect(gradient.exact).toBeCloseTo(gradient.kernel, 6);
        }
      }
      await dissection.dispose();
    }
  });

  it('of the ways of training, too', async () => {
    for (const conv2d of ['naive', 'winograd4', 'winograd6', 'subgroup']) {
      await withForced(gpu(), { conv2d }, async () => {
        const network = new Sequential(
          'wide',
          [8, 8, 4],
          [Conv2D({ filters: 8 }), Flatten(), Dense({ units: 3 })],
        );
        const dissection = await Dissection.of(gpu(), stepOf(network));
        for (const kind of ['output', 'input gradient'] as const) {
          const { kernel, exact } = await explainNumber(dissection, {
            layer: 0,
            kind,
            at: { image: 1, y: 3, x: 7, c: 2 },
            channel: 0,
          });
          expect(Math.abs(kernel - exact), conv2d).toBeLessThan(1e-4);
        }
        await dissection.dispose();
      });
    }
  });

  it('outside of its layer is refused', async () => {
    const dissection = await Dissection.of(gpu(), stepOf(chain()));
    const at = { image: 0, y: 9, x: 0, c: 0 };
    await expect(explainNumber(dissection, { layer: 0, kind: 'output', at, channel: 0 })).rejects.toThrow(
      'conv2d: no value at image 0, row 9, column 0, channel 0; expected less than 4, 9, 8, 4',
    );
    await expect(explainNumber(dissection, { layer: 99, kind: 'output', at, channel: 0 })).rejects.toThrow(
      'layer 99',
    );
    await expect(explainWeight(dissection, 'conv2d/kernel', 36)).rejects.toThrow('from 0 to 35');
    await expect(explainWeight(dissection, 'nothing')).rejects.toThrow(
      'no weight named nothing; expected one of conv2d/kernel',
    );
    await expect(explainLoss(dissection, 4, 0)).rejects.toThrow('image 4: expected a number from 0 to 3');
    await dissection.dispose();
  });
});

it('every kind of layer has its arithmetic', () => {
  const kinds = Object.entries(LAYERS).flatMap(([name, make]) =>
    /^[A-Z]/.test(name) && typeof make === 'function' ? [name] : [],
  );
  expect(Object.keys(ARITHMETIC).sort()).toEqual(kinds.sort());
});
