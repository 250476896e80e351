import { DataError } from '../util/errors.js';
import { listOf, slipsOf } from './class_names.js';
import { type Dataset, SPLIT_NAMES } from './types.js';

/**
 * Checks that each split has images of the same classes: those of the training images, if there are any.
 * Throws DataError that names the classes and the split.
 */
export function checkClasses(splits: Dataset['splits'], classes: readonly string[], source: string): void {
  const filled = SPLIT_NAMES.filter((name) => splits[name].labels.length > 0);
  const [reference, ...others] = filled.map((name) => ({ name, own: new Set<number>(splits[name].labels) }));
  if (reference === undefined) return;
  for (const { name, own } of others) {
    const missing = classes.filter((_, label) => reference.own.has(label) && !own.has(label));
    const extra = classes.filter((_, label) => own.has(label) && !reference.own.has(label));
    const differences = [
      ...(missing.length > 0 ? [`${reference.name} has images of ${listOf(missing)}, ${name} has none`] : []),
      ...(extra.length > 0 ? [`${name} has images of ${listOf(extra)}, ${reference.name} has none`] : []),
    ];
    if (differences.length === 0) continue;
    const way = `add or remove some, or list all classes with --classes ${classes.length > 12 ? 'a,b,c,...' : classes.join(',')}`;
    throw new DataError(
      `${source}: ${[...differences, 'expected the same classes in all splits'].join('; ')}: ${[way, ...slipsOf(classes)].join('; ')}`,
    );
  }
}
