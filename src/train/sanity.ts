import { BatchSource } from '../data/batches.js';
import { loadDataset } from '../data/load.js';
import { fitPreprocess } from '../data/preprocess.js';
import { limitSplit } from '../data/rows.js';
import type { LoadOptions } from '../data/types.js';
import { openGpu } from '../gpu/device.js';
import { Learner } from '../nn/learner.js';
import { buildModel } from '../nn/models.js';
import { evaluateSplit } from './evaluation.js';

/** The result of one check that a network can learn at all. */
export interface SanityResult {
  readonly name: string;
  readonly pass: boolean;
  readonly expected: string;
  readonly got: number;
  readonly detail: string;
}

export interface SanityOptions {
  readonly data?: string;
  /** How the data set is loaded. */
  readonly load?: LoadOptions;
  readonly adapter?: string | undefined;
  readonly onProgress?: (message: string) => void;
}

/** The largest difference allowed between the first loss and ln(classes). */
const FIRST_LOSS_MARGIN = 0.15;
const SUBSET = 140;
const EPOCHS = 60;

/**
 * Two checks from the reference work:
 * 1. Before training, without regularisation, the loss equals that of guessing: ln 7 = 1.9459 for seven classes.
 * 2. Without dropout and augmentation, the network memorises 140 images: training accuracy >= 99 %.
 */
export async function runSanityChecks(options: SanityOptions = {}): Promise<SanityResult[]> {
  const { data = 'synthetic', adapter, onProgress = () => undefined } = options;
  const dataset = await loadDataset(data, options.load);
  const subset = limitSplit(dataset.splits.train, SUBSET);
  const preprocess = fitPreprocess('mean', dataset.splits.train);
  const gpu = await openGpu({ adapter });
  try {
    const learner = new Learner(gpu, buildModel('fer-cnn', { classes: dataset.classes.length, dropout: 0 }));
    onProgress('first loss of an untrained network');
    const before = await evaluateSplit(learner, dataset.splits.validation, preprocess);
    const overfit = await memorize(
      learner,
      new BatchSource(subset, { batchSize: 28, preprocess, shuffle: true }),
      onProgress,
    );
    await learner.dispose();
    return [firstLoss(before.loss, dataset.classes.length), overfit];
  } finally {
    gpu.close();
  }
}

function firstLoss(loss: number, classes: number): SanityResult {
  const chance = Math.log(classes);
  return {
    name: 'first loss',
    pass: Math.abs(loss - chance) < FIRST_LOSS_MARGIN,
    expected: `ln ${classes} = ${chance.toFixed(4)} +- ${FIRST_LOSS_MARGIN}`,
    got: loss,
    detail: 'an untrained network, no regularisation, guesses: its loss is the log of the number of classes',
  };
}

async function memorize(
  learner: Learner,
  source: BatchSource,
  onProgress: (m: string) => void,
): Promise<SanityResult> {
  let accuracy = 0;
  let epoch = 0;
  while (epoch < EPOCHS && accuracy < 0.99) {
    for (let i = 0; i < source.batchesPerEpoch; i++) {
      const { images, labels } = source.batch(epoch, i);
      await learner.train(images, labels);
    }
    const steps = await learner.metrics();
    accuracy = steps.reduce((sum, s) => sum + s.correct, 0) / source.size;
    onProgress(`${source.size} images by heart: epoch ${++epoch}, accuracy ${(100 * accuracy).toFixed(1)} %`);
  }
  return {
    name: `overfit ${source.size} images`,
    pass: accuracy >= 0.99,
    expected: `training accuracy >= 0.99 within ${EPOCHS} epochs`,
    got: accuracy,
    detail: `reached after ${epoch} epochs of ${source.batchesPerEpoch} steps`,
  };
}
