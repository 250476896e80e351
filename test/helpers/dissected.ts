import { parseAugment } from '../../src/data/augment.js';
import { BatchSource } from '../../src/data/batches.js';
import { sizeOf } from '../../src/gpu/shape.js';
import type { LearnSource } from '../../src/learn/source.js';
import type { LearnerOptions } from '../../src/nn/learner_options.js';
import type { Network } from '../../src/nn/network.js';
import { Rng } from '../../src/util/random.js';
import { randomWeights } from './networks.js';

/** A step of a network with random weights on a small batch of random images, ready to be dissected. */
export function stepOf(network: Network, options: LearnerOptions = {}, count = 4): LearnSource {
  const [h = 1, w = 1, c = 1] = network.inputShape;
  const rng = new Rng(11);
  const classes = Array.from({ length: network.outputShape.at(-1) ?? 1 }, (_, i) => `class ${i}`);
  const labels = Uint32Array.from({ length: count }, () => rng.int(classes.length));
  const images = Uint8Array.from({ length: count * sizeOf([h, w, c]) }, () => rng.int(256));
  const source = new BatchSource(
    { images, labels: Uint8Array.from(labels) },
    {
      ...{ batchSize: count, preprocess: { name: 'scale255' }, shape: [h, w, c], seed: 3 },
      augment: parseAugment('flip,rotation=10'),
    },
  );
  return {
    ...{
      network,
      options,
      classes,
      title: 'random weights',
      weights: randomWeights(network),
      state: undefined,
    },
    ...{ data: 'random images', images: source, draws: source.draws(0, 0).draws, labels, guessFirst: false },
  };
}
