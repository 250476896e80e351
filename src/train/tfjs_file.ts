import { join } from 'node:path';
import { PREPROCESS_FORMULAS } from '../data/preprocess.js';
import { toTfjs } from '../formats/tfjs.js';
import { atomicWrite, needFolder } from '../util/atomic_write.js';
import type { SavedModel } from './model_file.js';

/**
 * Writes a model for TensorFlow.js into a folder, which is made where there is none: the weights first, `model.json` last. Classes and
 * preprocessing are its `userDefinedMetadata`. Throws RunError.
 */
export function saveTfjs(folder: string, { network, weights, classes, preprocess }: SavedModel): void {
  const { name, mean, std } = preprocess;
  const files = toTfjs(network, weights, {
    ...{ classes, preprocess: name, preprocess_formula: PREPROCESS_FORMULAS[name] },
    ...(mean && { mean: [...mean] }),
    ...(std && { std: [...std] }),
  });
  needFolder(folder);
  for (const [file, bytes] of files) atomicWrite(join(folder, file), bytes);
}
