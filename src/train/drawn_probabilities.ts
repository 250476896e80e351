import { syntheticFaces } from '../data/synthetic.js';
import { openGpu } from '../gpu/device.js';
import { Learner } from '../nn/learner.js';
import { predictSplit } from './evaluation.js';
import { openModel } from './weights.js';

/** Class probabilities of a model file for drawn faces, five of each class. Throws RunError, NoGpuError. */
export async function drawnProbabilities(path: string): Promise<number[][]> {
  const saved = await openModel(path);
  const { splits } = syntheticFaces(1, 35);
  const gpu = await openGpu();
  try {
    const learner = new Learner(gpu, saved.network);
    learner.writeWeights(saved.weights);
    const all = await predictSplit(learner, splits.train, saved.preprocess);
    const classes = saved.classes.length;
    return Array.from({ length: all.length / classes }, (_, i) => [
      ...all.subarray(i * classes, (i + 1) * classes),
    ]);
  } finally {
    gpu.close();
  }
}
