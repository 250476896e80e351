import { improves, type Monitor } from '../train/callbacks/monitor.js';
import type { TrialRecord } from './trial.js';

/** Trials with a number, the best first. Of equal ones, the earlier first. */
export function rankedTrials(trials: readonly TrialRecord[], objective: Monitor): TrialRecord[] {
  const better = (a: number, b: number): boolean => improves(a, b, { monitor: objective, mode: 'auto' });
  return trials
    .filter((trial): trial is TrialRecord & { readonly metric: number } => trial.metric !== null)
    .sort((a, b) => (better(a.metric, b.metric) ? -1 : better(b.metric, a.metric) ? 1 : a.number - b.number));
}

/** Trials by state. */
export function countStates(trials: readonly TrialRecord[]): Readonly<Record<TrialRecord['state'], number>> {
  const counts = { running: 0, paused: 0, complete: 0, failed: 0 };
  for (const { state } of trials) counts[state]++;
  return counts;
}
