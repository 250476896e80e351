import { foldSampler } from './cv.js';
import { type PrunerName, prunerOf } from './pruners.js';
import { samplerOf } from './samplers.js';
import type { StudySettings } from './settings.js';
import { parseSpace } from './space.js';
import type { Advisers } from './study.js';
import type { Pruner } from './trial.js';

/** The sampler and the pruner of a study. Throws UsageError when its settings do not fit each other. */
export function advisersOf(study: StudySettings): Advisers {
  const { trials, objective, settings } = study;
  const pruner = (name: PrunerName, minEpochs: number, factor: number): Pruner => {
    // Without a pruner, trials may differ in their epochs.
    const epochs = name === 'none' ? Number.POSITIVE_INFINITY : settings.epochs;
    return prunerOf({ pruner: name, epochs, minEpochs, factor, trials, objective });
  };
  if (study.kind === 'cv') return { sampler: foldSampler(study), pruner: pruner('none', 1, 1) };
  const { method, seed } = study;
  const space = parseSpace(study.space, settings, 'space');
  return {
    sampler: samplerOf(space, { method, seed, objective }),
    pruner: pruner(study.pruner, study.minEpochs, study.reduction),
  };
}
