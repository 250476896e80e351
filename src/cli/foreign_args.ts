import { parseClasses } from '../data/class_names.js';
import { softmaxText } from '../train/softmax_text.js';
import type { ForeignModel } from '../train/weights.js';
import { CLASS_NAMES } from '../util/classes.js';
import { printable } from '../util/printable.js';
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

/** What was assumed about one model, or about several. */
interface Assumed {
  readonly classesGuessed?: boolean | undefined;
  readonly softmaxAdded?: boolean | readonly string[];
}

/** Warns on stderr about the assumptions made for a foreign model: a wrong one makes results wrong. @param path names it */
export function warnOfGuess({ classesGuessed, softmaxAdded = [] }: Assumed, path: string): void {
  const added = typeof softmaxAdded === 'boolean' ? [path].filter(() => softmaxAdded) : softmaxAdded;
  for (const file of added) process.stderr.write(`${printable(softmaxText(file))}\n`);
  if (!classesGuessed) return;
  process.stderr.write(
    `${printable(path)} does not name its classes; assuming ${CLASS_NAMES.join(', ')}. If it was trained on fer2013.csv with that file's labels, give --classes csv; for other classes, --classes a,b,c\n`,
  );
}
