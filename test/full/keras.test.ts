import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { buildHybrid } from '../../src/nn/hybrid.js';
import { BatchNormalization, Conv2D, Dense, ELU, Flatten, MaxPooling2D } from '../../src/nn/layers.js';
import { Learner } from '../../src/nn/learner.js';
import type { Network } from '../../src/nn/network.js';
import { openModel, saveH5 } from '../../src/train/weights.js';
import { Rng } from '../../src/util/random.js';
import { describeGpu } from '../helpers/gpu.js';
import { runKeras } from '../helpers/keras.js';
import { all, needs } from '../helpers/needs.js';
import { hybrid, randomWeights } from '../helpers/networks.js';

/** Files with two inputs, pixels and local binary patterns, and the real Keras: TensorFlow runs what it reads. */

const BATCH = 8;

interface Answer {
  readonly keras: string;
  readonly probabilities: readonly number[];
}

interface Input {
  readonly shape: readonly number[];
  readonly data: readonly number[];
}

/** The probabilities of Keras. @param save paths to which it saves the model, too */
const inKeras = (model: string, inputs: readonly Input[], ...save: string[]): Answer =>
  runKeras('keras_predict.py', { model, inputs, save });

/** Layers and patterns of the size of those that `train --features raw+lbp` has. */
function large(raw: boolean): Network {
  const trunk = [
    ...[Conv2D({ filters: 16, padding: 'same' }), ELU(), MaxPooling2D(), BatchNormalization()],
    ...[Conv2D({ filters: 32, padding: 'same' }), ELU(), MaxPooling2D(), Flatten()],
  ];
  const head = [
    Dense({ units: 32 }),
    ELU(),
    BatchNormalization(),
    Dense({ units: 7, activation: 'softmax' }),
  ];
  const bins = Array.from({ length: 944 }, (_, bin) => bin);
  return buildHybrid('large', [48, 48, 1], { trunk, head }, { raw, lbp: { radius: 1, cells: 4, bins } });
}

describe('the real Keras', all(needs.full, needs.keras), () => {
  describeGpu('and our .h5', (gpu) => {
    it.each([
      ['raw+lbp', hybrid()],
      ['lbp', hybrid(false)],
      ['raw+lbp of 48 x 48 pixels and 944 bins', large(true)],
      ['lbp of 944 bins', large(false)],
    ])('%s gives the same probabilities, and tells what Keras has saved', async (_, network) => {
      const folder = mkdtempSync(join(tmpdir(), 'fer-tui-keras-'));
      const [ours, h5, zip] = ['ours.h5', 'keras.h5', 'keras.keras'].map((name) => join(folder, name)) as [
        ...[string, string, string],
      ];
      const [height = 0, width = 0] = network.inputShape;
      const pixels = height * width;
      const weights = randomWeights(network);
      weights.set('lbp/pixel_mean', { shape: [height, width], data: new Float32Array(pixels) });
      weights.set('lbp/pixel_scale', { shape: [1], data: Float32Array.of(255) });
      await saveH5(ours, {
        ...{ network, weights, classes: [...'abcdefg'] },
        ...{ preprocess: { name: 'scale255' }, notes: {} },
      });

      const rng = new Rng(3);
      const images = Float32Array.from({ length: BATCH * pixels }, () => rng.int(256) / 255);
      const learner = new Learner(gpu(), network);
      learner.writeWeights(weights);
      const wanted = await learner.predict(images);
      const probe = await learner.probe({ batch: BATCH });
      probe.forward(images);
      const { data: shares } = await probe.output('lbp');
      probe.dispose();
      await learner.dispose();

      const lbp = { shape: [BATCH, shares.length / BATCH], data: [...shares] };
      const raw = { shape: [BATCH, ...network.inputShape], data: [...images] };
      const inputs = network.isChain ? [lbp] : [raw, lbp];
      const answer = inKeras(ours, inputs, h5, zip);
      expect(answer.keras).toMatch(/^3\./);
      expect(answer.probabilities).toHaveLength(7 * BATCH);
      const apart = Math.max(...wanted.map((p, i) => Math.abs(p - (answer.probabilities[i] ?? 1))));
      expect(apart).toBeLessThan(5e-6);
      // What Keras saves no longer says how the second input is made. It must be told, not read as something else.
      const message = network.isChain
        ? /input shape \[null,\d+\]; expected \[null, height, width, channels\]/
        : /the model has 2 inputs; only models with one are supported/;
      for (const path of [h5, zip]) {
        await expect(openModel(path, { preprocess: 'scale255', classes: [...'abcdefg'] })).rejects.toThrow(
          message,
        );
      }
    });
  });
});
