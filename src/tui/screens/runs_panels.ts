import { differingSettings, type RunReport } from '../../train/runs.js';
import { percent } from '../../util/axis.js';
import { minute } from '../../util/minute.js';
import { chartTable, epochSeries, legend, lineChart, type Series } from '../charts/line_chart.js';
import { scrolled } from '../layout.js';
import { type Loadable, waitingLines } from '../loadable.js';
import { clock } from '../run_words.js';
import type { PanelView } from '../screen_module.js';
import { type Column, columnsThatFit, headLine, rowLine } from '../table.js';
import { cut, padTo, titleThatFits, widthOf, wrapped } from '../text.js';
import type { Role } from '../theme.js';
import { listLine } from '../widgets.js';

export const ORDERS = ['latest', 'best', 'name', 'time'] as const;
export const METRICS = ['validation accuracy', 'validation loss', 'training loss'] as const;
/** Their short names, for narrow panels. */
const SHORT: Readonly<Record<(typeof METRICS)[number], string>> = {
  'validation accuracy': 'val',
  'validation loss': 'val loss',
  'training loss': 'loss',
};

export interface RunsState {
  readonly runs: Loadable<RunReport[]>;
  readonly selected: number;
  /** Paths of runs, at most four, in the order in which they were marked. */
  readonly marked: readonly string[];
  readonly order: (typeof ORDERS)[number];
  readonly metric: (typeof METRICS)[number];
  /** Whether the chart has a logarithmic axis. */
  readonly log: boolean;
  /** Part of a name, a model, a data set or a status. */
  readonly filter: string;
}

type View = PanelView<RunsState>;

/** Signs of marked runs, and the roles of their curves; the same as in `epochSeries`. */
const SIGNS = ['*', 'o', '+', 'x'];
const ROLES: readonly Role[] = ['train', 'validation', 'third', 'fourth'];
export const MOST_MARKED = SIGNS.length;

/** Best validation accuracy; without validation, best training accuracy. */
const score = ({ best }: RunReport): number => best?.acc ?? -1;

/** The visible runs: filtered and sorted. */
export function shownRuns({ runs, order, filter }: RunsState): RunReport[] {
  const all = runs.status === 'ready' ? runs.value : [];
  const word = filter.toLowerCase();
  const found = all.filter(({ name, model, data, status }) =>
    [name, model, data, status].some((text) => text.toLowerCase().includes(word)),
  );
  const by: Record<RunsState['order'], (a: RunReport, b: RunReport) => number> = {
    latest: (a, b) => (a.begun < b.begun ? 1 : -1),
    best: (a, b) => score(b) - score(a),
    name: (a, b) => a.name.localeCompare(b.name, 'en', { numeric: true }),
    time: (a, b) => b.seconds - a.seconds,
  };
  return found.sort(by[order]);
}

/** The runs that are compared: the marked ones, or the selected one. */
export function comparedRuns(state: RunsState): RunReport[] {
  const all = state.runs.status === 'ready' ? state.runs.value : [];
  const marked = state.marked.flatMap((path) => all.find((run) => run.path === path) ?? []);
  const selected = shownRuns(state)[state.selected];
  return marked.length > 0 ? marked : selected === undefined ? [] : [selected];
}

/** Macro recall of the best epoch: the mean recall of the classes. */
function macro({ best, epochs }: RunReport): number | undefined {
  const recall = epochs.find(({ epoch }) => epoch === best?.epoch)?.val?.recall;
  return recall && recall.reduce((a, b) => a + b, 0) / recall.length;
}

const COLUMNS: Readonly<Record<string, Column<RunReport>>> = {
  run: { head: 'run', width: 10, left: true, text: ({ name }) => name },
  model: { head: 'model', width: 11, left: true, text: ({ model }) => model },
  epochs: { head: 'epochs', width: 7, text: ({ done, of }) => `${done}/${of}` },
  best: { head: 'best val', width: 8, text: ({ best }) => (best === null ? '–' : percent(best.acc)) },
  macro: {
    head: 'macro',
    width: 7,
    text: (run) => {
      const mean = macro(run);
      return mean === undefined ? '–' : percent(mean);
    },
  },
  time: { head: 'time', width: 7, text: ({ seconds }) => clock(seconds) },
  status: { head: 'status', width: 10, left: true, text: ({ status }) => status },
};

/** Cells of a panel in which the list has all of its columns. */
export const LIST_COLS = 71;

const SETS = [
  ['run', 'model', 'epochs', 'best', 'macro', 'time', 'status'],
  ['run', 'model', 'epochs', 'best', 'status'],
  ['run', 'epochs', 'best', 'status'],
  ['run', 'best', 'status'],
].map((names) => names.map((name) => COLUMNS[name] as Column<RunReport>));

