import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { BatchSource } from '../../src/data/batches.js';
import { loadDataset } from '../../src/data/load.js';
import { toOnnx } from '../../src/formats/onnx.js';
import { sizeOf } from '../../src/gpu/shape.js';
import {
  BatchNormalization,
  Conv2D,
  Dense,
  Dropout,
  ELU,
  Flatten,
  MaxPool2D,
  ReLU,
  Softmax,
} from '../../src/nn/layers.js';
import { Learner } from '../../src/nn/learner.js';
import { buildModel } from '../../src/nn/models.js';
import type { NamedArray } from '../../src/nn/parameters.js';
import { Sequential } from '../../src/nn/sequential.js';
import { Rng } from '../../src/util/random.js';
import { describeGpu } from '../helpers/gpu.js';

/** ONNX Runtime is no dependency; `npm run bench:peers` fetches it. The full tests require it. */
const PEERS = new URL('../../bench/.peers/', import.meta.url);
const present = existsSync(fileURLToPath(new URL('node_modules/onnxruntime-node', PEERS)));
if (!present) console.warn('SKIPPED without ONNX Runtime (npm run bench:peers fetches it): ONNX files');

/** All layers and paddings that can be exported, on odd extents. */
const everything = new Sequential(
  'everything',
  [48, 48, 1],
  [
    ...[Conv2D({ filters: 6, kernelSize: 5, strides: 2 }), ReLU(), BatchNormalization()],
    ...[Conv2D({ filters: 8, padding: 'valid', useBias: false }), ELU({ alpha: 0.7 })],
    ...[MaxPool2D({ poolSize: 3, strides: 2, padding: 'same' }), Dropout({ rate: 0.5 })],
    ...[Flatten(), Dense({ units: 12 }), BatchNormalization(), Dense({ units: 7 }), Softmax()],
  ],
);

/** Random weights; variances above 0. */
function randomWeights(network: Sequential): Map<string, NamedArray> {
  const rng = new Rng(5);
  return new Map(
    network.weights.map(({ name, shape }) => [
      name,
      {
        shape,
        data: Float32Array.from({ length: sizeOf(shape) }, () =>
          name.endsWith('variance') ? rng.uniform(0.5, 2) : 0.2 * rng.normal(),
        ),
      },
    ]),
  );
}

describeGpu('an ONNX file', (gpu) => {
  it.skipIf(!present && !process.env['FER_TEST_FULL']).each([everything, buildModel('fer-cnn')])(
    'of $name gives the same probabilities in ONNX Runtime',
    async (network) => {
      const ort = createRequire(PEERS)('onnxruntime-node');
      const real = fileURLToPath(new URL('../../../shared/fer2013/fer2013.csv.gz', import.meta.url));
      const { splits } = await loadDataset(existsSync(real) ? real : 'synthetic:70');
      const source = new BatchSource(splits.validation, { batchSize: 64, preprocess: { name: 'scale255' } });
      const { images, count } = source.batch(0, 0);
      const weights = randomWeights(network);
      const learner = new Learner(gpu(), network);
      learner.writeWeights(weights);
      const ours = await learner.predict(images);
      await learner.dispose();
      const session = await ort.InferenceSession.create(toOnnx(network, weights, { classes: 'a' }));
      const { probabilities } = await session.run({
        images: new ort.Tensor('float32', images, [count, 48, 48, 1]),
      });
      expect(probabilities.dims).toEqual([count, 7]);
      const distance = Math.max(...ours.map((p, i) => Math.abs(p - probabilities.data[i])));
      console.log(`${network.name}: ONNX Runtime agrees to ${distance.toExponential(1)} on ${count} faces`);
      expect(distance).toBeLessThan(1e-5);
    },
  );

  it('of a layer that ONNX would compute otherwise is refused', () => {
    const network = new Sequential(
      'x',
      [8, 8, 1],
      [BatchNormalization({ axis: 1 }), Flatten(), Dense({ units: 7 }), Softmax()],
    );
    expect(() => toOnnx(network, randomWeights(network))).toThrow('batch norm of the last axis only');
  });
});
