import type { MachineReport } from '../../engine/requests.js';
import { progressText, type RunReport } from '../../train/runs.js';
import { percent } from '../../util/axis.js';
import { SCREEN_NAMES, type ScreenName } from '../app_state.js';
import { bodyClass, columns, type Rect, stack } from '../layout.js';
import { resumeRun, showRun } from '../live.js';
import { EMPTY, type Loadable, waitingLines } from '../loadable.js';
import { isActive } from '../run_state.js';
import { phaseWord } from '../run_words.js';
import { type Actions, defineScreen, type PanelView, type SearchedList } from '../screen_module.js';
import { padTo, wrapped } from '../text.js';
import { listLine } from '../widgets.js';
import { DRAWN, workspaceWords } from '../workspace.js';

/**
 * The first screen, and a template for others. It reads from top to bottom as `screen_module.ts` describes a screen: its
 * state, the lines of its panels, then the screen itself with its layout and keys.
 */

/** The screen's own state. All that screens share, such as the size of the terminal, is in `app`. */
interface HomeState {
  /** The runs in the runs folder: empty, loading, ready or failed. */
  readonly runs: Loadable<RunReport[]>;
  /** Index of the selected line of the Start panel. */
  readonly selected: number;
}

type Act = Actions<HomeState>;

/** A line of the Start panel, and what it does. */
interface Choice {
  readonly key: string;
  readonly text: string;
  run(act: Act): void;
}

/** The lines of the Start panel. A function of the state, because a training or a stopped run changes them. */
function choices({ state, app }: Pick<Act, 'state' | 'app'>): Choice[] {
  const stopped = unfinished(state.runs);
  return [
    isActive(app.run)
      ? {
          key: 't',
          text: `Watch ${app.run.start?.run ?? 'the training'} (${phaseWord(app.run)})`,
          run: (act) => act.go('train'),
        }
      : { key: 't', text: 'Train a new model', run: newRun },
    ...(stopped === undefined || isActive(app.run)
      ? []
      : [
          {
            key: 'R',
            text: `Resume ${stopped.name} · ${stopped.status} after ${progressText(stopped)} epochs`,
            run: (act: Act) => resumeRun(act, stopped.path),
          },
        ]),
    opening('data', 'Look at the data'),
    opening('model', 'Look at the networks'),
    opening('webcam', 'Open the webcam'),
    opening('runs', 'Compare runs'),
  ];
}

/** The choice that opens another screen, with that screen's own key. */
function opening(screen: ScreenName, text: string): Choice {
  return { key: String(SCREEN_NAMES.indexOf(screen) + 1), text, run: (act) => act.go(screen) };
}

/** Opens the form for a new run on Train. */
function newRun(act: Act): void {
  const { screens } = act.app;
  act.setApp({ screens: { ...screens, train: { ...screens.train, form: true } } });
  act.go('train');
}

/** The latest run that can be resumed. */
function unfinished(runs: Loadable<RunReport[]>): RunReport | undefined {
  if (runs.status !== 'ready') return undefined;
  return runs.value.find(({ status }) => status === 'crashed' || status === 'stopped' || status === 'failed');
}

/** Asks whether to forget the workspace, for a fresh start. Runs, studies and files stay. */
function askToForget(act: Act): void {
  act.ask({
    title: 'forget what was opened and set?',
    lines: [
      'The data set, the model, the settings of the form, the toggles of all screens and what was typed are forgotten, also for the next start. Runs and files stay.',
    ],
    choices: [
      {
        key: 'f',
        label: 'forget',
        run: () => {
          act.forget();
          act.note('forgotten', 'good');
        },
      },
    ],
  });
}

// Panels. Each function gets the state and its own size, and returns lines of text. Colours come from the theme.

function startLines(view: PanelView<HomeState>): string[] {
  const { theme, cols, state } = view;
  return choices(view).map(({ key, text }, i) =>
    listLine(`${padTo(` ${text}`, cols - 6)} ${theme.key(key)} `, i === state.selected, theme),
  );
}

function machineLines({ app, theme, cols, rows, now }: PanelView<HomeState>): string[] {
  const { machine, size, capability } = app;
  const label = (name: string, text: string): string => `${theme.dim(padTo(name, 5))} ${text}`;
  const gpu =
    machine.status === 'ready'
      ? [label('GPU', machine.value.adapter), label('', machineWords(machine.value))]
      : waitingLines(machine, { empty: '–', theme, cols: cols - 6, now }).map((line, i) =>
          label(i === 0 ? 'GPU' : '', line),
        );
  const { data, settings } = workspaceWords(app.workspace);
  const all = [
    ...gpu,
    label('Data', data === DRAWN ? `${DRAWN} (o on Data opens others)` : data),
    label('Model', app.workspace.weights || 'none chosen yet'),
    label('Form', settings),
    label(
      'Term',
      `${size.cols}x${size.rows} · ${colourWords(capability.color)} · ${capability.glyphs === 'unicode' ? 'Unicode' : 'ASCII'}${capability.graphics === undefined ? '' : ` · ${capability.graphics}`}`,
    ),
  ];
  return rows < all.length ? all.filter((_, i) => i !== 1) : all;
}

