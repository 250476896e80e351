import type { LoadOptions } from '../data/types.js';

/** What commands know of how a data set is loaded. */
interface DataArgs {
  readonly classes?: string | undefined;
  readonly skipBad?: boolean;
  readonly quiet: boolean;
}

/** How a data set is loaded. What is decided about its classes goes to stderr. */
export function loadOf({ classes, skipBad, quiet }: DataArgs): LoadOptions {
  return {
    ...(skipBad !== undefined && { skipBad }),
    classes,
    onNote: (note) => void (quiet || process.stderr.write(`${note}\n`)),
  };
}

/** The same for commands that measure a model: the names in `--classes` are those of its outputs too, and choose no data. */
export const loadForModel = (args: DataArgs): LoadOptions => ({ ...loadOf(args), choose: false });
