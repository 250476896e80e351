import type { OptionSpec } from '../../train/option_spec.js';
import { OPTION_ENTRIES } from '../../train/options.js';
import {
  choicesOf,
  commandLine,
  effectiveText,
  type FormValues,
  fieldHelp,
  fieldText,
  formError,
  turned,
  withValue,
} from '../form.js';
import { costWords } from '../form_cost.js';
import { CHANGED, differs, type FormRow, formRows, rowsLeft, sectionOf } from '../form_rows.js';
import { bodyClass, columns, type Rect, scrolled, stack } from '../layout.js';
import { moveBindings } from '../list_moves.js';
import { startRun } from '../live.js';
import { isActive } from '../run_state.js';
import type { Actions, Binding, Copied, PanelView, ScreenView, SearchedList } from '../screen_module.js';
import { padTo, wrapped } from '../text.js';
import { listLine } from '../widgets.js';
import { withSettings } from '../workspace.js';
import { askForSettings, changedSince } from './train_from.js';
import type { TrainState } from './train_panels.js';

/** The form for a new run. Row 0 starts it; then comes a row for each setting. */

type Act = Actions<TrainState>;
type View = PanelView<TrainState>;

export const showsForm = ({ state, app }: Pick<ScreenView<TrainState>, 'state' | 'app'>): boolean =>
  app.run === undefined || (state.form && !isActive(app.run));

const fieldAt = (selected: number): readonly [string, OptionSpec] | undefined => OPTION_ENTRIES[selected - 1];

/** Reads what earlier runs have measured. */
export function measure(act: Act): void {
  const { runsFolder } = act.app;
  act.load('measured', 'reading runs', (engine, { signal }) =>
    engine.request('runs.list', { folder: runsFolder }, { signal }),
  );
}

/** With fewer rows, the title says the section in place of headings. */
const HEADED_ROWS = 12;

export function formTitle({ state, app, rows }: View): string {
  const { filter, base, selected } = state;
  const section = rows < HEADED_ROWS ? sectionOf(Math.max(1, selected)) : '';
  if (filter === '') return ['new run', section].filter(Boolean).join(' · ');
  const count = rowsLeft(filter, app.workspace.settings, base).length;
  return `new run · only ${filter === CHANGED ? 'what differs' : `"${filter}"`}: ${count}`;
}

/** The lines of the form below its first one, and which of them is at the top. */
function formWindow({ state, app, rows }: View): {
  readonly lines: readonly FormRow[];
  readonly first: number;
} {
  const all = formRows(rowsLeft(state.filter, app.workspace.settings, state.base));
  const lines = rows < HEADED_ROWS ? all.filter((line) => 'row' in line) : all;
  const at = lines.findIndex((line) => 'row' in line && line.row === state.selected);
  const [first, count] = scrolled(rows - 1, lines.length, Math.max(0, at));
  return { lines: lines.slice(first, first + count), first };
}

export function formLines(view: View): string[] {
  const { state, app, cols, theme } = view;
  const { selected, base } = state;
  const values = app.workspace.settings;
  const start = listLine(padTo(' Start training', cols - 2), selected === 0, theme);
  const fields = formWindow(view).lines.map((line) => {
    if ('heading' in line) return theme.dim(` ─ ${line.heading}`);
    const before =
      base !== undefined && differs(line.name, values, base)
        ? ` (${base.name}: ${effectiveText(line.name, base.settings)})`
        : '';
    const changed = line.name in values ? '*' : ' ';
    const words = `${changed}${padTo(line.name, 21)} ${effectiveText(line.name, values)}${before}`;
    return listLine(padTo(words, cols - 2), line.row === selected, theme);
  });
  return [start, ...fields];
}

/** What the run will cost, where earlier runs have measured it. */
const costLines = ({ state, app, cols, theme }: View): string[] =>
  state.measured.status === 'ready'
    ? wrapped(costWords(app.workspace.settings, state.measured.value), cols).map(theme.dim)
    : [];

