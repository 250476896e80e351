import { classCounts } from '../../data/facts.js';
import { loadDataset } from '../../data/load.js';
import type { SplitName } from '../../data/types.js';
import { EXIT } from '../../util/errors.js';
import { printable } from '../../util/printable.js';
import { DataReading } from '../data_args.js';
import type { DataArgs } from '../declarations/data.js';
import type { GlobalArgs } from '../declarations/globals.js';
import { writeJson } from '../run_command.js';
import { table } from '../table.js';

/** `fer-tui data`: counts the images of a data set. */
export async function data(args: DataArgs & GlobalArgs): Promise<number> {
  const { path, json } = args;
  const reading = new DataReading(args);
  const { name, classes, splits, leaks } = await loadDataset(path, { ...reading.options, leaks: 'count' });
  const names = Object.keys(splits) as SplitName[];
  const counts = Object.fromEntries(
    names.map((split) => [split, classCounts(splits[split], classes.length)]),
  );
  if (json) {
    writeJson({ v: 1, type: 'result', name, classes, counts, leaks, ...reading.json() });
    return EXIT.done;
  }
  const rows = classes.map((label, c) => [
    label,
    ...names.map((split) => (counts[split]?.[c] ?? 0).toLocaleString('en')),
  ]);
  rows.push(['all', ...names.map((split) => splits[split].labels.length.toLocaleString('en'))]);
  process.stdout.write(`${printable(name)}: 48 x 48 gray\n\n${table(['class', ...names], rows)}`);
  return EXIT.done;
}
