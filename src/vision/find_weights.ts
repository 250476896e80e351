import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { listRuns } from '../train/runs.js';
import { shippedModels, weightsPath } from '../train/shipped_models.js';
import { RunError } from '../util/errors.js';

/** How many runs an error lists. */
const LISTED = 4;

/** The weight file that is meant. Where none is named and none shipped, the error lists what was trained here. */
export function findWeights(given: string | undefined): string {
  if (given !== undefined || shippedModels().length > 0) return weightsPath(given);
  const runs = listRuns()
    .map((run) => ({ ...run, file: join(run.path, 'best.safetensors') }))
    .filter(({ file }) => existsSync(file))
    .slice(0, LISTED)
    .map(({ file, model, best }) => {
      const accuracy = best === null ? '' : `, ${(100 * best.acc).toFixed(1)} %`;
      return `--weights ${file} (${model}${accuracy})`;
    });
  const choice =
    runs.length > 0
      ? `trained here: ${runs.join(', ')}`
      : 'nothing was trained here yet: fer-tui train --data FER-2013';
  throw new RunError(`no weights are named, and none are shipped; ${choice}`);
}