export function aboutLines(view: View): string[] {
  const { state, app, cols, theme } = view;
  const values = app.workspace.settings;
  const error = formError(values);
  const verdict =
    error === undefined ? [theme.good('✓ ready to start')] : wrapped(`✗ ${error}`, cols).map(theme.bad);
  const field = fieldAt(state.selected);
  if (field === undefined) {
    const line = wrapped(commandLine(values), cols).map(theme.dim);
    return [
      'Enter starts a run with these settings.',
      ...baseLines(state, values).flatMap((text) => wrapped(text, cols)),
      ...verdict,
      ...costLines(view),
      '',
      'The same as a command, which y copies:',
      ...line,
    ];
  }
  const [name, spec] = field;
  const keys =
    choicesOf(spec) === undefined
      ? 'Enter edits, Bksp restores the default'
      : '←→ changes, Enter lists the choices, Bksp restores the default';
  return [
    theme.strong(name),
    ...wrapped(spec.help, cols),
    '',
    ...fieldHelp(name, spec, values).flatMap((line) => wrapped(line, cols)),
    ...wrapped(keys, cols).map(theme.dim),
    '',
    ...verdict,
    ...costLines(view),
  ];
}

/** Where the settings come from, and what was changed since. */
function baseLines({ base }: TrainState, values: FormValues): string[] {
  if (base === undefined) return ['f takes the settings of a recipe, or of an earlier run.'];
  const changed = changedSince(base, values);
  return [
    `Settings of ${base.name}${changed.length === 0 ? ', unchanged.' : `, but: ${changed.join(', ')}.`}`,
  ];
}

const setField = (act: Act, name: string, text: string): void => {
  const { workspace } = act.app;
  act.setApp({ workspace: withSettings(workspace, withValue(workspace.settings, name, text)) });
};

/** Enter: starts on the first row; elsewhere asks for the value, which is accepted if the settings are valid with it. */
function editField(act: Act): void {
  const field = fieldAt(act.state.selected);
  if (field === undefined) {
    begin(act);
    return;
  }
  const [name, spec] = field;
  const values = act.app.workspace.settings;
  const choices = choicesOf(spec);
  const help = [spec.help, ...fieldHelp(name, spec, values)].join(' · ');
  if (choices !== undefined) {
    act.pick({
      title: name,
      help: spec.help,
      options: choices.map((label) => ({ label, run: () => setField(act, name, label) })),
      at: Math.max(0, choices.indexOf(fieldText(name, values))),
    });
    return;
  }
  act.prompt({
    title: name,
    value: fieldText(name, values),
    help,
    ...(spec.file !== undefined && { paths: true }),
    history: spec.file === undefined ? name : 'path',
    check: (text) => formError(withValue(values, name, text)),
    submit: (text) => setField(act, name, text),
  });
}

/** The settings as a list that `/` searches; the first row starts the run and is not found. */
export const FORM_LIST: SearchedList<TrainState> = {
  when: showsForm,
  rows: () => ['', ...OPTION_ENTRIES.map(([name, { help }]) => `${name} ${help}`)],
  at: ({ state }) => state.selected,
  // Going to a row that the filter hides removes the filter.
  go: (act, selected) => act.set({ selected, ...(!isLeft(act, selected) && { filter: '' }) }),
  onLine: (view, line) => {
    const row = line === 0 ? { row: 0 } : formWindow(view).lines[line - 1];
    return row !== undefined && 'row' in row ? row.row : undefined;
  },
  find: (_, text) => found(text),
};

const leftIn = ({ state, app }: Pick<Act, 'state' | 'app'>): readonly number[] =>
  rowsLeft(state.filter, app.workspace.settings, state.base);

const isLeft = (act: Act, row: number): boolean => row === 0 || leftIn(act).includes(row);

/** Asks which settings the form is to show. */
function askForFilter(act: Act): void {
  act.prompt({
    title: 'only settings with',
    value: act.state.filter,
    help: 'a part of a name or a description; * shows what differs; empty shows all',
    check: (text) =>
      rowsLeft(text, act.app.workspace.settings, act.state.base).length === 0
        ? `no setting has "${text}"`
        : undefined,
    submit: (filter) => act.set({ filter, selected: 0 }),
  });
}