function machineWords({ software, f16, timestamps }: MachineReport): string {
  const has = (what: boolean): string => (what ? '✓' : '–');
  return `${software ? 'software (CPU)' : 'hardware'} · f16 ${has(f16)} · timestamps ${has(timestamps)}`;
}

function colourWords(color: string): string {
  return (
    { truecolor: 'true colour', '256': '256 colours', '16': '16 colours', none: 'no colour' }[color] ?? color
  );
}

function runLines({ state, app, theme, cols, now }: PanelView<HomeState>): string[] {
  const empty = `no runs in ${app.runsFolder}/ yet: t trains one`;
  if (state.runs.status !== 'ready') return waitingLines(state.runs, { empty, theme, cols, now });
  if (state.runs.value.length === 0) return wrapped(empty, cols);
  return state.runs.value.map(({ name, model, status, done, of, best }) => {
    const score = best === null ? '' : `val ${percent(best.acc)}`;
    return `${padTo(name, 12)} ${padTo(model, 12)} ${padTo(status, 11)} ${`${done}/${of}`.padStart(7)}  ${score}`;
  });
}

const CHOICE_LIST: SearchedList<HomeState> = {
  when: () => true,
  rows: (act) => choices(act).map(({ text }) => text),
  at: ({ state }) => state.selected,
  go: (act, selected) => act.set({ selected }),
};

const TOUR = [
  'Press i on any screen to learn what you see, ? for its keys.',
  'No key loses work: stopping saves a checkpoint first, and an interrupted run can be resumed here.',
];

/** Where the program opens. */
export const home = defineScreen<HomeState>({
  name: 'home',
  title: 'Home',
  initial: { runs: EMPTY, selected: 0 },
  panels: [
    { id: 'start', title: () => 'Start', lines: startLines, list: CHOICE_LIST },
    { id: 'machine', title: () => 'This machine', lines: machineLines },
    { id: 'runs', title: () => 'Last runs', lines: runLines },
    {
      id: 'tour',
      title: () => 'New here?',
      lines: ({ cols }) => TOUR.flatMap((text) => [...wrapped(text, cols), '']),
    },
  ],
  // Neighbouring panels share a border. A number is rows or columns inside the borders, a share divides what is left.
  layout: (body) => {
    const kind = bodyClass(body);
    if (kind === 'narrow') {
      const [start, runs, machine] = stack(body, [7, { share: 1 }, 3]) as [Rect, Rect, Rect];
      return { start, machine, runs };
    }
    const [top, bottom] = stack(body, [8, { share: 1 }]) as [Rect, Rect];
    const [start, machine] = columns(top, [{ share: 1 }, { share: 1 }]) as [Rect, Rect];
    if (kind === 'standard') return { start, machine, runs: bottom };
    const [runs, tour] = columns(bottom, [{ share: 3 }, { share: 2 }]) as [Rect, Rect];
    return { start, machine, runs, tour };
  },
  keys: [
    {
      keys: ['up', 'down'],
      hint: 'select',
      help: 'Selects what to start',
      run: (act, key) => {
        const most = choices(act).length - 1;
        act.set({ selected: Math.max(0, Math.min(most, act.state.selected + (key === 'up' ? -1 : 1))) });
      },
    },
    {
      keys: ['enter'],
      hint: 'start',
      help: 'Starts what is selected',
      run: (act) => choices(act)[act.state.selected]?.run(act),
    },
    {
      keys: ['t'],
      hint: 'train',
      help: 'Trains a new model, or shows the one in training',
      run: (act) => choices(act)[0]?.run(act),
    },
    {
      keys: ['R'],
      hint: 'resume',
      help: 'Resumes the latest unfinished run',
      when: ({ state, app }) => unfinished(state.runs) !== undefined && !isActive(app.run),
      run: (act) => choices(act)[1]?.run(act),
    },
    {
      keys: ['F'],
      hint: 'forget choices',
      help: 'Forgets the open data set, the model, the settings of the form, and what was typed; asks first',
      run: askToForget,
    },
    {
      keys: ['w'],
      help: 'Shows the latest run on Train, from its log; one that another process trains is followed',
      when: ({ state, app }) =>
        state.runs.status === 'ready' && state.runs.value.length > 0 && !isActive(app.run),
      run: (act) => {
        const { runs } = act.state;
        if (runs.status === 'ready' && runs.value[0]) showRun(act, runs.value[0].path);
      },
    },
  ],
  explain: () => [
    'Data, Model and Form are what you opened and set last: every screen uses them, and the next start has them again. F forgets them.',
    'Start: what you can do first. The arrow keys select, Enter starts; the keys on the right do the same at once.',
    'This machine: the adapter that training will use. "software (CPU)" is Vulkan without a graphics card: everything works, slower. "fer-tui doctor" tells more.',
    'Last runs: the runs in this folder, the latest first. A run that was interrupted can be resumed; the result is the same, bit for bit.',
  ],
  summary: ({ app: { machine, run } }) =>
    run === undefined
      ? machine.status === 'ready'
        ? machine.value.adapter
        : 'probing the GPU'
      : phaseWord(run),
  // A request to the engine takes time; `load` keeps its state, and `waitingLines` shows it.
  open: (act) => {
    act.load('runs', 'reading runs…', (engine) =>
      engine.request('runs.list', { folder: act.app.runsFolder }),
    );
  },
});
