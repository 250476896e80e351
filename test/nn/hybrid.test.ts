import { expect, it } from 'vitest';
import { applyPreprocess, PREPROCESS, type Preprocess } from '../../src/data/preprocess.js';
import { ImageStore } from '../../src/nn/image_store.js';
import { Learner } from '../../src/nn/learner.js';
import { buildModel } from '../../src/nn/models.js';
import { sgd } from '../../src/nn/optimizers.js';
import type { NamedArray } from '../../src/nn/parameters.js';
import { relativeError } from '../../src/reference/arrays.js';
import { pixelWeights } from '../../src/train/features.js';
import { plainDraw } from '../../src/util/image_draw.js';
import { Rng } from '../../src/util/random.js';
import { describeGpu } from '../helpers/gpu.js';
import { hybrid, randomWeights } from '../helpers/networks.js';
import { referenceLayers, referenceNetwork } from '../helpers/reference_network.js';

/** Networks with two inputs, of which images are the only one that anybody gives them. */

const [COUNT, SIZE] = [6, 16 * 14];
const rng = new Rng(8);
const bytes = Uint8Array.from({ length: COUNT * SIZE }, () => 90 + rng.int(30));
const labels = Uint32Array.from({ length: COUNT }, (_, i) => i);
const mean = Float32Array.from({ length: SIZE }, (_, i) => 100 + (i % 13) * 1.7);

/** Those that one divisor undoes, which LBP features need. */
const UNDONE = PREPROCESS.filter((name) => name !== 'standardize' && name !== 'standardize-image');

function preprocessOf(name: Preprocess['name']): Preprocess {
  if (name === 'mean') return { name, mean };
  return name === 'standardize-global'
    ? { name, mean: Float32Array.of(104), std: Float32Array.of(32) }
    : { name };
}

function imagesOf(preprocess: Preprocess): Float32Array {
  const images = new Float32Array(bytes.length);
  applyPreprocess(preprocess, bytes, images, [16, 14, 1]);
  return images;
}

/** Random weights for images that are preprocessed like this. */
function weightsOf(network: ReturnType<typeof hybrid>, preprocess: Preprocess): Map<string, NamedArray> {
  return new Map([...randomWeights(network), ...pixelWeights(network, preprocess)]);
}

const inDoubles = (weights: ReadonlyMap<string, NamedArray>) =>
  new Map([...weights].map(([name, { data }]) => [name, Float64Array.from(data)]));

describeGpu('a network with LBP features', (gpu) => {
  it.each([
    hybrid(),
    hybrid(false),
    buildModel('fer-cnn', {
      ...{ inputShape: [16, 14, 1] as const, filters: [3], dense: [] },
      features: { raw: true, lbp: { radius: 2, cells: 3 } },
    }),
  ])('predicts what float64 says: %#', async (network) => {
    const preprocess = preprocessOf('mean');
    const [images, weights] = [imagesOf(preprocess), weightsOf(network, preprocess)];
    const learner = new Learner(gpu(), network);
    learner.writeWeights(weights);
    const wanted = referenceNetwork(network, inDoubles(weights), Float64Array.from(images), COUNT);
    expect(relativeError(await learner.predict(images), wanted)).toBeLessThan(1e-4);
    await learner.dispose();
  });

  it('sees the same gray levels whatever the preprocessing, from host and device', async () => {
    const network = hybrid();
    const seen: Float32Array[] = [];
    for (const name of UNDONE) {
      const preprocess = preprocessOf(name);
      const learner = new Learner(gpu(), network);
      learner.writeWeights(weightsOf(network, preprocess));
      const probe = await learner.probe({ batch: COUNT });
      probe.forward(imagesOf(preprocess));
      seen.push((await probe.output('lbp')).data);
      probe.dispose();
      if (name === 'mean') {
        const store = new ImageStore(gpu(), bytes, { size: [16, 14], mean, divisor: 255 });
        const draws = [...labels].map((i) => plainDraw(i));
        const step = await learner.observe({ store, draws }, labels);
        step.run('forward');
        const patterns = step.layers.find(({ name: layer }) => layer === 'lbp');
        seen.push(await gpu().read(patterns?.output.value as never));
        step.dispose();
        store.dispose();
      }
      await learner.dispose();
    }
    expect(seen).toHaveLength(UNDONE.length + 1);
    expect(Math.max(...(seen[0] ?? []))).toBeGreaterThan(0.1);
    for (const other of seen) expect(other).toEqual(seen[0]);
  });

  it.each([
    hybrid(),
    hybrid(false),
  ])('has the gradients that central differences in float64 give: %#', async (network) => {
    const preprocess = preprocessOf('scale255');
    const [images, weights] = [imagesOf(preprocess), weightsOf(network, preprocess)];
    const learner = new Learner(gpu(), network);
    learner.writeWeights(weights);
    const step = await learner.observe(images, labels);
    step.run();
    const exact = inDoubles(weights);
    const pixels = Float64Array.from(images);
    const loss = (): number => {
      const values = referenceLayers(network, exact, pixels, COUNT, { training: true });
      const p = values.get(network.layers.length - 1) as Float64Array;
      return labels.reduce((sum, label, i) => sum - Math.log(p[7 * i + label] as number), 0) / COUNT;
    };
    let checked = 0;
    for (const { name, trainable } of network.weights) {
      const grad = step.weights.get(name)?.grad;
      expect(grad !== undefined, name).toBe(trainable);
      if (grad === undefined) continue;
      const gradient = await gpu().read(grad);
      const own = exact.get(name) as Float64Array;
      // The last rows of the first dense kernel are those of the patterns.
      for (const i of new Set(
        [0, Math.floor(own.length / 2), own.length - 1, own.length - 40].filter((n) => n >= 0),
      )) {
        const [before, h] = [own[i] as number, 1e-5];
        own[i] = before + h;
        const above = loss();
        own[i] = before - h;
        const numeric = (above - loss()) / (2 * h);
        own[i] = before;
        expect(Math.abs((gradient[i] as number) - numeric), `${name}[${i}]`).toBeLessThan(
          1e-4 + 1e-3 * Math.abs(numeric),
        );
        if (Math.abs(numeric) > 1e-3) checked++;
      }
    }
    expect(checked).toBeGreaterThan(8);
    step.dispose();
    await learner.dispose();
  });

  it('trains neither the features nor their standardisation', async () => {
    const network = hybrid();
    const preprocess = preprocessOf('minus1to1');
    const weights = weightsOf(network, preprocess);
    const learner = new Learner(gpu(), network, {
      optimizer: sgd({ learningRate: 0.1 }),
      l2: 0.01,
      ema: 0.9,
    });
    learner.writeWeights(weights);
    const mix = [...labels].map((i) => ({ partner: (i + 1) % COUNT, share: 0.7 }));
    for (let i = 0; i < 3; i++) await learner.train(imagesOf(preprocess), labels, i === 1 ? { mix } : {});
    const after = await learner.readWeights();
    for (const [name, { data }] of after) {
      const same = data.every((v, i) => v === weights.get(name)?.data[i]);
      expect(same, name).toBe(name.startsWith('lbp'));
    }
    await learner.dispose();
  });
});
