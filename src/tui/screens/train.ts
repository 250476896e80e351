import { isLearningRate } from '../../train/control.js';
import type { Steering } from '../../train/steering.js';
import { WHOLE_CHART, X_AXES } from '../charts/chart_view.js';
import { commandLine, settingsIn } from '../form.js';
import { bodyClass, columns, type Rect, stack } from '../layout.js';
import { askAfterDivergence, askForMore, hasDiverged, resumeRun, takeApart } from '../live.js';
import { EMPTY } from '../loadable.js';
import { isActive, isGoing } from '../run_state.js';
import { phaseWord, rateOf } from '../run_words.js';
import {
  type Actions,
  type Binding,
  defineScreen,
  type PanelView,
  type ScreenView,
} from '../screen_module.js';
import { searchBindings } from '../search.js';
import { askToStop, canDetach, detachRun, steerRun } from '../steer.js';
import { CHART_KEYS, inRun } from './train_chart_keys.js';
import { chartLines, chartTitle } from './train_charts.js';
import { CONFUSION_KEYS, markedCell, pressCell } from './train_confusion.js';
import {
  aboutLines,
  copiedFromForm,
  FORM_KEYS,
  FORM_LIST,
  formLayout,
  formLines,
  formTitle,
  measure,
  showsForm,
} from './train_form.js';
import {
  confusionLines,
  EVENT_LIST,
  eventLines,
  recallLines,
  runLines,
  SECOND_CHARTS,
  type TrainState,
} from './train_panels.js';

type Act = Actions<TrainState>;

const showsRun = (at: Pick<ScreenView<TrainState>, 'state' | 'app'>): boolean => !showsForm(at);

const rateError = (lr: number): string | undefined =>
  isLearningRate(lr) ? undefined : 'lr: a number in (0, 10]';

function setRate(act: Act, lr: number): void {
  const { run } = act.app;
  if (run === undefined) return;
  const error = rateError(lr);
  if (error !== undefined) {
    act.note(error, 'bad');
    return;
  }
  if (!steerRun(act, { type: 'lr', lr })) return;
  act.setApp({ run: { ...run, requestedRate: lr } });
  act.note(`learning rate ${lr.toPrecision(3)} from the next batch on`, 'good');
}

/** The present learning rate; undefined before the start. */
const rateNow = (act: Act): number | undefined => act.app.run && rateOf(act.app.run);

function askRate(act: Act): void {
  act.prompt({
    title: 'learning rate',
    value: String(rateNow(act) ?? ''),
    help: 'a number in (0, 10]; a schedule continues from it, scaled in proportion',
    check: (text) => rateError(Number(text)),
    submit: (text) => setRate(act, Number(text)),
  });
}

const going = (act: Act): boolean => isGoing(act.app.run);
const paused = (act: Act): boolean => act.app.run?.phase === 'paused';
const hasRate = (act: Act): boolean => going(act) && rateNow(act) !== undefined;
const over = (act: Act): boolean => inRun(act) && !isActive(act.app.run);
const send =
  (type: Exclude<Steering['type'], 'lr' | 'stop'>) =>
  (act: Act): void =>
    void steerRun(act, { type });

