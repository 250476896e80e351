import type { StudySettings } from '../../src/study/settings.js';
import type { TrialRecord } from '../../src/study/trial.js';

/** The settings of a study that was never run. */
export const STUDY_SETTINGS: StudySettings = {
  ...{ kind: 'search', created: '2026-11-23T10:00:00Z', method: 'tpe', trials: 30, seed: 1 },
  ...{ pruner: 'asha', minEpochs: 1, reduction: 3 },
  ...{ objective: 'val_acc', settings: { data: 'synthetic', epochs: 9 } },
  space: { optimizer: ['adam', 'sgd'], lr: { min: 1e-4, max: 0.1, log: true }, momentum: [0, 0.9] },
};

/** Trials as ASHA leaves them: one is being trained, one has failed, most were stopped early. */
export function fakeTrials(count = 24): TrialRecord[] {
  return Array.from({ length: count }, (_, i): TrialRecord => {
    const number = i + 1;
    const lr = Number((1e-4 * 1000 ** (((i * 7) % count) / count)).toPrecision(4));
    const sgd = i % 3 === 0;
    const best = 0.7 - 0.1 * Math.abs(Math.log10(lr) + 2) - (sgd ? 0.05 : 0);
    const epochs = i % 8 === 4 ? 9 : i % 3 === 1 ? 3 : 1;
    const curve = Array.from({ length: epochs }, (_, e) => best * (1 - 0.5 ** (e + 1)));
    const trial: TrialRecord = {
      ...{ number, epochs, until: epochs, curve, metric: Math.max(...curve), seconds: 12 * epochs },
      values: { optimizer: sgd ? 'sgd' : 'adam', lr, ...(sgd && { momentum: i % 2 === 0 ? 0 : 0.9 }) },
      ...{ state: epochs === 9 ? 'complete' : 'paused', run: `studies/s1/trials/t${number}` },
    };
    if (number === 2)
      return { ...trial, state: 'failed', epochs: 0, curve: [], metric: null, error: 'loss is NaN' };
    return number === count ? { ...trial, state: 'running', until: 9 } : trial;
  });
}
