import type { ForeignModel } from '../train/weights.js';
import { CLASS_NAMES, CSV_CLASS_NAMES } from '../util/classes.js';
import type { ForeignArgs } from './declarations/shared.js';

/** Reads the options that describe a model which fer-tui has not written. */
export function foreignOf({ model, preprocess, classes }: ForeignArgs): ForeignModel {
  const names = classes === 'csv' ? CSV_CLASS_NAMES : classes?.split(',').map((name) => name.trim());
  return { architecture: model, preprocess, classes: names };
}

/** Warns on stderr if the classes of a foreign model, or their order, are a guess: a wrong guess makes results wrong. */
export function warnOfGuess(
  { classesGuessed }: { readonly classesGuessed?: boolean | undefined },
  path: string,
): void {
  if (!classesGuessed) return;
  process.stderr.write(
    `${path} does not name its classes; assuming ${CLASS_NAMES.join(', ')}. If it was trained on fer2013.csv with that file's labels, give --classes csv; for other classes, --classes a,b,c\n`,
  );
}
