import type { Engine } from '../../engine/engine.js';
import type { TrialRecord } from '../../study/trial.js';
import { commandLine } from '../form.js';
import { bodyClass, columns, type Rect, stack } from '../layout.js';
import { moveBindings } from '../list_moves.js';
import { showRun } from '../live.js';
import { EMPTY, ready } from '../loadable.js';
import { type Actions, type Binding, defineScreen, type SearchedList } from '../screen_module.js';
import { searchBindings } from '../search.js';
import {
  chartLines,
  chartsOf,
  chartTitle,
  importanceLines,
  importanceTitle,
  orderedTrials,
  reportOf,
  type Shown,
  STUDIES_FOLDER,
  type StudiesState,
  selectedTrial,
  trialLines,
  trialsTitle,
} from './studies_panels.js';

type Act = Actions<StudiesState>;

/** How often a study is read again. */
const WATCH_MS = 2000;

async function read(engine: Engine, path: string | undefined): Promise<Shown> {
  const paths = await engine.request('studies.list', { folder: STUDIES_FOLDER });
  const chosen = path !== undefined && paths.includes(path) ? path : paths[0];
  if (chosen === undefined) return { paths, path: undefined, report: undefined };
  return engine.request('studies.show', { path: chosen }).then(
    (report) => ({ paths, path: chosen, report }),
    (error: Error) => ({ paths, path: chosen, report: undefined, problem: error.message }),
  );
}

function pathOf({ shown }: StudiesState): string | undefined {
  return shown.status === 'ready' ? shown.value.path : undefined;
}

/** Reads the study, or reads it again. Until then, what was read before stays visible. */
function reload(act: Act, path = pathOf(act.state)): void {
  if (act.state.shown.status !== 'ready') {
    act.load('shown', `reading ${STUDIES_FOLDER}/`, (engine) => read(engine, path));
    return;
  }
  read(act.engine, path).then(
    (value) => act.set({ shown: ready(value) }),
    (error: Error) => act.note(error.message, 'bad'),
  );
}

function select(act: Act, step: number): void {
  const report = reportOf(act.state);
  const chosen = selectedTrial(act.state);
  if (report === undefined || chosen === undefined) return;
  const trials = trialsOf(act.state);
  const place = Math.max(0, Math.min(trials.length - 1, trials.indexOf(chosen) + step));
  act.set({ selected: trials[place]?.number });
}

function nextStudy(act: Act, step: number): void {
  const { shown } = act.state;
  if (shown.status !== 'ready' || shown.value.path === undefined) return;
  const { paths, path } = shown.value;
  act.set({ selected: undefined, chart: 'curves' });
  reload(act, paths[(paths.indexOf(path) + step + paths.length) % paths.length]);
}

function nextChart(act: Act): void {
  const report = reportOf(act.state);
  if (report === undefined) return;
  const charts = chartsOf(report);
  act.set({ chart: charts[(charts.indexOf(act.state.chart) + 1) % charts.length] ?? 'curves' });
}

const any = ({ state }: Pick<Act, 'state'>): boolean => selectedTrial(state) !== undefined;

/** The trials in the order of the list. */
const trialsOf = (state: StudiesState): readonly TrialRecord[] => {
  const report = reportOf(state);
  return report === undefined ? [] : orderedTrials(report);
};

/** The rows of the table. */
const TRIAL_LIST: SearchedList<StudiesState> = {
  when: any,
  rows: ({ state }) =>
    trialsOf(state).map(({ number, state: how, values, error = '' }) => {
      const settings = Object.entries(values).map(([name, value]) => `${name} ${value}`);
      return [`trial ${number}`, how, ...settings, error].join(' ');
    }),
  at: ({ state }) => trialsOf(state).findIndex(({ number }) => number === selectedTrial(state)?.number),
  go: (act, row) => act.set({ selected: trialsOf(act.state)[row]?.number }),
};

const KEYS: readonly Binding<StudiesState>[] = [
  ...searchBindings<StudiesState>('a trial', [TRIAL_LIST]),
  ...moveBindings('trial', any, select),
  {
    keys: ['enter'],
    hint: 'open',
    help: 'Shows the run of the trial on Train, from its log',
    when: any,
    run: (act) => {
      const trial = selectedTrial(act.state);
      if (trial !== undefined) showRun(act, trial.run);
    },
  },
  {
    keys: ['g'],
    help: 'Turns the logarithmic scale of the objective on or off',
    when: any,
    run: (act) => act.set({ log: !act.state.log }),
  },
  {
    keys: ['v'],
    hint: 'chart',
    help: 'Shows the next chart: the curves of all trials, then the results by each setting',
    when: any,
    run: nextChart,
  },
  {
    keys: ['left', 'right'],
    hint: 'study',
    help: 'Shows the next newer or older study',
    when: ({ state: { shown } }) => shown.status === 'ready' && shown.value.paths.length > 1,
    run: (act, key) => nextStudy(act, key === 'left' ? -1 : 1),
  },
  { keys: ['r'], help: 'Reads the studies again', run: (act) => reload(act) },
];

/** The Studies screen: follows a search, and shows its results. */
export const studies = defineScreen<StudiesState>({
  name: 'studies',
  title: 'Studies',
  initial: { shown: EMPTY, selected: undefined, chart: 'curves', log: false, watch: undefined },
  panels: [
    { id: 'trials', title: trialsTitle, lines: trialLines, list: TRIAL_LIST },
    { id: 'chart', title: chartTitle, lines: chartLines, flush: true },
    { id: 'importance', title: importanceTitle, lines: importanceLines },
  ],
  layout: (body) => {
    const kind = bodyClass(body);
    if (kind === 'wide') {
      const [trials, right] = columns(body, [52, { share: 1 }]) as [Rect, Rect];
      const [chart, importance] = stack(right, [{ share: 2 }, { share: 1 }]) as [Rect, Rect];
      return { trials, chart, importance };
    }
    const parts = kind === 'narrow' ? [{ share: 1 }, 6, 2] : [{ share: 1 }, { share: 1 }, 4];
    const [trials, chart, importance] = stack(body, parts) as [Rect, Rect, Rect];
    return { trials, chart, importance };
  },
  keys: KEYS,
  copies: ({ state }) => {
    const trial = selectedTrial(state);
    return trial && { what: `the settings of trial ${trial.number}`, text: commandLine(trial.values) };
  },
  explain: () => [
    'A study looks for good settings: each trial is a training with other settings. The best one so far comes first. The screen follows a study that another process works on.',
    'paused: the trial was stopped early, because others were better after as many epochs; it goes on from its checkpoint if it is among the best later.',
    'The chart shows the curves of all trials (* the best, o the selected one), and with v the result of each trial by one setting.',
    'A cross-validation has configurations in place of importance: mean ± standard deviation over the folds, and the difference from the best with its 95 % interval (corrected resampled t-test).',
    'Importance: how much worse a random forest predicts the rank of a trial when the values of a setting are permuted. "not clear": no more than by chance; more trials may show it.',
  ],
  summary: ({ state }) => {
    const report = reportOf(state);
    return report === undefined ? 'no studies' : `${report.name}: ${report.trials.length} trials`;
  },
  open: (act) => {
    reload(act);
    clearInterval(act.state.watch);
    act.set({ watch: setInterval(() => reload(act), WATCH_MS).unref() });
  },
  close: async (act) => {
    clearInterval(act.state.watch);
    act.set({ watch: undefined });
  },
});
