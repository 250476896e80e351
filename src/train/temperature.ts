import { meanOf } from './tta.js';

/**
 * The smallest probability whose logarithm is used: float32 holds nothing smaller with full precision. Networks say 0 where
 * theirs is below that.
 */
export const SMALLEST = 2 ** -126;

/**
 * The mean over several versions of an image of softmax(logits / temperature + offsets).
 * @param versions of each version its probabilities [N, classes]
 */
export function meanTempered(
  versions: readonly Float32Array[],
  classes: number,
  temperature: number,
  offsets?: readonly number[],
): Float32Array {
  return meanOf(versions.map((probabilities) => tempered(probabilities, classes, temperature, offsets)));
}

/**
 * Softmax of logits / temperature + offsets, where the logits are known up to a constant by their probabilities: each is raised
 * to the power 1 / temperature and multiplied by exp(offset), and the row is divided by its sum.
 * @param probabilities [N, classes] @param temperature above 0; 1 changes nothing @param offsets one for each class
 */
export function tempered(
  probabilities: Float32Array,
  classes: number,
  temperature: number,
  offsets?: readonly number[],
): Float32Array {
  if (temperature === 1 && offsets === undefined) return probabilities;
  const result = new Float32Array(probabilities.length);
  const row = new Float64Array(classes);
  for (let first = 0; first < probabilities.length; first += classes) {
    for (let c = 0; c < classes; c++) {
      const logit = Math.log(Math.max(probabilities[first + c] as number, SMALLEST)) / temperature;
      row[c] = logit + (offsets?.[c] ?? 0);
    }
    const top = Math.max(...row);
    const powers = row.map((z) => Math.exp(z - top));
    const total = powers.reduce((sum, power) => sum + power, 0);
    for (let c = 0; c < classes; c++) result[first + c] = (powers[c] as number) / total;
  }
  return result;
}
