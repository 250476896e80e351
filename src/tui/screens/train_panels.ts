import type { RunReport } from '../../train/runs.js';
import { percent, shortNumber } from '../../util/axis.js';
import { CLASS_NAMES } from '../../util/classes.js';
import { inMegabytes } from '../../util/megabytes.js';
import type { ChartView, XAxis } from '../charts/chart_view.js';
import type { FormBase } from '../form.js';
import { scrolled } from '../layout.js';
import type { Loadable } from '../loadable.js';
import { isGoing, type RunEvent, type RunState } from '../run_state.js';
import { clock, phaseWord, rate, rateOf, secondsOf, silentSeconds } from '../run_words.js';
import type { PanelView, SearchedList } from '../screen_module.js';
import { cut, padTo, spread, widthOf } from '../text.js';
import { bar, type MatrixCell, matrixLines, nameCols, progressBar } from '../widgets.js';

/** The Train screen's own state. The run is part of the app's state. */
export interface TrainState {
  /** Selected row of the form: 0 is "Start training", then come the fields. */
  readonly selected: number;
  /** The line of the event list that a search found last. */
  readonly event: RunEvent | undefined;
  /** The recipe or run whose settings were last copied into the form. */
  readonly base: FormBase | undefined;
  /** Which settings the form shows: those that contain a text, those that differ (`*`), or all. */
  readonly filter: string;
  /** Earlier runs, for what they have measured. */
  readonly measured: Loadable<RunReport[]>;
  /** Whether to show the form instead of a run that has ended. */
  readonly form: boolean;
  readonly log: boolean;
  readonly smooth: boolean;
  /** Weight of the previous average in the smoothed training curves, 0 to 1. */
  readonly weight: number;
  /** Whether charts show only the latest part. */
  readonly recent: boolean;
  /** What the chart beside the loss shows. */
  readonly second: SecondChart;
  readonly axis: XAxis;
  /** Runs whose curves are drawn over those of this one. */
  readonly others: readonly RunState[];
  /** The part of the curves that is shown, and the cursor; `of`: `begun` of the run that they belong to. */
  readonly chart: ChartView & { readonly of?: number };
  /** Whether the confusion matrix shows counts. */
  readonly counts: boolean;
  /** The selected cell of the confusion matrix; undefined: the most frequent confusion. */
  readonly cell: MatrixCell | undefined;
}

/** Other runs that can be drawn over one: more curves could not be told apart. */
export const MOST_OTHERS = 2;

/** The charts that can be shown beside the loss. */
export const SECOND_CHARTS = ['accuracy', 'gradient norm', 'learning rate', 'images/s'] as const;
export type SecondChart = (typeof SECOND_CHARTS)[number];

type View = PanelView<TrainState>;

export const runOf = ({ app }: Pick<View, 'app'>): RunState => app.run as RunState;

const NO_VALIDATION = ['no validation yet', 'v validates now, after the batch'];

export function classesOf({ start }: RunState, count: number): readonly string[] {
  if (start?.data.classes !== undefined) return start.data.classes;
  // Logs of early versions do not name the classes.
  return count === CLASS_NAMES.length ? CLASS_NAMES : Array.from({ length: count }, (_, i) => `class ${i}`);
}

export function recallLines(view: View): readonly string[] {
  const { cols, rows, theme } = view;
  const run = runOf(view);
  const recall = run.validation?.numbers.recall;
  if (recall === undefined) return NO_VALIDATION.map(theme.dim);
  const names = classesOf(run, recall.length);
  const width = nameCols(names, 10);
  const bars = Math.max(4, Math.min(24, cols - 10 - width));
  const all = recall.map((value, i) => ({ name: names[i] ?? '', value }));
  // Where there is not enough room for all classes, those with the lowest recall come first.
  const listed = all.length > Math.max(7, rows - 1) ? all.toSorted((a, b) => a.value - b.value) : all;
  const lines = listed.slice(0, rows - 1).map(({ name, value }) => {
    const head = padTo(name.toLowerCase(), width);
    return `${head}${theme.validation(bar(value, bars))} ${percent(value, 0).padStart(5)}`;
  });
  const macro = recall.reduce((a, b) => a + b, 0) / recall.length;
  const which = listed === all ? 'the classes' : `${all.length} classes, lowest first`;
  return [...lines, `mean of ${which} ${percent(macro)} · epoch ${shortNumber(run.validation?.at ?? 0)}`];
}

/** The confusion matrix of the latest validation, with one cell marked. */
export function confusionLines(view: View, cell: MatrixCell | undefined): readonly string[] {
  const { cols, rows, theme, state } = view;
  const run = runOf(view);
  const counts = run.validation?.numbers.confusion;
  if (counts === undefined) return NO_VALIDATION.map(theme.dim);
  const options = { theme, asCounts: state.counts, cols, rows, cell };
  return matrixLines(counts, classesOf(run, counts.length), options);
}