const RUN_KEYS: readonly Binding<TrainState>[] = [
  {
    keys: ['space'],
    hint: 'pause',
    help: 'Pauses or continues training',
    when: going,
    run: (act) => send(paused(act) ? 'continue' : 'pause')(act),
  },
  {
    keys: ['s'],
    hint: 'one step',
    help: 'Trains a single step while paused',
    when: (act) => going(act) && paused(act),
    run: send('step'),
  },
  { keys: ['l'], hint: 'lr', help: 'Sets the learning rate', when: hasRate, run: askRate },
  {
    keys: ['[', ']'],
    help: 'Halves or doubles the learning rate',
    when: hasRate,
    run: (act, key) => setRate(act, (rateNow(act) ?? 0) * (key === '[' ? 0.5 : 2)),
  },
  {
    keys: ['x'],
    hint: 'stop',
    help: 'Stops: after the epoch, now, or by killing the engine of this program',
    when: going,
    run: (act) => {
      if (act.app.run !== undefined) askToStop(act, act.app.run);
    },
  },
  {
    keys: ['d'],
    hint: 'detach',
    help: 'Detaches: training goes on in the background, also after q; fer-tui attach comes back',
    when: (act) => canDetach(act.app.run),
    run: detachRun,
  },
  { keys: ['S'], hint: 'save', help: 'Saves a checkpoint now', when: going, run: send('checkpoint') },
  {
    keys: ['t'],
    hint: 'take apart',
    help: 'While paused, or after the run: takes its next step apart on the Learn screen',
    when: (act) =>
      inRun(act) && act.app.run?.start !== undefined && ((isActive(act.app.run) && paused(act)) || over(act)),
    run: (act) => {
      if (act.app.run !== undefined) takeApart(act, act.app.run);
    },
  },
  {
    keys: ['v'],
    hint: 'validate',
    help: 'Validates now, between two batches',
    when: going,
    run: send('validate'),
  },
  {
    keys: ['c'],
    help: 'Shows the confusion matrix as counts, or as percentages of each row',
    when: inRun,
    run: (act) => act.set({ counts: !act.state.counts }),
  },
  {
    keys: ['R'],
    hint: 'resume, extend',
    help: 'Resumes the run from its last checkpoint; one that has ended, with more epochs; after divergence, with a tenth of the learning rate',
    when: (act) => over(act) && act.app.run?.start !== undefined && !isGoing(act.app.run),
    run: (act) => {
      const { run } = act.app;
      if (run?.start === undefined) return;
      const { start, end, epochs } = run;
      if (hasDiverged(run)) askAfterDivergence(act, run);
      else if (end?.status === 'finished' || end?.status === 'early-stop') {
        const done = run.result?.epochs ?? epochs.length;
        askForMore(act, { name: start.run, path: start.path, done, of: start.of });
      } else resumeRun(act, run.start.path);
    },
  },
  {
    keys: ['n'],
    hint: 'new run',
    help: 'Returns to the form, for a new run',
    when: over,
    run: (act) => {
      act.set({ form: true, selected: 0 });
      measure(act);
    },
  },
  {
    keys: ['escape'],
    hint: 'back',
    help: 'Returns from the form to the run',
    when: (act) => act.app.run !== undefined && showsForm(act),
    run: (act) => act.set({ form: false }),
  },
];

