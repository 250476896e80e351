import { listOf } from '../../data/class_names.js';
import { labelArray } from '../../data/labels.js';
import { PIXELS } from '../../data/split_builder.js';
import type { Labels } from '../../data/types.js';
import { Classifier } from '../../train/classifier.js';
import { FACE_SIZE, sameClass } from '../../util/classes.js';
import { RunError } from '../../util/errors.js';
import type { Handler } from '../handler.js';
import { datasetAt } from './data.js';

/** Images per batch. After each batch, the request may be cancelled. */
const CHUNK = 256;

/** Classifies every image of a split. Throws RunError if the data have classes that the model does not know. */
export const predictData: Handler<'data.predict'> = async (
  { split, weights, ...place },
  { gpu, progress, signal },
) => {
  const { name, classes: own, splits } = await datasetAt(place);
  const classifier = await Classifier.open(await gpu(), weights);
  try {
    const knows = (list: readonly string[], one: string): boolean =>
      list.some((other) => sameClass(other, one));
    if (!own.every((one) => knows(classifier.classes, one))) {
      throw new RunError(
        `${weights} was trained on the classes ${listOf(classifier.classes)}; ${name} has ${listOf(own)}`,
      );
    }
    const classes = [...own, ...classifier.classes.filter((one) => !knows(own, one))];
    const places = classifier.classes.map((name) => classes.findIndex((one) => sameClass(name, one)));
    const { images, labels } = splits[split];
    const predicted = labelArray(labels.length, classes.length);
    const confidence = new Float32Array(labels.length);
    for (let first = 0; first < labels.length; first += CHUNK) {
      signal.throwIfAborted();
      const end = Math.min(labels.length, first + CHUNK);
      const faces = images.subarray(first * PIXELS, end * PIXELS);
      const probabilities = await classifier.classify(faces, end - first, FACE_SIZE, FACE_SIZE);
      best(probabilities, places, predicted.subarray(first, end), confidence.subarray(first, end));
      progress({ done: end, total: labels.length });
    }
    return { classes, predicted, confidence };
  } finally {
    await classifier.dispose();
  }
};

/**
 * Writes the most probable class of each row, and its probability.
 * @param places index of each of the model's classes among those of the answer
 */
function best(
  probabilities: Float32Array,
  places: readonly number[],
  predicted: Labels,
  confidence: Float32Array,
): void {
  for (let i = 0; i < predicted.length; i++) {
    const row = probabilities.subarray(i * places.length, (i + 1) * places.length);
    const most = Math.max(...row);
    predicted[i] = places[row.indexOf(most)] as number;
    confidence[i] = most;
  }
}