export function runLines(view: View): readonly string[] {
  const { cols, theme, now } = view;
  const run = runOf(view);
  const { start, step, epochs, progress, validation, phase } = run;
  const silent = silentSeconds(run, now);
  const head: string[] = [];
  if (silent !== undefined) {
    head.push(theme.bad(`✗ engine not answering for ${silent} s: press x, then k to kill it`));
  }
  if (phase === 'done' || phase === 'failed' || phase === 'lost') head.push(...endLines(view, run));
  if (progress !== undefined) {
    const share = progress.total > 0 ? progress.done / progress.total : 0;
    const words = progress.text.endsWith('%')
      ? progress.text
      : `${progress.text} · ${Math.round(100 * share)} %`;
    // The clock of the screen may be behind the event by a second.
    const since =
      progress.since === undefined ? '' : ` · ${(Math.max(0, now - progress.since) / 1000).toFixed(0)} s`;
    head.push(`${words}${since}`, progressBar(share, Math.min(cols, 40)));
  } else if (phase === 'starting') {
    head.push(`opening data and device · ${(Math.max(0, now - run.begun) / 1000).toFixed(0)} s`);
  }
  if (start === undefined || step === undefined) return head;
  const epoch = Math.max(step.epoch, epochs.at(-1)?.epoch ?? 0);
  const going = isGoing(run);
  const state = phase === 'paused' ? theme.warn(` ${phaseWord(run)}`) : '';
  const inEpoch = ` ${progressBar(step.stepInEpoch / step.of, 12)} ${step.stepInEpoch}/${step.of}${state}`;
  const through = `epoch ${epoch}/${start.of}${going ? inEpoch : ''}`;
  const eta = !going ? '' : `ETA ${step.etaS === null ? '—' : clock(step.etaS)} · `;
  const elapsed = clock(secondsOf(run));
  return [
    ...head,
    spread(through, rate(step.imgPerS), cols),
    `${eta}elapsed ${elapsed} · lr ${(rateOf(run) ?? step.lr).toExponential(1)}`,
    validation === undefined
      ? 'no validation yet'
      : `val ${percent(validation.numbers.acc)} · loss ${validation.numbers.loss.toFixed(3)} · ${bestWords(run)}`,
    ...machineLines(run, cols),
    theme.dim(
      `step ${step.step.toLocaleString('en')} · ${start.parameters.toLocaleString('en')} parameters · ${start.path}`,
    ),
  ];
}

/** The load of training on the machine: processor, memory, and buffers on the device. */
function machineLines(run: RunState, cols: number): string[] {
  const memory = run.step?.memory ?? run.start?.memory;
  const buffers = memory === undefined ? '' : `GPU buffers ${inMegabytes(memory.liveBytes)}`;
  const peak = memory === undefined ? '' : ` · peak ${inMegabytes(memory.peakBytes)}`;
  const { load } = run;
  if (load === undefined || !isGoing(run)) return memory === undefined ? [] : [buffers + peak];
  const cpu = `CPU ${progressBar(load.cpu, 4)} ${Math.round(100 * load.cpu)} %`;
  const ram = `RAM ${progressBar(load.memory / load.of, 4)} ${inMegabytes(load.memory)}`;
  const parts = [cpu, ram, buffers + peak].filter(Boolean).join(' · ');
  if (widthOf(parts) <= cols) return [parts];
  return [[cpu, ram, buffers.replace('buffers ', '')].filter(Boolean).join(' · ')];
}

function bestWords({ epochs }: RunState): string {
  const best = epochs.findLast((epoch) => epoch.best);
  if (best === undefined) return 'no best yet';
  return `best ${percent(best.val?.acc ?? best.train.acc)} in epoch ${best.epoch}`;
}

function endLines({ theme }: View, run: RunState): string[] {
  if (run.phase === 'lost')
    return [
      theme.bad(run.killed ? '✗ you killed the engine · R resumes' : '✗ the engine crashed · R resumes'),
    ];
  if (run.phase === 'failed') {
    const more =
      run.start === undefined ? 'n returns to the form' : 'n new run · R resumes from the last checkpoint';
    return [theme.bad(`✗ ${run.error?.message ?? 'failed'}`), more];
  }
  const word = run.end?.status === 'early-stop' ? 'stopped early' : (run.end?.status ?? 'ended');
  const next = run.end?.status === 'stopped' ? 'R resumes · n new run' : 'n new run · 6 compares runs';
  return [`${theme.good(`✓ ${word}`)} · ${bestWords(run)} · ${next}`];
}

export function eventLines(view: View): readonly string[] {
  const { rows, cols, theme, app, state } = view;
  const newest = newestFirst(view);
  const found = app.search === undefined ? -1 : placeOf(newest, state.event);
  const [first, count] = scrolled(rows, newest.length, Math.max(0, found));
  return newest.slice(first, first + count).map(({ at, sign, text, kind }, i) => {
    const time = at === undefined ? '' : `${new Date(at).toTimeString().slice(0, 8)} `;
    if (first + i === found) return theme.selected(padTo(`▸${time}${sign} ${text}`, cols));
    const paint = { info: (s: string) => s, good: theme.good, bad: theme.bad }[kind];
    return cut(`${theme.dim(time)}${paint(sign)} ${text}`, cols);
  });
}

const newestFirst = ({ app }: Pick<View, 'app'>): readonly RunEvent[] => (app.run?.events ?? []).toReversed();

const placeOf = (events: readonly RunEvent[], event: RunEvent | undefined): number =>
  event === undefined ? -1 : events.indexOf(event);

/** The events as a list that `/` searches, the newest first. */
export const EVENT_LIST: SearchedList<TrainState> = {
  when: (act) => newestFirst(act).length > 0,
  rows: (act) => newestFirst(act).map(({ text }) => text),
  at: (act) => placeOf(newestFirst(act), act.state.event),
  go: (act, row) => act.set({ event: newestFirst(act)[row] }),
};
