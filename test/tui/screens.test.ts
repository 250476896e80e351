import type { TrainEvent } from '../../src/train/events.js';
import { OPTION_ENTRIES } from '../../src/train/options.js';
import { ready } from '../../src/tui/loadable.js';
import { applyEvent, beginRun, loseRun, type RunState } from '../../src/tui/run_state.js';
import { NEW_WORKSPACE, withSettings } from '../../src/tui/workspace.js';
import { fakeEnd, fakeEvents } from '../helpers/events.js';
import { describeScreens, failed, loading, type ScreenCase } from '../helpers/screen_cases.js';

const STOPPED = {
  ...{ done: 7, stepInEpoch: 0 },
  ...{ name: 'r12', path: 'runs/r12', status: 'stopped', begun: '2026-11-23T10:00:00Z', model: 'fer-cnn' },
  ...{
    data: 'FER-2013',
    adapter: 'llvmpipe',
    config: {},
    of: 30,
    best: { epoch: 6, acc: 0.513 },
    seconds: 300,
  },
  epochs: new Array(7).fill({}),
};
const after = (...events: TrainEvent[]): RunState =>
  events.reduce((run, e) => applyEvent(run, e, 0), beginRun(0));
const START = fakeEvents()[0] as TrainEvent;
const READING: RunState = { ...beginRun(0), progress: { text: 'reading images', done: 50, total: 100 } };
const COMPILING = after(START, {
  ...{ type: 'note', kind: 'compile', message: 'compiling kernel 9 of 23 (once per driver)' },
  progress: { done: 9, total: 23 },
});
/** The run on 40 classes, of which the last is taken for the first. */
const MANY = Array.from({ length: 40 }, (_, i) => `person ${i}`);
const MANY_CLASSES = after(
  ...fakeEvents().map((event): TrainEvent => {
    if (event.type === 'start') return { ...event, data: { ...event.data, classes: MANY } };
    if (event.type !== 'epoch' || event.val === undefined) return event;
    const recall = MANY.map((_, c) => (c === 39 ? 0.1 : 0.9));
    const confusion = MANY.map((_, i) => MANY.map((_c, j) => (j === (i === 39 ? 0 : i) ? 9 : 0)));
    return { ...event, val: { ...event.val, recall, confusion } };
  }),
);
const TRAINING = after(...fakeEvents());
const DONE = after(...fakeEvents(), ...fakeEnd());
const FAILED = after(
  ...fakeEvents(),
  { type: 'error', message: 'training diverged: the loss of step 61 is NaN', exit: 6 },
  { type: 'end', status: 'failed', exit: 6 },
);
/** Down to the field of the learning rate. */
const LR = Array<string>(OPTION_ENTRIES.findIndex(([name]) => name === 'lr') + 1).fill('down');

