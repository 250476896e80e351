import { join } from 'node:path';
import { deleteRun, historyCsv, type RunReport, writeNote } from '../../train/runs.js';
import { atomicWrite } from '../../util/atomic_write.js';
import { commandLine, settingsIn } from '../form.js';
import { bodyClass, columns, type Rect, stack } from '../layout.js';
import { moveBindings } from '../list_moves.js';
import { askForMore, resumeRun, showRun } from '../live.js';
import { EMPTY } from '../loadable.js';
import { nextOf } from '../next_of.js';
import { type Actions, type Binding, defineScreen, type SearchedList } from '../screen_module.js';
import { searchBindings } from '../search.js';
import {
  chartLines,
  chartTitle,
  comparedRuns,
  differenceLines,
  LIST_COLS,
  listLines,
  METRICS,
  MOST_MARKED,
  noteLines,
  ORDERS,
  type RunsState,
  shownRuns,
} from './runs_panels.js';
import { takeRun } from './train_from.js';

type Act = Actions<RunsState>;

const selectedRun = (act: Pick<Act, 'state'>): RunReport | undefined =>
  shownRuns(act.state)[act.state.selected];

/** Reads the runs, or reads them again. Until then, the old list stays visible. */
function reload(act: Act): void {
  const { runsFolder } = act.app;
  if (act.state.runs.status !== 'ready') {
    act.load('runs', `reading ${runsFolder}/`, (engine, { signal }) =>
      engine.request('runs.list', { folder: runsFolder }, { signal }),
    );
    return;
  }
  act.engine.request('runs.list', { folder: runsFolder }).then(
    (value) => {
      act.set({ runs: { status: 'ready', value } });
      select(act, 0);
    },
    (error: Error) => act.note(error.message, 'bad'),
  );
}

function select(act: Act, step: number): void {
  const last = Math.max(0, shownRuns(act.state).length - 1);
  act.set({ selected: Math.max(0, Math.min(last, act.state.selected + step)) });
}

function mark(act: Act): void {
  const path = selectedRun(act)?.path;
  const { marked } = act.state;
  if (path === undefined) return;
  if (marked.includes(path)) act.set({ marked: marked.filter((other) => other !== path) });
  else if (marked.length < MOST_MARKED) act.set({ marked: [...marked, path] });
  else
    act.note(
      `${MOST_MARKED} runs are marked; more curves could not be told apart: u removes the marks`,
      'bad',
    );
}

function openRun(act: Act): void {
  const run = selectedRun(act);
  if (run !== undefined) showRun(act, run.path);
}

function resume(act: Act): void {
  const run = selectedRun(act);
  if (run === undefined) return;
  const refusal: Partial<Record<RunReport['status'], string>> = {
    running: `${run.name} is running in another process`,
    damaged: `the log of ${run.name} is damaged: a new run can start from its weights ("init" on Train)`,
  };
  const why = refusal[run.status];
  if (why !== undefined) act.note(why, 'bad');
  else if (run.status === 'finished' || run.status === 'early-stop') askForMore(act, run);
  else resumeRun(act, run.path);
}

function editNote(act: Act): void {
  const run = selectedRun(act);
  if (run === undefined) return;
  act.prompt({
    title: `note on ${run.name}`,
    value: run.note,
    help: 'saved as note.txt in the run folder; an empty text deletes it',
    check: () => undefined,
    submit: (text) => attempt(act, () => writeNote(run.path, text), `note on ${run.name} saved`),
  });
}

function askToDelete(act: Act): void {
  const run = selectedRun(act);
  if (run === undefined) return;
  act.prompt({
    title: `delete ${run.path} and its weights permanently?`,
    value: '',
    help: `type its name, ${run.name}, to delete it`,
    check: (text) => (text.trim() === run.name ? undefined : `this is not ${run.name}; Esc cancels`),
    submit: () => {
      act.set({ marked: act.state.marked.filter((path) => path !== run.path) });
      attempt(act, () => deleteRun(run), `${run.path} deleted`);
    },
  });
}

/** Writes the histories of the compared runs to the current directory. */
function exportRuns(act: Act): void {
  const runs = comparedRuns(act.state);
  if (runs.length === 0) return;
  const write = (ending: string, text: (run: RunReport) => string): void => {
    const files = runs.map((run) => [`${run.name}-history.${ending}`, text(run)] as const);
    const names = files.map(([name]) => name).join(', ');
    attempt(
      act,
      () => files.forEach(([name, body]) => void atomicWrite(join('.', name), body)),
      `written: ${names}`,
    );
  };
  act.ask({
    title: `export ${runs.map(({ name }) => name).join(', ')}`,
    lines: ['One file per run in the current directory. Existing files are replaced.'],
    choices: [
      { key: 'c', label: 'CSV: one line per epoch', run: () => write('csv', historyCsv) },
      {
        key: 'j',
        label: 'JSON: settings and epochs',
        run: () => write('json', (run) => `${JSON.stringify(run, null, 1)}\n`),
      },
    ],
  });
}

/** Changes files, reports the result, and reads the runs again. */
function attempt(act: Act, work: () => void, done: string): void {
  try {
    work();
    act.note(done, 'good');
  } catch (error) {
    act.note(error instanceof Error ? error.message : String(error), 'bad');
  }
  reload(act);
}

const any = (act: Act): boolean => selectedRun(act) !== undefined;

/** The rows of the table. */
const RUN_LIST: SearchedList<RunsState> = {
  when: any,
  rows: ({ state }) =>
    shownRuns(state).map(({ name, model, data, status, note }) =>
      [name, model, data, status, note].join(' '),
    ),
  at: ({ state }) => state.selected,
  go: (act, selected) => act.set({ selected }),
};

