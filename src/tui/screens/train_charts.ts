import { epochEnds } from '../../train/elapsed.js';
import { percent, shortNumber } from '../../util/axis.js';
import { CLASS_NAMES, sameClasses } from '../../util/classes.js';
import type { PictureOptions } from '../charts/chart_drawing.js';
import { valueAt, type XAxis } from '../charts/chart_view.js';
import { type ChartOptions, chartTable, legend, lineChart, type Series } from '../charts/line_chart.js';
import type { Curve } from '../curve.js';
import type { RunState } from '../run_state.js';
import { clock, secondsOf } from '../run_words.js';
import type { PanelView } from '../screen_module.js';
import { titleThatFits } from '../text.js';
import { makeTheme } from '../theme.js';
import { classesOf, runOf, type TrainState } from './train_panels.js';

/** The two charts of the Train screen. */

type View = PanelView<TrainState>;
/** The part of a view that determines the curves: all but the size of the panel. */
type Look = Pick<View, 'state' | 'app' | 'capability'>;
export type ChartName = 'loss' | TrainState['second'];

/** Accuracy of people on FER-2013, reported by its authors (65 +- 5 %). */
const PEOPLE = 0.65;

/** The name of the chart in a panel: the second panel shows one of several. */
export const chartOf = (panel: string, { second }: Pick<TrainState, 'second'>): ChartName =>
  panel === 'accuracy' ? second : 'loss';

const CURVES: Readonly<Record<ChartName, (run: RunState) => Curve>> = {
  loss: ({ loss }) => loss,
  accuracy: ({ acc }) => acc,
  'gradient norm': ({ norms }) => norms,
  'learning rate': ({ rates }) => rates,
  'images/s': ({ speed }) => speed,
};

/** Numbers of a validation that belong to a chart; undefined: none do. */
const VALIDATED: Partial<Record<ChartName, (numbers: { loss: number; acc: number }) => number>> = {
  loss: ({ loss }) => loss,
  accuracy: ({ acc }) => acc,
};

const FORMATS: Readonly<Record<ChartName, (value: number) => string>> = {
  loss: (value) => value.toFixed(3),
  accuracy: (value) => percent(value),
  'gradient norm': shortNumber,
  'learning rate': (value) => value.toExponential(1),
  'images/s': (value) => value.toFixed(0),
};

/** Whether a chart has no validation curve. Its values are not smoothed. */
const isExact = (name: ChartName): boolean => VALIDATED[name] === undefined;

/** The training curve, batch by batch: the latest points as they are, older ones thinned. */
function rawOf({ state, app }: Look, name: ChartName): Series {
  const curve = CURVES[name](app.run as RunState);
  const begin = curve.recent[0]?.x ?? 0;
  const points = state.recent
    ? curve.recent
    : state.chart.window === undefined
      ? curve.whole
      : [...curve.whole.filter(({ x }) => x < begin), ...curve.recent];
  return {
    name: isExact(name) ? '' : 'T',
    role: state.smooth && !isExact(name) ? 'faint' : 'train',
    mark: '.',
    points,
  };
}

/** Validation: once per epoch, and when the user requested it. */
function validationOf({ state, app }: Look, name: ChartName): Series[] {
  const run = app.run as RunState;
  const from = state.recent ? (run.loss.recent[0]?.x ?? 0) : 0;
  return validatedOf(run, name).map((own) => ({ ...own, points: own.points.filter(({ x }) => x >= from) }));
}

function validatedOf({ epochs, asides }: RunState, name: ChartName): Series[] {
  const pick = VALIDATED[name];
  if (pick === undefined) return [];
  const points = [
    ...epochs.map(({ epoch, val }) => ({ x: epoch, y: val === undefined ? Number.NaN : pick(val) })),
    ...asides.map(({ at, numbers }) => ({ x: at, y: pick(numbers) })),
  ];
  points.sort((a, b) => a.x - b.x);
  return [{ name: 'V', role: 'validation', mark: 'o', dots: true, points }];
}

const OTHER_STYLES = [
  { role: 'third', mark: '+' },
  { role: 'fourth', mark: 'x' },
] as const;

/** One curve for each of the other runs: its validation, or without one, its training. */
function othersOf({ state }: Look, name: ChartName): { readonly run: RunState; readonly series: Series }[] {
  return state.others.flatMap((run, i) => {
    const style = OTHER_STYLES[i];
    if (style === undefined) return [];
    const [validated] = validatedOf(run, name);
    const measured = validated?.points.some(({ y }) => Number.isFinite(y));
    const trained = isExact(name) ? CURVES[name](run).whole : CURVES[name](run).smoothed(state.weight);
    const points = (measured && validated?.points) || trained;
    return [{ run, series: { name: run.start?.run ?? 'run', ...style, dots: measured === true, points } }];
  });
}

function averageOf(view: Look, name: ChartName): Series[] {
  const { smooth, weight } = view.state;
  if (!smooth || isExact(name)) return [];
  const from = rawOf(view, name).points[0]?.x ?? 0;
  const points = CURVES[name](view.app.run as RunState)
    .smoothed(weight)
    .filter(({ x }) => x >= from);
  return [{ name: 'T', role: 'train', mark: '*', points }];
}

