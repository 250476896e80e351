import { parseClasses } from '../data/class_names.js';
import type { ForeignModel } from '../train/weights.js';
import { CLASS_NAMES } from '../util/classes.js';
import type { ForeignArgs } from './declarations/shared.js';

/**
 * Reads the options that describe a model which fer-tui has not written. Where there are data, `--classes` may be about them
 * alone.
 */
export function foreignOf(args: ForeignArgs & { readonly data?: string | undefined }): ForeignModel {
  const { model, preprocess, classes, data } = args;
  const parsed = classes === undefined ? undefined : parseClasses(classes);
  return {
    ...{ architecture: model, preprocess },
    classes: parsed !== undefined && 'names' in parsed ? parsed.names : undefined,
    ...(data !== undefined && { ofData: true }),
  };
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
