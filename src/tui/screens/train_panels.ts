import { percent, shortNumber } from '../../util/axis.js';
import { CLASS_NAMES, sameClasses } from '../../util/classes.js';
import { chartTable, legend, lineChart, type Series } from '../charts/line_chart.js';
import type { Curve } from '../curve.js';
import { isActive, type RunState } from '../run_state.js';
import { clock, phaseWord, rate, rateOf, secondsOf, silentSeconds } from '../run_words.js';
import type { PanelView } from '../screen_module.js';
import { cut, padTo, spread } from '../text.js';
import { bar, matrixLines, nameCols, progressBar } from '../widgets.js';

/** The Train screen's own state. The run is part of the app's state. */
export interface TrainState {
  /** Selected row of the form: 0 is "Start training", then come the fields. */
  readonly selected: number;
  /** What was looked for in the form last. */
  readonly find: string;
  /** Whether to show the form instead of a run that has ended. */
  readonly form: boolean;
  readonly log: boolean;
  readonly smooth: boolean;
  /** Share of the old in the smoothed training curves. */
  readonly weight: number;
  /** Whether charts show only the latest part. */
  readonly recent: boolean;
  /** Whether the confusion matrix shows counts. */
  readonly counts: boolean;
}

type View = PanelView<TrainState>;

/** Accuracy of people on FER-2013, reported by its authors (65 +- 5 %). */
const PEOPLE = 0.65;

export const runOf = ({ app }: Pick<View, 'app'>): RunState => app.run as RunState;

/** Training, for each batch. */
function rawOf(view: View, curve: Curve): Series {
  const { recent, smooth } = view.state;
  const points = recent ? curve.recent : curve.whole;
  return { name: 'T', role: smooth ? 'faint' : 'train', mark: '.', points };
}

/** Validation: once per epoch, and where somebody asked for it. */
function validationOf(view: View, pick: (n: { loss: number; acc: number }) => number): Series {
  const { epochs, asides, loss } = runOf(view);
  const from = view.state.recent ? (loss.recent[0]?.x ?? 0) : 0;
  const points = [
    ...epochs.map(({ epoch, val }) => ({ x: epoch, y: val === undefined ? Number.NaN : pick(val) })),
    ...asides.map(({ at, numbers }) => ({ x: at, y: pick(numbers) })),
  ];
  const shown = points.filter(({ x }) => x >= from).sort((a, b) => a.x - b.x);
  return { name: 'V', role: 'validation', mark: 'o', dots: true, points: shown };
}

/** The curves: training raw and smoothed, and validation. */
function curves(view: View, curve: Curve, pick: (n: { loss: number; acc: number }) => number): Series[] {
  const { smooth, weight } = view.state;
  const raw = rawOf(view, curve);
  const validation = validationOf(view, pick);
  if (!smooth) return [raw, validation];
  const from = raw.points[0]?.x ?? 0;
  const points = curve.smoothed(weight).filter(({ x }) => x >= from);
  const average: Series = { name: 'T', role: 'train', mark: '*', points };
  // In braille without colour, the raw curve would hide the smoothed one.
  const drowns = view.capability.color === 'none' && view.capability.glyphs === 'unicode';
  return [...(drowns ? [] : [{ ...raw, unnamed: true }]), average, validation];
}