/** Rows of the settings that a text finds: first those whose names begin with it, then other names, then descriptions. */
function found(text: string): number[] {
  const word = text.toLowerCase();
  const kind = ([name, { help }]: readonly [string, OptionSpec]): number =>
    name.startsWith(word) ? 0 : name.includes(word) ? 1 : help.toLowerCase().includes(word) ? 2 : 3;
  const rows = OPTION_ENTRIES.map((entry, i) => ({ row: i + 1, kind: kind(entry) }));
  return rows
    .filter((own) => own.kind < 3)
    .toSorted((a, b) => a.kind - b.kind)
    .map(({ row }) => row);
}

function begin(act: Act): void {
  const { settings } = act.app.workspace;
  const error = formError(settings);
  if (error !== undefined) {
    act.note(error, 'bad');
    return;
  }
  act.set({ form: false });
  startRun(act, settings);
}

function select(act: Act, step: number): void {
  const rows = [0, ...leftIn(act)];
  const at = rows.findLastIndex((row) => row <= act.state.selected);
  act.set({ selected: rows[Math.max(0, Math.min(rows.length - 1, at + step))] ?? 0 });
}

function turn(act: Act, step: number): void {
  const { workspace } = act.app;
  const field = fieldAt(act.state.selected);
  const next = field && turned(field[0], field[1], workspace.settings, step);
  if (next !== undefined) act.setApp({ workspace: withSettings(workspace, next) });
}

export const FORM_KEYS: readonly Binding<TrainState>[] = [
  ...moveBindings('setting', showsForm, select),
  {
    keys: ['left', 'right'],
    hint: 'turn',
    help: 'Changes a setting to its next or previous choice',
    when: showsForm,
    run: (act, key) => turn(act, key === 'left' ? -1 : 1),
  },
  {
    keys: ['enter'],
    hint: 'edit',
    help: 'Edits the value, or lists its choices; on the first row, starts training',
    when: showsForm,
    run: editField,
  },
  {
    keys: ['backspace'],
    help: 'Restores the default of a setting',
    when: showsForm,
    run: (act) => {
      const field = fieldAt(act.state.selected);
      if (field !== undefined) setField(act, field[0], '');
    },
  },
  {
    keys: ['F'],
    hint: 'filter',
    help: 'Shows only the settings with a text, or those that differ from the recipe, the run or the defaults',
    when: showsForm,
    run: askForFilter,
  },
  {
    keys: ['f'],
    hint: 'from',
    help: 'Takes the settings of a recipe that comes with fer-tui, or of an earlier run',
    when: showsForm,
    run: askForSettings,
  },
  {
    keys: ['s'],
    hint: 'to start',
    help: 'Selects the first row, where Enter starts training',
    when: (act) => showsForm(act) && act.state.selected > 0,
    run: (act) => {
      act.set({ selected: 0 });
      act.note('Enter starts training with these settings');
    },
  },
  {
    keys: ['q'],
    help: 'On a setting: selects the first row, where q quits; so typing a word does not quit',
    when: (act) => showsForm(act) && act.state.selected > 0,
    run: (act) => {
      act.set({ selected: 0 });
      act.note('q again quits; the settings are kept');
    },
  },
];

/** On the first row the command line, elsewhere the value of the setting. */
export function copiedFromForm({ state, app }: Pick<Act, 'state' | 'app'>): Copied {
  const values = app.workspace.settings;
  const field = fieldAt(state.selected);
  return field === undefined
    ? { what: 'the command', text: commandLine(values) }
    : { what: field[0], text: fieldText(field[0], values) };
}

export function formLayout(body: Rect): Record<string, Rect> {
  const narrow = bodyClass(body) === 'narrow';
  const [form, about] = narrow ? stack(body, [{ share: 1 }, 6]) : columns(body, [{ share: 1 }, { share: 1 }]);
  return { form: form as Rect, about: about as Rect };
}
