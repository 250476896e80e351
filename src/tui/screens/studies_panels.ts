import { basename } from 'node:path';
import type { StudyReport } from '../../engine/requests.js';
import { type CvReport, comparisonOf } from '../../study/cv.js';
import { whyNoImportance } from '../../study/importance.js';
import { type ParameterAxis, parameterAxes } from '../../study/parameter_axis.js';
import { objectiveText, ranked } from '../../study/score.js';
import type { TrialRecord } from '../../study/trial.js';
import { percent } from '../../util/axis.js';
import { counted } from '../../util/counted.js';
import { chartTable, lineChart } from '../charts/line_chart.js';
import { curveSeries, sliceChart, type TrialChart } from '../charts/trial_charts.js';
import { scrolled } from '../layout.js';
import { type Loadable, waitingLines } from '../loadable.js';
import type { PanelView } from '../screen_module.js';
import { type Column, headLine, rowLine } from '../table.js';
import { padTo, wholeItems, widthOf, wrapped } from '../text.js';
import { bar, listLine } from '../widgets.js';

/** The folder of the studies. */
export const STUDIES_FOLDER = 'studies';

/** All studies, and the one that is shown. */
export interface Shown {
  readonly paths: readonly string[];
  /** Of the study that is shown; undefined if there are none. */
  readonly path: string | undefined;
  /** Undefined if there are no studies, or if this one cannot be read. */
  readonly report: StudyReport | undefined;
  /** Why it cannot be read. */
  readonly problem?: string | undefined;
}

export interface StudiesState {
  readonly shown: Loadable<Shown>;
  /** Number of a trial; undefined: the best. */
  readonly selected: number | undefined;
  /** `curves`, or the setting of a slice. */
  readonly chart: string;
  /** Whether the objective has a logarithmic axis. */
  readonly log: boolean;
  /** Reads the study again and again while the screen is open. */
  readonly watch: NodeJS.Timeout | undefined;
}

type View = PanelView<StudiesState>;

export function reportOf({ shown }: Pick<StudiesState, 'shown'>): StudyReport | undefined {
  return shown.status === 'ready' ? shown.value.report : undefined;
}

/** The trials in the order of the list: the best first. */
export function orderedTrials({ trials, objective }: StudyReport): readonly TrialRecord[] {
  return ranked(trials, objective);
}

export function selectedTrial(state: StudiesState): TrialRecord | undefined {
  const report = reportOf(state);
  if (report === undefined) return undefined;
  return report.trials.find(({ number }) => number === state.selected) ?? orderedTrials(report)[0];
}

/** What the chart can show. */
export function chartsOf(report: StudyReport): readonly string[] {
  return ['curves', ...axesOf(report).map(({ name }) => name)];
}

/** The settings in which the trials differ. The fold, in which the trainings of a cross-validation differ, is not one of them. */
function axesOf({ trials, cv }: StudyReport): ParameterAxis[] {
  return cv === undefined ? parameterAxes(trials) : [];
}

const metricText = ({ objective }: StudyReport, value: number | null): string =>
  value === null ? '–' : objectiveText(value, objective);

const SIGNS: Readonly<Record<TrialRecord['state'], string>> = {
  running: 'running',
  interrupted: 'interrupted',
  paused: 'paused',
  complete: 'complete',
  failed: '✗ failed',
};

function columnsOf(report: StudyReport): readonly Column<TrialRecord>[] {
  return [
    { head: 'trial', width: 5, text: ({ number }) => String(number) },
    { head: report.objective.slice(0, 9), width: 9, text: ({ metric }) => metricText(report, metric) },
    { head: 'epochs', width: 6, text: ({ epochs }) => String(epochs) },
    { head: 'state', width: 11, left: true, text: ({ state }) => SIGNS[state] },
  ];
}

export function trialsTitle({ state }: View): string {
  if (state.shown.status !== 'ready') return 'trials';
  const { paths, path, report } = state.shown.value;
  const place = paths.length > 1 ? ` · study ${paths.indexOf(path ?? '') + 1} of ${paths.length}` : '';
  if (report === undefined) return `${path === undefined ? 'trials' : basename(path)}${place}`;
  return `${report.name} · ${report.trials.length} of ${report.planned} trials${place}`;
}

export function trialLines({ state, theme, cols, rows, now }: View): string[] {
  const empty = `no studies in ${STUDIES_FOLDER}/ yet: fer-tui search SPACE.yaml starts one`;
  if (state.shown.status !== 'ready') return waitingLines(state.shown, { empty, theme, cols, now });
  const report = reportOf(state);
  const { problem } = state.shown.value;
  if (problem !== undefined) return wrapped(`✗ ${problem}`, cols).map((line) => theme.bad(line));
  if (report === undefined) return wrapped(empty, cols);
  const damaged = damageOf(report);
  const damage = damaged === undefined ? [] : wrapped(damaged, cols).map((line) => theme.bad(line));
  if (report.trials.length === 0) return [...damage, 'no trial has begun yet'];
  const trials = orderedTrials(report);
  const columns = columnsOf(report);
  const chosen = selectedTrial(state);
  const head = ` ${headLine(columns)}  `;
  const room = cols - widthOf(head);
  const all = chosen === undefined ? '' : settingsOf(report, chosen).join(', ');
  const below = widthOf(all) <= room ? [] : wrapped(all, cols - 1).slice(0, Math.max(0, rows - 3));
  const [first, count] = scrolled(
    rows - 1 - damage.length - below.length,
    trials.length,
    chosen === undefined ? 0 : trials.indexOf(chosen),
  );
  return [
    ...damage,
    theme.dim(`${head}settings`),
    ...trials
      .slice(first, first + count)
      .map((trial) =>
        listLine(
          `${rowLine(columns, trial)}  ${wholeItems(settingsOf(report, trial), room)}`,
          trial === chosen,
          theme,
        ),
      ),
    ...below.map((line) => theme.dim(` ${line}`)),
  ];
}