const KEYS: readonly Binding<RunsState>[] = [
  ...searchBindings<RunsState>('a run', [RUN_LIST]),
  ...moveBindings('run', any, select),
  { keys: ['space'], hint: 'mark', help: 'Marks a run for comparison, up to four', when: any, run: mark },
  {
    keys: ['u'],
    help: 'Removes all marks',
    when: ({ state }) => state.marked.length > 0,
    run: (act) => act.set({ marked: [] }),
  },
  {
    keys: ['enter'],
    hint: 'open',
    help: 'Shows the run on Train, from its log; one that another process trains is followed',
    when: any,
    run: openRun,
  },
  {
    keys: ['R'],
    hint: 'resume, extend',
    help: 'Resumes the run from its last checkpoint; one that has ended, with more epochs',
    when: any,
    run: resume,
  },
  {
    keys: ['v'],
    hint: 'curve',
    help: 'Shows the next curve: validation accuracy, validation loss, training loss',
    when: any,
    run: (act) => act.set({ metric: nextOf(METRICS, act.state.metric) }),
  },
  {
    keys: ['g'],
    help: 'Turns the logarithmic scale of the chart on or off',
    when: any,
    run: (act) => act.set({ log: !act.state.log }),
  },
  {
    keys: ['o'],
    hint: 'order',
    help: 'Changes the order: latest, best, name, time',
    when: any,
    run: (act) => act.set({ order: nextOf(ORDERS, act.state.order), selected: 0 }),
  },
  { keys: ['e'], hint: 'export', help: 'Writes the history as CSV or JSON', when: any, run: exportRuns },
  {
    keys: ['c'],
    hint: 'new from it',
    help: 'Opens the form of a new run with the settings of this one',
    when: any,
    run: (act) => {
      const run = selectedRun(act);
      if (run !== undefined) takeRun(act, run);
    },
  },
  { keys: ['n'], hint: 'note', help: 'Edits the note on a run', when: any, run: editNote },
  {
    keys: ['D'],
    hint: 'delete',
    help: 'Deletes a run, after you have typed its name',
    when: any,
    run: askToDelete,
  },
  {
    keys: ['f'],
    hint: 'filter',
    help: 'Shows only runs whose name, model, data or status contains a word',
    run: (act) =>
      act.prompt({
        title: 'only runs with',
        value: act.state.filter,
        help: 'part of a name, a model, a data set or a status; empty shows all',
        check: () => undefined,
        submit: (filter) => act.set({ filter: filter.trim(), selected: 0 }),
      }),
  },
  { keys: ['r'], help: 'Reads the folder again', run: reload },
  { keys: ['t'], help: 'Goes to Train', run: (act) => act.go('train') },
];

/** The Runs screen: lists and compares runs. */
export const runs = defineScreen<RunsState>({
  name: 'runs',
  title: 'Runs',
  remembers: ['order', 'metric', 'log'],
  initial: {
    runs: EMPTY,
    selected: 0,
    marked: [],
    order: 'latest',
    metric: METRICS[0],
    log: false,
    filter: '',
  },
  panels: [
    {
      id: 'list',
      title: ({ state }) => {
        const { length } = state.marked;
        const marked = length === 0 ? '' : ` · ${length} marked (at most ${MOST_MARKED})`;
        const filter = state.filter === '' ? '' : ` · only "${state.filter}"`;
        return `runs${marked} · ${state.order} first${filter}`;
      },
      lines: listLines,
      list: RUN_LIST,
    },
    { id: 'chart', title: chartTitle, lines: chartLines, flush: true },
    {
      id: 'differences',
      title: ({ state }) => (state.marked.length > 1 ? 'settings that differ' : 'run'),
      lines: differenceLines,
    },
    { id: 'notes', title: () => 'notes', lines: noteLines },
  ],
  layout: (body) => {
    const kind = bodyClass(body);
    if (kind === 'narrow') {
      const [list, chart, notes] = stack(body, [{ share: 1 }, 6, 2]) as [Rect, Rect, Rect];
      return { list, chart, notes };
    }
    const [top, bottom] = stack(body, [{ share: 1 }, Math.max(4, body.rows >> 2)]) as [Rect, Rect];
    const [differences, notes] = columns(bottom, [{ share: 3 }, { share: 2 }]) as [Rect, Rect];
    // The table has all of its columns wherever it can: beside the chart from 120 cells on, else above it.
    const [list, chart] = (
      body.cols >= 120 ? columns(top, [LIST_COLS, { share: 1 }]) : stack(top, [{ share: 2 }, { share: 3 }])
    ) as [Rect, Rect];
    return { list, chart, differences, notes };
  },
  keys: KEYS,
  copies: (act) => {
    const run = selectedRun(act);
    return run && { what: 'the command', text: commandLine(settingsIn(run.config)) };
  },
  explain: () => [
    'Every run in the folder, with its best validation accuracy and its macro recall: the mean recall of the classes, in which a rare class has the same weight as a common one.',
    'Space marks runs. Their curves are drawn in one chart, and the settings in which they differ are listed, in the order of the marks.',
    'crashed: the log has no end; R resumes from the last checkpoint, and the result is bit for bit the same as without the crash. damaged: a line of the log cannot be read; only what comes before it is shown.',
  ],
  summary: ({ state }) => {
    const [best] = shownRuns({ ...state, order: 'best' });
    return best === undefined ? 'no runs' : `${shownRuns(state).length} runs, best ${best.name}`;
  },
  open: reload,
});
