import { PIXELS } from '../../data/split_builder.js';
import { Learner } from '../../nn/learner.js';
import { sameClass } from '../../train/class_mapping.js';
import { predictSplit } from '../../train/evaluation.js';
import { openModel, requireMean } from '../../train/weights.js';
import { RunError } from '../../util/errors.js';
import type { Handler } from '../handler.js';
import { datasetAt } from './data.js';

/** Images between two looks at whether anybody still waits. */
const CHUNK = 256;

/** What a model says about every image of a split. */
export const predictData: Handler<'data.predict'> = async (
  { path, split, weights },
  { gpu, progress, signal },
) => {
  const dataset = await datasetAt(path);
  const saved = await openModel(weights);
  requireMean(saved, weights);
  const places = saved.classes.map((name) => dataset.classes.findIndex((other) => sameClass(name, other)));
  if (places.includes(-1)) {
    throw new RunError(`${weights} knows the classes ${saved.classes.join(', ')}; this is ${dataset.name}`);
  }
  const { images, labels } = dataset.splits[split];
  const learner = new Learner(await gpu(), saved.network);
  const said = new Uint8Array(labels.length);
  const confidence = new Float32Array(labels.length);
  try {
    learner.writeWeights(saved.weights);
    for (let first = 0; first < labels.length; first += CHUNK) {
      signal.throwIfAborted();
      const end = Math.min(labels.length, first + CHUNK);
      const part = {
        images: images.subarray(first * PIXELS, end * PIXELS),
        labels: labels.subarray(first, end),
      };
      const probabilities = await predictSplit(learner, part, saved.preprocess);
      best(probabilities, places, said.subarray(first, end), confidence.subarray(first, end));
      progress({ done: end, total: labels.length });
    }
  } finally {
    await learner.dispose();
  }
  return { said, confidence };
};

/** The most probable class of each row, in the data's order, and how probable it is. */
function best(
  probabilities: Float32Array,
  places: readonly number[],
  said: Uint8Array,
  confidence: Float32Array,
): void {
  for (let i = 0; i < said.length; i++) {
    const row = probabilities.subarray(i * places.length, (i + 1) * places.length);
    const most = Math.max(...row);
    said[i] = places[row.indexOf(most)] as number;
    confidence[i] = most;
  }
}