/** Names and values, the most important first: where there is little room, these are seen. */
function settingsOf({ importance }: StudyReport, { values }: TrialRecord): string[] {
  const names = importance?.parameters.map(({ name }) => name) ?? [];
  const all = new Set([...names, ...Object.keys(values)]);
  return [...all].flatMap((name) => (name in values ? [`${name} ${values[name]}`] : []));
}

function damageOf({ damagedLines = 0 }: StudyReport): string | undefined {
  return damagedLines === 0
    ? undefined
    : `✗ trials.ndjson: ${counted(damagedLines, 'line')} cut off or damaged, left out`;
}

export function chartTitle({ state }: View): string {
  const report = reportOf(state);
  if (report === undefined) return 'curves';
  const best = orderedTrials(report)[0];
  const chosen = selectedTrial(state);
  const words = [`* best ${best?.number ?? ''}`, chosen === best ? '' : `o trial ${chosen?.number}`];
  const what =
    state.chart === 'curves' ? `${report.objective} by epoch` : `${report.objective} by ${state.chart}`;
  return `${what}${state.log ? ' (log)' : ''}  ${words.filter(Boolean).join('  ')}`;
}

export function chartLines(view: View): string[] {
  const { state, app, cols, rows, theme, capability } = view;
  const report = reportOf(state);
  if (report === undefined) return [];
  const format = (value: number): string => metricText(report, value);
  const options = { cols, rows, theme, glyphs: capability.glyphs, format, log: state.log };
  const chart = trialChart(report, state);
  const axis = axesOf(report).find(({ name }) => name === state.chart);
  if (axis !== undefined)
    return app.table ? sliceTable(report, axis, rows) : sliceChart(chart, axis, options);
  const series = curveSeries(chart);
  return app.table ? chartTable(series, options) : lineChart(series, options);
}

/** The trials, with the best and the selected one pointed out. */
function trialChart(report: StudyReport, state: StudiesState): TrialChart {
  return { trials: report.trials, best: orderedTrials(report)[0], chosen: selectedTrial(state) };
}

function sliceTable(report: StudyReport, { name, place }: ParameterAxis, rows: number): string[] {
  const trials = report.trials.filter(({ values }) => name in values);
  const sorted = [...trials].sort((a, b) => place(a.values[name] ?? '') - place(b.values[name] ?? ''));
  const lines = sorted.map(
    ({ number, values, metric }) =>
      `${String(values[name]).padStart(12)}${metricText(report, metric).padStart(11)}  trial ${number}`,
  );
  return [`${name.slice(0, 12).padStart(12)}${report.objective.slice(0, 10).padStart(11)}`, ...lines].slice(
    0,
    rows,
  );
}

export function importanceTitle({ state }: View): string {
  const { cv, importance: found, objective } = reportOf(state) ?? {};
  if (cv !== undefined) return `configurations · mean ${objective} after the last epoch`;
  if (found === undefined) return 'importance';
  return `importance · ${found.trials} trials after ${counted(found.epochs, 'epoch')}`;
}

export function importanceLines({ state, cols, rows, theme }: View): string[] {
  const report = reportOf(state);
  if (report === undefined) return [];
  if (report.cv !== undefined) return configLines(report, report.cv, { cols, rows }).slice(0, rows);
  const why = whyNoImportance(report.importance);
  if (report.importance === undefined || why !== undefined) return wrapped(why ?? '', cols).slice(0, rows);
  const { parameters, explained } = report.importance;
  const names = Math.min(16, Math.max(...parameters.map(({ name }) => name.length)));
  const room = Math.max(4, cols - names - 20);
  const lines = parameters.map(({ name, share, clear }) => {
    const line = `${padTo(name, names)} ${bar(share, room)} ${percent(share, 0).padStart(5)}`;
    return clear ? line : `${line} ${theme.dim('not clear')}`;
  });
  const says = `explained: ${percent(explained, 0)} of the variance`;
  return [...lines.slice(0, Math.max(1, rows - 1)), theme.dim(says)];
}

/**
 * Mean and standard deviation of each configuration, and the interval of its difference from the best, which has a line of its
 * own where it is too long and there is room.
 */
function configLines(report: StudyReport, cv: CvReport, room: { cols: number; rows: number }): string[] {
  const { configs } = cv;
  const text = (value: number): string => metricText(report, Number.isFinite(value) ? value : null);
  const names = Math.min(20, Math.max(...configs.map(({ name }) => name.length)));
  const parts = configs.map(({ name, mean, sd, n }) => {
    const beside = comparisonOf(cv, name);
    const own = `${padTo(name, names)} ${text(mean)} ± ${text(sd)}, ${counted(n, 'fold')}`;
    return beside === undefined
      ? [own]
      : [own, `${text(beside.difference)} (${text(beside.low)} to ${text(beside.high)})`];
  });
  const long = parts.map((part) => part.join('  '));
  const short = parts.flatMap((part) => part.map((text, i) => (i === 0 ? text : `  ${text}`)));
  const fits = long.every((line) => widthOf(line) <= room.cols);
  return fits || short.length > room.rows ? long : short;
}