function chartOptions(view: View, accuracy: boolean) {
  const { theme, capability, cols, rows, state } = view;
  const run = runOf(view);
  const last = Math.max(1, run.step?.epoch ?? 0, run.epochs.at(-1)?.epoch ?? 0);
  const first = state.recent ? (run.loss.recent[0]?.x ?? 0) : 0;
  const markers = run.markers.filter(({ x }) => x >= first);
  const common = { theme, glyphs: capability.glyphs, cols, rows, markers };
  if (!accuracy) return { ...common, log: state.log, format: shortNumber, x: [first, last] as const };
  const majority = run.start?.data.majority;
  const classes = classesOf(run, 7);
  const chance = 1 / classes.length;
  const points = state.recent ? run.acc.recent : run.acc.whole;
  const reached = points.reduce((most, { y, high }) => Math.max(most, high ?? y), 0);
  return {
    ...common,
    x: [first, last] as const,
    y: [0, Math.min(1, Math.max(0.7, reached))] as const, // leaves room for markers above the accuracy of people
    format: (value: number) => percent(value, 0),
    baselines: [
      ...(sameClasses(classes, CLASS_NAMES) ? [{ y: PEOPLE, label: 'people ~65' }] : []),
      ...(majority ? [{ y: majority, label: `largest class ${(100 * majority).toFixed(1)}` }] : []),
      { y: chance, label: `chance ${(100 * chance).toFixed(1)}` },
    ],
  };
}

function chartLines(view: View, accuracy: boolean): string[] {
  const run = runOf(view);
  const pick = (n: { loss: number; acc: number }): number => (accuracy ? n.acc : n.loss);
  const curve = accuracy ? run.acc : run.loss;
  const series = curves(view, curve, pick);
  const options = chartOptions(view, accuracy);
  if (!view.app.table) return lineChart(series, options);
  const numbers = [rawOf(view, curve), ...series.filter(({ name }) => name !== 'T')];
  const average = series.filter(({ name, unnamed }) => view.state.smooth && name === 'T' && unnamed !== true);
  return chartTable([...numbers, ...average.map((own) => ({ ...own, name: 'T smoothed' }))], options);
}

function chartTitle(view: View, accuracy: boolean): string {
  const run = runOf(view);
  const curve = accuracy ? run.acc : run.loss;
  const { theme, capability, state } = view;
  // The latest values, not smoothed ones: what is smoothed is said to be.
  const [training, validation] = [rawOf(view, curve), validationOf(view, (n) => (accuracy ? n.acc : n.loss))];
  const series = [{ ...training, role: 'train' as const }, validation];
  const format = accuracy ? (value: number) => percent(value) : (value: number) => value.toFixed(3);
  const words = legend(series, { theme, glyphs: capability.glyphs, format });
  const notes = [!accuracy && view.state.log ? 'log' : '', view.state.recent ? 'recent' : ''].filter(Boolean);
  const mode = notes.length > 0 ? ` (${notes.join(', ')})` : '';
  const last = state.smooth ? curve.smoothed(state.weight).at(-1) : undefined;
  const smoothed = last === undefined ? '' : `  (smoothed ${state.weight}: ${format(last.y)})`;
  return `${accuracy ? 'accuracy' : 'loss'}${mode}  ${words}${smoothed}`;
}

export const lossTitle = (view: View): string => chartTitle(view, false);
export const lossLines = (view: View): string[] => chartLines(view, false);
export const accuracyTitle = (view: View): string => chartTitle(view, true);
export const accuracyLines = (view: View): string[] => chartLines(view, true);

const NO_VALIDATION = ['no validation yet', 'v validates now, after the batch'];

function classesOf({ start }: RunState, count: number): readonly string[] {
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
  // Where there is no room for many classes, those that are recognised worst come first.
  const listed = all.length > Math.max(7, rows - 1) ? all.toSorted((a, b) => a.value - b.value) : all;
  const lines = listed.slice(0, rows - 1).map(({ name, value }) => {
    const head = padTo(name.toLowerCase(), width);
    return `${head}${theme.validation(bar(value, bars))} ${percent(value, 0).padStart(5)}`;
  });
  const macro = recall.reduce((a, b) => a + b, 0) / recall.length;
  const which = listed === all ? 'the classes' : `${all.length} classes, lowest first`;
  return [...lines, `mean of ${which} ${percent(macro)} · epoch ${shortNumber(run.validation?.at ?? 0)}`];
}