/** The curves as they are drawn: training raw and smoothed, and validation. */
function drawn(view: Look, name: ChartName): Series[] {
  const raw = rawOf(view, name);
  const average = averageOf(view, name);
  const { color, glyphs } = view.capability;
  // In braille without colour, the raw curve would hide the smoothed one.
  const drowns = average.length > 0 && color === 'none' && glyphs === 'unicode';
  const first = average.length > 0 ? { ...raw, unnamed: true } : raw;
  return [...(drowns ? [] : [first]), ...average, ...validationOf(view, name)];
}

/** The curves as numbers, each with a name of its own; places in epochs. */
export function curvesOf(view: Look, name: ChartName): Series[] {
  const raw = rawOf(view, name);
  return [
    isExact(name) ? { ...raw, name } : raw,
    ...validationOf(view, name),
    ...averageOf(view, name).map((own) => ({ ...own, name: 'T smoothed' })),
    ...othersOf(view, name).map(({ series }) => series),
  ];
}

/** The whole x axis, in epochs: from the start to the end of the longest run. */
export function extentOf({ state, app }: Pick<Look, 'state' | 'app'>): readonly [number, number] {
  const run = app.run as RunState;
  const ends = [run, ...state.others].flatMap(({ step, epochs }) => [
    step?.epoch ?? 0,
    epochs.at(-1)?.epoch ?? 0,
  ]);
  const last = Math.max(1, ...ends);
  return [state.recent ? (run.loss.recent[0]?.x ?? 0) : 0, last];
}

interface Axis {
  readonly label: string;
  /** A place in epochs as a place on this axis. */
  of(epoch: number): number;
  text(x: number): string;
}

const number = (x: number): string => (Number.isInteger(x) ? String(x) : x.toFixed(2));

/** Converts places of a run, which are in epochs, to the unit of the x axis. */
export function axisOf(run: RunState, axis: XAxis): Axis {
  const steps = run.start?.stepsPerEpoch ?? 1;
  if (axis === 'step')
    return { label: 'step', of: (x) => x * steps, text: (x) => Math.round(x).toLocaleString('en') };
  if (axis === 'time') {
    const ends = epochEnds(run.epochs);
    const { step } = run;
    const done = ends.length - 1;
    const begun = step === undefined ? 0 : step.epoch - 1 + step.stepInEpoch / step.of - done;
    const now = secondsOf(run) - (ends.at(-1) ?? 0);
    const pace = begun > 0 && now > 0 ? now / begun : (run.epochs.at(-1)?.seconds ?? 1);
    const of = (x: number): number => {
      const whole = Math.min(done, Math.max(0, Math.floor(x)));
      const next = whole < done ? (ends[whole + 1] as number) - (ends[whole] as number) : pace;
      return (ends[whole] as number) + (x - whole) * next;
    };
    return { label: 'time', of, text: clock };
  }
  return { label: 'epoch', of: (x) => x, text: number };
}

/** Series along another axis. */
const along = (series: readonly Series[], { of }: Axis): Series[] =>
  series.map((own) => ({ ...own, points: own.points.map((point) => ({ ...point, x: of(point.x) })) }));

/** All curves of a chart along its x axis, each by the time and the steps of its own run. */
const placed = (view: Look, name: ChartName, own: readonly Series[]): Series[] => [
  ...along(own, axisOf(view.app.run as RunState, view.state.axis)),
  ...othersOf(view, name).flatMap(({ run, series }) => along([series], axisOf(run, view.state.axis))),
];

/** A chart for a picture: its curves, with names that say what they are, and the rest. */
export function pictureOf(view: Look, name: ChartName): [Series[], PictureOptions] {
  const {
    theme: _,
    glyphs: _glyphs,
    cols: _cols,
    rows: _rows,
    cursor: _cursor,
    ...options
  } = optionsOf({ ...view, cols: 0, rows: 0, theme: makeTheme(view.capability) }, name);
  const run = view.app.run?.start?.run ?? 'run';
  const inColour: Look = { ...view, capability: { ...view.capability, color: 'truecolor' } };
  const named = drawn(inColour, name).map((own) => ({
    ...own,
    name: PICTURE_NAMES[`${own.name} ${own.role}`] ?? name,
  }));
  return [placed(view, name, named), { ...options, title: `${run}: ${name}` }];
}

/** Names of the curves in a picture, by name and role. */
const PICTURE_NAMES: Readonly<Record<string, string>> = {
  ...{ 'T faint': 'training, batches', 'T train': 'training', 'V validation': 'validation' },
};

