import { foldSampler } from './cv.js';
import { prunerOf } from './pruners.js';
import { samplerOf } from './samplers.js';
import type { StudySettings } from './settings.js';
import { parseSpace } from './space.js';
import type { Advisers } from './study.js';

/** Who decides in a study with these settings. Throws UsageError when they do not fit each other. */
export function advisersOf(study: StudySettings): Advisers {
  const { trials, objective, settings } = study;
  const { epochs } = settings;
  if (study.kind === 'cv') {
    const whole = { pruner: 'none', minEpochs: 1, factor: 1, epochs, trials, objective } as const;
    return { sampler: foldSampler(study), pruner: prunerOf(whole) };
  }
  const { method, seed, pruner, minEpochs, reduction: factor } = study;
  const space = parseSpace(study.space, settings, 'space');
  return {
    sampler: samplerOf(space, { method, seed, objective }),
    // Where trials differ in their epochs, there is no pruner, and each has its own.
    pruner: prunerOf({
      pruner,
      epochs: pruner === 'none' ? Number.POSITIVE_INFINITY : epochs,
      minEpochs,
      factor,
      trials,
      objective,
    }),
  };
}