/** Every screen in every state: a line each. */
const CASES: readonly ScreenCase[] = [
  { screen: 'home', name: 'at the start', words: ['fer-tui', 'Home', 'Train a new model'] },
  { screen: 'home', name: 'reading runs', own: { runs: loading('reading runs…') }, words: ['reading runs'] },
  { screen: 'home', name: 'without runs', own: { runs: ready([]) }, words: ['no runs in runs/ yet'] },
  {
    screen: 'home',
    name: 'with a stopped run',
    own: { runs: ready([STOPPED]) },
    words: ['Resume r12', '7/30'],
  },
  {
    screen: 'home',
    name: 'without an adapter',
    state: { machine: failed('no usable GPU adapter') },
    words: ['no usable'],
  },
  { screen: 'home', name: 'help', keys: ['?'], words: ['keys', 'Everywhere', 'any key closes'] },
  { screen: 'home', name: 'what is this', keys: ['i'], words: ['what am I seeing'] },
  { screen: 'train', name: 'form', words: ['Start training', 'epochs', 'about this'] },
  {
    screen: 'train',
    name: 'a field of the form',
    keys: ['down', 'down'],
    words: ['network', 'value:', 'fer-cnn'],
  },
  {
    screen: 'train',
    name: 'typing a wrong value',
    keys: [...LR, 'enter', 'x', 'enter'],
    words: ['lr = "x"', 'expected'],
  },
  {
    screen: 'train',
    name: 'settings that fit not',
    state: { workspace: withSettings(NEW_WORKSPACE, { nesterov: true }) },
    words: ['needs --optimizer sgd'],
  },
  {
    screen: 'train',
    name: 'starting',
    state: { run: beginRun(0) },
    words: ['STARTING', 'opening data and device'],
  },
  { screen: 'train', name: 'reading data', state: { run: READING }, words: ['reading images', '50 %'] },
  { screen: 'train', name: 'compiling', state: { run: COMPILING }, words: ['compiling kernel 9 of 23'] },
  {
    screen: 'train',
    name: 'training',
    state: { run: TRAINING },
    words: ['TRAINING ep 3/5', 'ETA 1:40', '200 img/s'],
  },
  {
    screen: 'train',
    name: 'all of the panels',
    state: { run: TRAINING },
    keys: ['tab', 'tab'],
    words: ['recall by class', 'mean of the classes'],
  },
  {
    screen: 'train',
    name: 'the matrix',
    state: { run: TRAINING },
    keys: ['tab', 'tab', 'tab', 'c'],
    words: ['confusion', 'ang'],
  },
  {
    screen: 'train',
    name: 'recalls of many classes',
    state: { run: MANY_CLASSES },
    keys: ['tab', 'tab'],
    words: ['recall by class', 'person 39', '40 classes, lowest first'],
  },
  {
    screen: 'train',
    name: 'confusions of many classes',
    state: { run: MANY_CLASSES },
    keys: ['tab', 'tab', 'tab'],
    words: ['confusion', 'person 39 → person 0|person 39 > person 0'],
  },
  { screen: 'train', name: 'one panel', state: { run: TRAINING }, keys: ['tab', '+'], words: ['accuracy'] },
  { screen: 'train', name: 'numbers', state: { run: TRAINING }, keys: ['T'], words: ['epoch', '2.95'] },
  {
    screen: 'train',
    name: 'log and recent',
    state: { run: TRAINING },
    keys: ['g', 'z', 'e'],
    words: ['(log, recent)'],
  },
  {
    screen: 'train',
    name: 'reading a curve',
    state: { run: TRAINING },
    keys: ['home', 'pagedown', 'right'],
    words: ['epoch 0.50: T 1.583'],
  },
  {
    screen: 'train',
    name: 'a part of the curves by steps',
    state: { run: TRAINING },
    keys: ['=', '<', 'a'],
    words: ['(part)', 'step'],
  },
  {
    screen: 'train',
    name: 'the learning rate over time',
    state: { run: TRAINING },
    keys: ['tab', 'm', 'm', 'a', 'a'],
    words: ['learning rate', '1.0e-3', 'time'],
  },
  {
    screen: 'train',
    name: 'images per second',
    state: { run: TRAINING },
    keys: ['tab', 'm', 'm', 'm'],
    words: ['images/s', '200'],
  },
  { screen: 'train', name: 'paused', state: { run: { ...TRAINING, phase: 'paused' } }, words: ['PAUSED'] },
  {
    screen: 'train',
    name: 'how to stop',
    state: { run: TRAINING },
    keys: ['x'],
    words: ['finish the epoch', 'stop now', 'kill the engine'],
  },
  {
    screen: 'train',
    name: 'a silent engine',
    state: { run: TRAINING, now: 20_000 },
    words: ['not answering for'],
  },
  { screen: 'train', name: 'done', state: { run: DONE }, words: ['FINISHED', 'best 45.0 % in epoch 3'] },
  { screen: 'train', name: 'diverged', state: { run: FAILED }, words: ['FAILED', 'diverged', 'resumes'] },
  {
    screen: 'train',
    name: 'a killed engine',
    state: { run: loseRun(TRAINING, 'SIGKILL', 0) },
    words: ['ENGINE ENDED'],
  },
  {
    screen: 'train',
    name: 'what is this',
    state: { run: TRAINING },
    keys: ['i'],
    words: ['what am I seeing', 'moving average'],
  },
];

describeScreens(CASES);
