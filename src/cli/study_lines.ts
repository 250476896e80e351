import { configurationOf, cvReport } from '../study/cv.js';
import { bestTrial, objectiveText, ranked } from '../study/score.js';
import type { CvSettings, SearchSettings, StudySettings } from '../study/settings.js';
import type { Study } from '../study/study.js';
import { countStates, type TrialRecord, type Values } from '../study/trial.js';
import type { Monitor } from '../train/callbacks/monitor.js';
import { resolveConfig } from '../train/config.js';
import { duration } from '../train/printer.js';
import { trainOptions } from '../train/run_settings.js';
import { counted } from '../util/counted.js';
import { csvLine } from '../util/csv.js';
import { printable } from '../util/printable.js';
import { table } from './table.js';

/** A number of the objective; `-` for none. */
export function metricText(metric: number | null, objective: Monitor): string {
  return metric === null ? '-' : objectiveText(metric, objective);
}

/** `lr=0.01 l2=0.0001` */
export function valuesText(values: Values): string {
  return Object.entries(values)
    .map(([name, value]) => `${name}=${value}`)
    .join(' ');
}

/** A line about a trial whose step has ended, and one with its error. */
export function trialLines(
  { number, state, epochs, metric, seconds, values, error }: TrialRecord,
  objective: Monitor,
): string[] {
  const words = {
    running: 'interrupted',
    interrupted: 'interrupted',
    paused: 'paused',
    complete: '',
    failed: 'failed',
  }[state];
  const parts = [
    `trial ${number}`,
    words,
    metric === null ? '' : `${objective} ${metricText(metric, objective)}`,
    `${counted(epochs, 'epoch')} in ${duration(seconds)}`,
    valuesText(values),
  ];
  const line = parts.filter((part) => part !== '').join('  ');
  return error === undefined ? [line] : [line, `  ${error}`];
}

/** A table of trials, in their order. Those of a cross-validation name their configuration. */
function trialTable(trials: readonly TrialRecord[], settings: StudySettings): string {
  const { objective } = settings;
  const cv = settings.kind === 'cv' ? settings : undefined;
  const names = [...new Set(trials.flatMap(({ values }) => Object.keys(values)))];
  const rows = trials.map(({ number, metric, epochs, state, seconds, values }) => [
    String(number),
    ...(cv ? [configurationOf({ number }, cv)] : []),
    metricText(metric, objective),
    ...names.map((name) => String(values[name] ?? '-')),
    String(epochs),
    duration(seconds),
    state,
  ]);
  const head = ['trial', ...(cv ? ['configuration'] : []), objective, ...names, 'epochs', 'time', 'state'];
  return table(head, rows);
}

/** All trials as CSV, one a line, by number. Those of a cross-validation name their configuration. */
export function trialsCsv({ settings, liveTrials: trials }: Pick<Study, 'settings' | 'liveTrials'>): string {
  const { objective } = settings;
  const cv = settings.kind === 'cv' ? settings : undefined;
  const names = [...new Set(trials.flatMap(({ values }) => Object.keys(values)))];
  const rows = trials.map(({ number, state, metric, epochs, seconds, values, run, error }) => [
    number,
    ...(cv ? [configurationOf({ number }, cv)] : []),
    ...[state, metric, ...names.map((name) => values[name])],
    ...[epochs, seconds, run, error],
  ]);
  const head = [
    'trial',
    ...(cv ? ['configuration'] : []),
    'state',
    objective,
    ...names,
    'epochs',
    'seconds',
    'run',
    'error',
  ];
  return `${[head, ...rows].map((row) => csvLine(row)).join('\n')}\n`;
}

/**
 * What has come of a study.
 * @param top trials that are shown, the best first
 * @param folds whether those of a cross-validation are shown too
 */
export function studySummary(
  study: Pick<Study, 'settings' | 'path' | 'liveTrials' | 'damagedLines'>,
  top: number,
  folds = false,
): string {
  const { settings, path, liveTrials: trials } = study;
  const states = ['complete', 'paused', 'failed', 'running', 'interrupted'] as const;
  const counts = countStates(trials);
  const tally = states
    .filter((state) => counts[state] > 0)
    .map((state) => `${counts[state]} ${state}`)
    .join(', ');
  const damaged = study.damagedLines; // counts what `liveTrials` has read
  const failures = trials.filter(({ state }) => state === 'failed').slice(0, top);
  const lines = [
    `${printable(path)}: ${trials.length} of ${counted(settings.trials, 'trial')}${tally === '' ? '' : `: ${tally}`}`,
    ...(damaged > 0 ? [`trials.ndjson: ${counted(damaged, 'line')} cut off or damaged, left out`] : []),
    '',
    ...(settings.kind === 'cv'
      ? [...cvLines(settings, trials), ...(folds ? ['', ...tableLines(settings, trials, top)] : [])]
      : [...tableLines(settings, trials, top), ...bestLines(settings, trials)]),
    ...failures.map(({ number, error }) => `trial ${number} failed: ${error}`),
  ];
  return `${lines.join('\n')}\n`;
}

/** The best trials. */
function tableLines(settings: StudySettings, trials: readonly TrialRecord[], top: number): string[] {
  const shown = ranked(trials, settings.objective).slice(0, top);
  return shown.length === 0 ? [] : [trialTable(shown, settings)];
}

/** The command that trains with the settings of the best trial. */
function bestLines({ objective, settings }: SearchSettings, trials: readonly TrialRecord[]): string[] {
  const best = bestTrial(trials, objective);
  if (best === undefined) return [];
  const options = trainOptions({ ...resolveConfig({ ...settings, ...best.values }) }).join(' ');
  return [`the best: fer-tui train ${printable(options)}`];
}

/** Mean and deviation of each configuration, and its comparison with the best. */
function cvLines(study: CvSettings, trials: readonly TrialRecord[]): string[] {
  const { objective, folds, repeats } = study;
  const { configs, comparisons } = cvReport(study, trials);
  const text = (value: number): string => (Number.isNaN(value) ? '-' : metricText(value, objective));
  const rows = configs.map(({ name, mean, sd, n }) => [
    name,
    text(mean),
    text(sd),
    `${n}/${folds * repeats}`,
  ]);
  const compared = comparisons.map(({ name, best, difference, low, high, p, pairs }) => {
    if (pairs < 2) return `${name} beside ${best}: not enough folds yet`;
    const interval = `95 % interval ${text(low)} to ${text(high)}, p = ${p.toFixed(3)}`;
    return `${name} - ${best}: ${text(difference)}, ${interval} (corrected resampled t-test, ${pairs} pairs)`;
  });
  return [table(['configuration', `mean ${objective}`, 'sd', 'folds'], rows), ...compared];
}
