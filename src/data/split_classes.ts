import { DataError } from '../util/errors.js';
import { listOf } from './class_names.js';
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
    const [[has, lacks, names] = []] = [
      ...(extra.length > 0 ? [[name, reference.name, extra] as const] : []),
      ...(missing.length > 0 ? [[reference.name, name, missing] as const] : []),
    ];
    if (names === undefined) continue;
    throw new DataError(
      `${source}: ${has} has images of ${listOf(names)}, ${lacks} has none; expected the same classes in all splits: add or remove some, or list all classes with --classes ${listOf(classes).replaceAll(', ', ',')}`,
    );
  }
}