export function listLines(view: View): string[] {
  const { state, app, theme, cols, rows, now } = view;
  const empty = `no runs in ${app.runsFolder}/ yet: t trains one`;
  if (state.runs.status !== 'ready') return waitingLines(state.runs, { empty, theme, cols, now });
  if (state.runs.value.length === 0) return wrapped(empty, cols);
  const shown = shownRuns(state);
  if (shown.length === 0) return wrapped(`no run matches "${state.filter}": f changes the filter`, cols);
  const list = columnsThatFit(SETS, cols - 4);
  const [first, count] = scrolled(rows - 1, shown.length, state.selected);
  return [
    theme.dim(`   ${headLine(list)}`),
    ...shown.slice(first, first + count).map((run, i) => {
      const mark = state.marked.indexOf(run.path);
      const text = `${SIGNS[mark] ?? ' '} ${rowLine(list, run)}`;
      const at = first + i === state.selected;
      return listLine(!at && mark >= 0 ? theme[ROLES[mark] as Role](text) : text, at, theme);
    }),
  ];
}

function curvesOf({ state }: View): Series[] {
  return comparedRuns(state).map((run, i) =>
    epochSeries(i, run.name, run.epochs, ({ train, val }) =>
      state.metric === 'training loss'
        ? train.loss
        : state.metric === 'validation loss'
          ? val?.loss
          : val?.acc,
    ),
  );
}

const formatOf = ({ metric }: RunsState): ((value: number) => string) =>
  metric === 'validation accuracy' ? (value) => percent(value) : (value) => value.toFixed(3);

export function chartTitle(view: View): string {
  const { theme, capability, state, cols } = view;
  const words = legend(curvesOf(view), { theme, glyphs: capability.glyphs, format: formatOf(state) });
  const log = state.log ? ' (log)' : '';
  const short = `${SHORT[state.metric]}${log}`;
  return titleThatFits(
    [`${state.metric}${log}  ${words}`, `${short}  ${words}`, `${short} ${words.replaceAll('  ', ' ')}`],
    cols,
  );
}

export function chartLines(view: View): string[] {
  const { state, app, cols, rows, theme, capability } = view;
  const series = curvesOf(view);
  if (series.length === 0) return [];
  const options = { cols, rows, theme, glyphs: capability.glyphs, format: formatOf(state), log: state.log };
  return app.table ? chartTable(series, options) : lineChart(series, options);
}

/** Cells of a name or a value in the table of settings: at most, at least, and between two. */
const [MOST_VALUE, LEAST_VALUE, GAP] = [24, 6, 2];

/** The settings in which the marked runs differ, or the facts about a single run. */
export function differenceLines(view: View): string[] {
  const { state, cols, theme } = view;
  const compared = comparedRuns(state);
  const [only] = compared;
  if (only === undefined) return [];
  if (compared.length === 1) {
    return [
      ...wrapped(`${only.data} · ${only.adapter}`, cols),
      ...wrapped('space marks runs to compare, up to four', cols).map(theme.dim),
    ];
  }
  const differing = differingSettings(compared);
  if (differing.size === 0) return ['all runs have the same settings'];
  // A row for each setting and a column for each run, in the order of the marks.
  const rows = [...differing].map(([name, values]) => [name, ...values.map((value) => value || '–')]);
  const widths = ['', ...compared.map(({ name }) => `* ${name}`)].map((head, i) =>
    Math.max(widthOf(head), ...rows.map((row) => widthOf(row[i] ?? ''))),
  );
  // Every run has a place, and long values are cut to it.
  const [first = 0] = widths;
  const share = Math.max(
    LEAST_VALUE,
    Math.floor((cols - Math.min(first, MOST_VALUE)) / compared.length) - GAP,
  );
  const line = (cells: readonly string[]): string =>
    cut(
      cells
        .map((cell, i) =>
          padTo(cell, Math.min(widths[i] ?? 0, i === 0 ? MOST_VALUE : Math.min(share, MOST_VALUE))),
        )
        .join(' '.repeat(GAP)),
      cols,
    );
  const room = view.rows - 1;
  const more =
    rows.length > room ? [theme.dim(`and ${rows.length - room + 1} more (Tab, + enlarge this)`)] : [];
  const head = line(['', ...compared.map(({ name }, i) => `${SIGNS[i]} ${name}`)]);
  return [theme.dim(head), ...rows.slice(0, room - more.length).map(line), ...more];
}

export function noteLines({ state, cols, theme }: View): string[] {
  const run = shownRuns(state)[state.selected];
  if (run === undefined) return [];
  const damage =
    run.damagedAfter === null
      ? []
      : wrapped(
          `✗ damaged after line ${run.damagedAfter.toLocaleString('en')}: only the log up to there is shown`,
          cols,
        );
  return [
    ...damage.map(theme.bad),
    ...(run.note === '' ? [theme.dim('n writes a note')] : wrapped(run.note, cols)),
    ...wrapped([minute(run.begun), run.path].filter(Boolean).join(' · '), cols).map(theme.dim),
  ];
}
