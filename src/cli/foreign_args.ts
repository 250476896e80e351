import type { ForeignModel } from '../train/weights.js';
import { CLASS_NAMES, CSV_CLASS_NAMES } from '../util/classes.js';
import type { ForeignArgs } from './declarations/shared.js';

export function foreignOf({ model, preprocess, classes }: ForeignArgs): ForeignModel {
  const names = classes === 'csv' ? CSV_CLASS_NAMES : classes?.split(',').map((name) => name.trim());
  return { architecture: model, preprocess, classes: names };
}

/** Says on stderr that the order of a foreign model's classes is a guess: a wrong one gives wrong answers. */
export function warnOfGuess(
  { classesGuessed }: { readonly classesGuessed?: boolean | undefined },
  path: string,
): void {
  if (!classesGuessed) return;
  process.stderr.write(
    `${path} does not name its classes; taken for ${CLASS_NAMES.join(', ')}. If it was trained on fer2013.csv in that file's order, give --classes csv, else --classes a,b,c\n`,
  );
}
