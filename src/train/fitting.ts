import { resizeImages } from '../data/image.js';
import { fitPreprocess, lacksFit, type Preprocess } from '../data/preprocess.js';
import type { Split } from '../data/types.js';
import { FACE_SIZE } from '../util/classes.js';
import type { SavedModel } from './model_file.js';
import { requireFit } from './weights.js';

/** The model's preprocessing. What it lacks, the training images supply. Throws RunError without any. */
export function fittedTo(saved: SavedModel, path: string, train: Split): Preprocess {
  const { preprocess, network } = saved;
  if (lacksFit(preprocess) && train.labels.length > 0) {
    const [height = 1, width = 1] = network.inputShape;
    const images = resizeImages(train.images, [FACE_SIZE, FACE_SIZE], [height, width]);
    return fitPreprocess(preprocess.name, { images, labels: train.labels });
  }
  requireFit(saved, path);
  return preprocess;
}
