import { join } from 'node:path';
import { atomicWrite, needFolder } from '../../util/atomic_write.js';
import { csvLine } from '../../util/csv.js';
import type { LabData } from './outcome.js';
import type { Results } from './results.js';
import type { LabReport } from './run_lab.js';
import { labSvg } from './svg.js';

/**
 * Writes a lab's runs (`NAME.csv`), their curves (`NAME-curves.csv`) and its plot (`NAME.svg`) into a folder, which is created
 * if needed. Throws RunError where it cannot write.
 * @returns the paths
 */
export function writeLabFiles({ lab, results }: LabReport, folder: string): string[] {
  needFolder(folder);
  const files = {
    [`${lab.name}.csv`]: runsCsv(lab, results),
    [`${lab.name}-curves.csv`]: curvesCsv(results),
    [`${lab.name}.svg`]: labSvg(lab, results),
  };
  return Object.entries(files).map(([name, text]) => {
    const path = join(folder, name);
    atomicWrite(path, text);
    return path;
  });
}

/** A line for each run. A number that was not measured is empty; one of a training that diverged is NaN. */
export function runsCsv(lab: LabData, results: Results): string {
  const measures = Object.keys(lab.measures);
  const rows = results.runs.map(({ variant, seed, numbers }) => [
    ...[variant, String(seed)],
    ...measures.map((measure) => String(numbers[measure] ?? '')),
  ]);
  return csv([['variant', 'seed', ...measures], ...rows]);
}

/** A line for each point of each run. */
function curvesCsv(results: Results): string {
  const rows = results.runs.flatMap(({ variant, seed, curve }) =>
    curve.map(({ x, y }) => [variant, String(seed), String(x), String(y)]),
  );
  return csv([['variant', 'seed', 'x', 'y'], ...rows]);
}

function csv(rows: readonly (readonly string[])[]): string {
  return rows.map((row) => `${csvLine(row)}\n`).join('');
}