export function confusionLines(view: View): readonly string[] {
  const { cols, rows, theme, state } = view;
  const run = runOf(view);
  const counts = run.validation?.numbers.confusion;
  if (counts === undefined) return NO_VALIDATION.map(theme.dim);
  return matrixLines(counts, classesOf(run, counts.length), { theme, asCounts: state.counts, cols, rows });
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
    head.push(
      `${progress.text} · ${Math.round(100 * share)} %${progress.since === undefined ? '' : ` · ${((now - progress.since) / 1000).toFixed(0)} s`}`,
      progressBar(share, Math.min(cols, 40)),
    );
  } else if (phase === 'starting') {
    head.push(`opening data and device · ${((now - run.begun) / 1000).toFixed(0)} s`);
  }
  if (start === undefined || step === undefined) return head;
  const epoch = Math.max(step.epoch, epochs.at(-1)?.epoch ?? 0);
  const going = isActive(run);
  const state = phase === 'paused' ? theme.warn(` ${phaseWord(run)}`) : '';
  const inEpoch = ` ${progressBar(step.stepInEpoch / step.of, 12)} ${step.stepInEpoch}/${step.of}${state}`;
  const through = `epoch ${epoch}/${start.of}${going ? inEpoch : ''}`;
  const eta = !going ? '' : `ETA ${step.etaS === null ? '—' : clock(step.etaS)} · `;
  const elapsed = clock(secondsOf(run));
  const memory = step.memory ?? start.memory;
  return [
    ...head,
    spread(through, rate(step.imgPerS), cols),
    `${eta}elapsed ${elapsed} · lr ${(rateOf(run) ?? step.lr).toExponential(1)}`,
    validation === undefined
      ? 'no validation yet'
      : `val ${percent(validation.numbers.acc)} · loss ${validation.numbers.loss.toFixed(3)} · ${bestWords(run)}`,
    ...(memory === undefined
      ? []
      : [`GPU buffers ${megabytes(memory.liveBytes)} · peak ${megabytes(memory.peakBytes)}`]),
    theme.dim(
      `step ${step.step.toLocaleString('en')} · ${start.parameters.toLocaleString('en')} parameters · ${start.path}`,
    ),
  ];
}

function bestWords({ epochs }: RunState): string {
  const best = epochs.findLast((epoch) => epoch.best);
  if (best === undefined) return 'no best yet';
  return `best ${percent(best.val?.acc ?? best.train.acc)} in epoch ${best.epoch}`;
}

function endLines({ theme }: View, run: RunState): string[] {
  if (run.phase === 'lost')
    return [theme.bad(run.killed ? '✗ killed by you · R resumes' : '✗ the engine crashed · R resumes')];
  if (run.phase === 'failed') {
    const more =
      run.start === undefined ? 'n returns to the form' : 'n new run · R resumes from the last checkpoint';
    return [theme.bad(`✗ ${run.error?.message ?? 'failed'}`), more];
  }
  const word = run.end?.status === 'early-stop' ? 'stopped early' : (run.end?.status ?? 'ended');
  const next = run.end?.status === 'stopped' ? 'R resumes · n new run' : 'n new run · 6 compares runs';
  return [`${theme.good(`✓ ${word}`)} · ${bestWords(run)} · ${next}`];
}

function megabytes(bytes: number): string {
  return `${(bytes / 2 ** 20).toFixed(0)} MB`;
}

export function eventLines(view: View): readonly string[] {
  const { rows, cols, theme } = view;
  const run = runOf(view);
  return run.happened
    .slice(-rows)
    .reverse()
    .map(({ at, sign, text, kind }) => {
      const time = at === undefined ? '' : `${new Date(at).toTimeString().slice(0, 8)} `;
      const paint = { info: (s: string) => s, good: theme.good, bad: theme.bad }[kind];
      return cut(`${theme.dim(time)}${paint(sign)} ${text}`, cols);
    });
}