/** The Train screen: starts, shows and steers a training. */
export const train = defineScreen<TrainState>({
  name: 'train',
  title: 'Train',
  remembers: ['log', 'smooth', 'weight', 'recent', 'counts', 'second', 'axis'],
  initial: {
    selected: 0,
    event: undefined,
    base: undefined,
    filter: '',
    measured: EMPTY,
    form: false,
    log: false,
    smooth: true,
    weight: 0.9,
    recent: false,
    second: SECOND_CHARTS[0],
    axis: X_AXES[0],
    others: [],
    chart: WHOLE_CHART,
    counts: false,
    cell: undefined,
  },
  panels: [
    { id: 'form', title: formTitle, lines: formLines, list: FORM_LIST, when: showsForm },
    { id: 'about', title: () => 'about this', lines: aboutLines, when: showsForm },
    ...['loss', 'accuracy'].map((id) => ({
      ...{ id, when: showsRun, flush: true, wheel: ['=', '-'] as const },
      title: (view: PanelView<TrainState>) => chartTitle(view, id),
      lines: (view: PanelView<TrainState>) => chartLines(view, id),
    })),
    { id: 'recall', title: () => 'recall by class (validation)', lines: recallLines, when: showsRun },
    {
      id: 'confusion',
      title: ({ state }) => `confusion: row = true, column = predicted, ${state.counts ? 'images' : '%'}`,
      lines: (view) => confusionLines(view, markedCell(view)),
      press: pressCell,
      when: showsRun,
    },
    { id: 'run', title: () => 'run', lines: runLines, when: showsRun },
    { id: 'events', title: () => 'events', lines: eventLines, when: showsRun },
  ],
  layout: (body, view) => (showsForm(view) ? formLayout(body) : runLayout(body, view)),
  keys: [
    ...searchBindings('a setting, or an event', [FORM_LIST, EVENT_LIST]),
    ...FORM_KEYS,
    ...CONFUSION_KEYS,
    ...RUN_KEYS,
    ...CHART_KEYS,
  ],
  copies: (act) => {
    if (showsForm(act)) return copiedFromForm(act);
    const { start } = act.app.run ?? {};
    return start && { what: 'the command', text: commandLine(settingsIn(start.config)) };
  },
  explain: (view) =>
    showsForm(view)
      ? [
          'The settings of a new run: every option of "fer-tui train", with its default. A star marks what you changed.',
          'The right side explains the selected setting, lists its values, and says whether the settings together are valid.',
        ]
      : [
          'loss, accuracy: T is training, for each batch (faint) and smoothed (bold: exponential moving average; the title gives its value beside the latest one, and its weight; E changes the weight); V is validation, once per epoch. Training is measured with dropout and augmentation, so early on it may look worse than validation. ▼ marks changes of the learning rate, ‖ pauses.',
          'Left and Right read the curves at a cursor; = and - show less or more of them, < and > other parts, a other units of the x axis, m other charts beside the loss: the norm of the gradient (as the optimiser got it: with penalties, and clipped), the learning rate, images per second. o draws other runs over this one: + and x are their validation.',
          'Dotted lines: guessing at random, always predicting the largest class, and for the classes of FER-2013 the accuracy of people there (65 +- 5 %, reported by its authors).',
          'recall: the share of the images of a class that were classified correctly. The mean gives every class the same weight, however rare it is.',
          'confusion: each row is a true class, each column a predicted class; the diagonal is correct. With the focus on it (Tab), the arrows select a cell and Enter shows its faces.',
          'TRAINING ELSEWHERE: another process trains this run. Its log is read every second. The keys work as for a training here: the process that trains takes the commands of all screens one after the other, and its log says what it did. q leaves it alone.',
          'run: the ETA includes the remaining validations. GPU buffers is the device memory that fer-tui uses.',
        ],
  summary: ({ app: { run } }) => {
    if (run === undefined) return 'no run yet · s, Enter starts one';
    const { step, start } = run;
    return `${phaseWord(run)} ep ${step?.epoch ?? 0}/${start?.of ?? '?'} loss ${step?.loss.toFixed(3) ?? '–'}`;
  },
  open: (act) => {
    if (showsForm(act)) measure(act);
    const of = act.app.run?.begun;
    if (of !== undefined && of !== act.state.chart.of) act.set({ chart: { ...WHOLE_CHART, of } });
  },
});

function runLayout(
  body: Rect,
  { focus, app }: Pick<PanelView<TrainState>, 'focus' | 'app'>,
): Record<string, Rect> {
  const kind = bodyClass(body);
  // A line for each class and one for their mean, if charts keep most of the room.
  const lines = Math.max(
    8,
    Math.min((app.run?.start?.data.classes?.length ?? 7) + 1, Math.floor(body.rows / 3)),
  );
  if (kind === 'narrow') {
    const chart = ['run', 'events'].includes(focus) ? 'loss' : focus;
    const [top, run, events] = stack(body, [{ share: 1 }, 3, 2]) as [Rect, Rect, Rect];
    return { [chart]: top, run, events };
  }
  const two = (row: Rect): [Rect, Rect] => columns(row, [{ share: 1 }, { share: 1 }]) as [Rect, Rect];
  if (kind === 'standard') {
    const [charts, rest] = stack(body, [{ share: 1 }, lines]) as [Rect, Rect];
    const [loss, accuracy] = two(charts);
    const [left, right] = two(rest);
    const [run, events] = stack(right, [5, { share: 1 }]) as [Rect, Rect];
    return { loss, accuracy, [focus === 'confusion' ? 'confusion' : 'recall']: left, run, events };
  }
  const [charts, classes, last] = stack(body, [{ share: 1 }, lines, 6]) as [Rect, Rect, Rect];
  const [loss, accuracy] = two(charts);
  const [recall, confusion] = two(classes);
  const [run, events] = two(last);
  return { loss, accuracy, recall, confusion, run, events };
}
