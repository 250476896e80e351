import type { LoadOptions } from '../data/types.js';
import { printable } from '../util/printable.js';

/** The arguments of commands that decide how a data set is loaded. */
interface DataArgs {
  readonly classes?: string | undefined;
  readonly skipBad?: boolean;
}

/**
 * How a command loads its data set. What was left out or decided goes to stderr, also with --quiet, because it changes what
 * results mean; and into the result as JSON.
 */
export class DataReading {
  #skipped = 0;
  readonly #notes: string[] = [];
  /** Options of `loadDataset`. */
  readonly options: LoadOptions;

  constructor({ classes, skipBad }: DataArgs) {
    this.options = {
      ...(skipBad !== undefined && { skipBad }),
      classes,
      onNote: (note) => {
        this.#notes.push(note);
        process.stderr.write(`${printable(note)}\n`);
      },
      onLoaded: (dataset) => {
        this.#skipped = dataset.skipped;
      },
    };
  }

  /** The same for commands that measure a model: `--classes` also names its outputs, and does not select images. */
  get forModel(): LoadOptions {
    return { ...this.options, choose: false };
  }

  /** What the JSON result says about the data. */
  json(): { readonly skipped: number; readonly notes: readonly string[] } {
    return { skipped: this.#skipped, notes: this.#notes };
  }
}