function optionsOf(view: Look & Pick<View, 'theme' | 'cols' | 'rows'>, name: ChartName): ChartOptions {
  const { theme, capability, cols, rows, state } = view;
  const run = view.app.run as RunState;
  const axis = axisOf(run, state.axis);
  const [first, last] = state.chart.window ?? extentOf(view);
  const { cursor, ranges } = state.chart;
  const range = ranges[name];
  const common: ChartOptions = {
    ...{ theme, glyphs: capability.glyphs, cols, rows, xLabel: axis.label, xText: axis.text },
    x: [axis.of(first), axis.of(last)],
    markers: run.markers.map(({ x, sign }) => ({ x: axis.of(x), sign })), // those outside are not drawn
    cursor: cursor === undefined ? undefined : axis.of(cursor),
  };
  if (name !== 'accuracy') {
    const y = range !== undefined && { y: range };
    return { ...common, ...y, log: state.log, format: name === 'loss' ? shortNumber : FORMATS[name] };
  }
  const majority = run.start?.data.majority;
  const classes = classesOf(run, 7);
  const chance = 1 / classes.length;
  const shown = [rawOf(view, name), ...othersOf(view, name).map(({ series }) => series)];
  const reached = Math.max(
    0,
    ...shown.flatMap(({ points }) => points.map(({ y, high }) => high ?? (y || 0))),
  );
  return {
    ...common,
    log: state.log,
    // From 0, with room for markers above the accuracy of people; a logarithm has no 0.
    ...(!state.log && { y: [0, Math.min(1, Math.max(0.7, reached))] as const }),
    ...(range !== undefined && { y: range }),
    format: (value) => percent(value, 0),
    baselines: [
      ...(sameClasses(classes, CLASS_NAMES) ? [{ y: PEOPLE, label: 'people ~65' }] : []),
      ...(majority ? [{ y: majority, label: `largest class ${(100 * majority).toFixed(1)}` }] : []),
      { y: chance, label: `chance ${(100 * chance).toFixed(1)}` },
    ],
  };
}

export function chartLines(view: View, panel: string): string[] {
  const name = chartOf(panel, view.state);
  const options = optionsOf(view, name);
  if (!view.app.table) return lineChart(placed(view, name, drawn(view, name)), options);
  const others = othersOf(view, name).length;
  const own = curvesOf(view, name);
  return chartTable(placed(view, name, own.slice(0, own.length - others)), options);
}

/** The title: the longest version that fits into the panel. */
export function chartTitle(view: View, panel: string): string {
  const name = chartOf(panel, view.state);
  const { theme, capability, state, cols } = view;
  const format = FORMATS[name];
  const { cursor } = state.chart;
  if (cursor !== undefined) return cursorTitle(view, name, cursor);
  // These are the latest values. The smoothed value is named as such.
  const own = [{ ...rawOf(view, name), role: 'train' as const }, ...validationOf(view, name)];
  const series = [...own, ...othersOf(view, name).map((other) => other.series)];
  const notes = [state.log ? 'log' : '', partWord(state, name)].filter(Boolean);
  const mode = notes.length > 0 ? ` (${notes.join(', ')})` : '';
  const words = legend(series, { theme, glyphs: capability.glyphs, format }).trim();
  const short = series
    .map((one) => {
      const last = latest(one);
      return `${one.name} ${theme[one.role](last === undefined ? '–' : format(last))}`.trim();
    })
    .join(' ');
  const [average] = averageOf(view, name);
  const last = average && latest(average);
  const smoothed = last === undefined ? '' : `smoothed ${state.weight}: ${format(last)}`;
  const titles: [string, ...string[]] = [
    `${name}${mode}  ${words}${smoothed && `  (${smoothed})`}`,
    `${name}${mode} ${short} ${smoothed}`.trimEnd(),
    `${name === 'accuracy' ? 'acc' : name}${mode} ${short} ${smoothed}`.trimEnd(),
    `${name === 'accuracy' ? 'acc' : name}${mode} ${short}`,
  ];
  return titleThatFits(titles, cols);
}

const latest = ({ points }: Series): number | undefined => points.findLast(({ y }) => Number.isFinite(y))?.y;

const partWord = ({ recent, chart }: TrainState, name: ChartName): string =>
  chart.window !== undefined || chart.ranges[name] !== undefined ? 'part' : recent ? 'recent' : '';

/** Where the cursor stands, and the value of every curve there. */
function cursorTitle(view: View, name: ChartName, cursor: number): string {
  const { theme, state } = view;
  const axis = axisOf(runOf(view), state.axis);
  const values = curvesOf(view, name).map((own) => {
    const point = valueAt(own, cursor);
    const label = { 'T smoothed': 'smoothed', [name]: '' }[own.name] ?? own.name;
    const role = own.role === 'faint' ? 'train' : own.role;
    return `${label} ${theme[role](point === undefined ? '–' : FORMATS[name](point.y))}`.trim();
  });
  const at = `${axis.label} ${axis.text(axis.of(cursor))}`;
  const titles: [string, ...string[]] = [
    `${name} at ${at}: ${values.join('  ')}`,
    `${at}: ${values.join(' ')}`,
    `${at}: ${values.slice(0, 2).join(' ')}`, // the smoothed value is the last
  ];
  return titleThatFits(titles, view.cols);
}
