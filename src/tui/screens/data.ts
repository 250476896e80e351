import type { SplitName } from '../../data/types.js';
import { shellWord } from '../../util/shell_word.js';
import { bodyClass, columns, type Rect, stack } from '../layout.js';
import { type Actions, type Binding, defineScreen } from '../screen_module.js';
import { searchBindings } from '../search.js';
import { askForWeights } from '../weight_files.js';
import { LABEL_KEYS } from './data_labels.js';
import { fetchFaces, move, relist, soon } from './data_list.js';
import { DATA_CLOSED, openPath, openShared } from './data_open.js';
import { checkLines, classLines, faceLines, facePictures, facesTitle } from './data_panels.js';
import { classify } from './data_predict.js';
import { askForAugment, askForClasses, askForPath } from './data_prompts.js';
import { currentIndex, type DataState, placeOf, reportOf } from './data_state.js';

type Act = Actions<DataState>;

const SPLITS: readonly SplitName[] = ['train', 'validation', 'test'];
function nextClass(act: Act): void {
  const classes = reportOf(act.state)?.classes.length ?? 0;
  const { only } = act.state;
  const next = only === undefined ? 0 : only + 1;
  relist(act, { only: next < classes ? next : undefined });
}

function nextSplit(act: Act): void {
  const report = reportOf(act.state);
  const at = SPLITS.indexOf(act.state.split);
  const order = [...SPLITS.slice(at + 1), ...SPLITS.slice(0, at)];
  const split = order.find((name) => (report?.splits[name].labels.length ?? 0) > 0);
  if (split === undefined) {
    act.note('the other splits contain no images');
    return;
  }
  const filter = ['wrong', 'cell'].includes(act.state.filter) ? 'all' : act.state.filter;
  act.drop('predictions');
  relist(act, { split, filter, at: 0, list: [] });
}

function goTo(act: Act): void {
  const last = (reportOf(act.state)?.splits[act.state.split].labels.length ?? 1) - 1;
  act.prompt({
    title: `go to image of ${act.state.split}`,
    value: String(currentIndex(act.state) ?? 0),
    help: `0–${last}`,
    check: (text) => (/^\d+$/.test(text.trim()) && Number(text) <= last ? undefined : `0–${last}`),
    submit: (text) => {
      const index = Number(text);
      if (!act.state.list.includes(index)) relist(act, { only: undefined, filter: 'all' });
      act.set({ at: act.state.list.indexOf(index) });
      fetchFaces(act);
    },
  });
}

function toggleTwins(act: Act): void {
  const { filter, twins } = act.state;
  if (filter === 'twins' || twins.status === 'ready') {
    relist(act, { filter: filter === 'twins' ? 'all' : 'twins' });
    return;
  }
  act.load('twins', 'comparing all images', async (engine, { signal }) => {
    const found = await engine.request('data.duplicates', placeOf(act.state), { signal });
    if (found.length > 0) soon(act, { filter: 'twins' });
    return found;
  });
}

function toggleWrong(act: Act): void {
  const { filter, predictions } = act.state;
  if (filter === 'wrong' || predictions.status === 'ready') {
    relist(act, { filter: filter === 'wrong' ? 'all' : 'wrong' });
    return;
  }
  const { weights } = act.app.workspace;
  if (weights === '') askForWeights(act, (chosen) => showWrong(act, chosen));
  else showWrong(act, weights);
}

const showWrong = (act: Act, weights: string): void => classify(act, weights, { filter: 'wrong' });

/** The activity on all images that is in progress, if any. */
const busy = (state: DataState): 'next' | 'predictions' | 'twins' | undefined =>
  (['next', 'predictions', 'twins'] as const).find((slot) => state[slot].status === 'loading');

const opened = (act: Act): boolean => act.state.report.status === 'ready';
const listed = (act: Act): boolean => opened(act) && act.state.list.length > 0;
const mode = (next: DataState['mode']) => (act: Act) => {
  act.set({ mode: act.state.mode === next ? 'face' : next });
  fetchFaces(act);
};

const KEYS: readonly Binding<DataState>[] = [
  ...searchBindings<DataState>('a face of a class', [
    {
      when: listed,
      rows: ({ state }) => {
        const { classes = [], splits } = reportOf(state) ?? {};
        return state.list.map((index) => classes[splits?.[state.split].labels[index] ?? 0] ?? '');
      },
      at: ({ state }) => state.at,
      go: (act, row) => move(act, row - act.state.at),
    },
  ]),
  {
    keys: ['escape'],
    hint: 'stop',
    help: 'Stops reading, comparing or classifying images',
    when: ({ state }) => busy(state) !== undefined,
    run: (act) => {
      const slot = busy(act.state);
      if (slot !== undefined) act.drop(slot);
      act.note('stopped', 'good');
    },
  },
  {
    keys: ['left', 'right'],
    hint: 'next',
    help: 'Shows the previous or next face',
    when: listed,
    run: (act, key) => move(act, key === 'left' ? -1 : 1),
  },
  {
    keys: ['up', 'down'],
    help: 'Moves ten faces back or forward',
    when: listed,
    run: (act, key) => move(act, key === 'up' ? -10 : 10),
  },
  {
    keys: ['pageup', 'pagedown'],
    help: 'Moves a hundred faces back or forward',
    when: listed,
    run: (act, key) => move(act, key === 'pageup' ? -100 : 100),
  },
  {
    keys: ['home', 'end'],
    help: 'Shows the first or last face',
    when: listed,
    run: (act, key) => move(act, key === 'home' ? -Infinity : Infinity),
  },
  {
    keys: ['c'],
    hint: 'class',
    help: 'Shows only one class, then the next, then all',
    when: opened,
    run: nextClass,
  },
  {
    keys: ['w'],
    hint: 'wrong',
    help: 'Shows only the faces that a model classifies wrongly, those of highest confidence first',
    when: opened,
    run: toggleWrong,
  },
  {
    keys: ['o'],
    hint: 'open',
    help: 'Opens another data set',
    run: (act) => askForPath(act, (path) => openPath(act, path)),
  },
  {
    keys: ['s'],
    hint: 'split',
    help: 'Shows the next split',
    when: opened,
    run: nextSplit,
  },
  {
    keys: ['g'],
    hint: 'sheet',
    help: 'Shows a contact sheet of many faces, or one face',
    when: listed,
    run: mode('sheet'),
  },
  {
    keys: ['a'],
    hint: 'augment',
    help: 'Shows this face as augmented in each epoch of training',
    when: listed,
    run: mode('augment'),
  },
  {
    keys: ['A'],
    help: 'Sets the augmentation shown, and its seed',
    when: listed,
    run: (act) => askForAugment(act, () => fetchFaces(act)),
  },
  {
    keys: ['m'],
    hint: 'model',
    help: 'Chooses another model for the wrong predictions',
    when: opened,
    run: (act) => {
      askForWeights(act, (weights) => {
        act.drop('predictions');
        if (['wrong', 'cell'].includes(act.state.filter)) relist(act, { filter: 'all' });
        showWrong(act, weights);
      });
    },
  },
  ...LABEL_KEYS,
  {
    keys: ['d'],
    hint: 'twins',
    help: 'Finds identical images, and shows only these',
    when: opened,
    run: toggleTwins,
  },
  {
    keys: ['k'],
    help: 'Shows only the constant images, which have a single gray value',
    when: opened,
    run: (act) => relist(act, { filter: act.state.filter === 'constant' ? 'all' : 'constant' }),
  },
  { keys: ['#'], hint: 'go to', help: 'Goes to an image by its number', when: opened, run: goTo },
  {
    keys: ['N'],
    help: 'Names the classes, for numbered folders and other languages (--classes)',
    when: ({ state }) => state.path !== '',
    run: (act) => askForClasses(act, (path, classes) => openPath(act, path, classes)),
  },
  {
    keys: ['escape'],
    help: 'Returns to one face',
    when: ({ state }) => state.mode !== 'face',
    run: (act) => act.set({ mode: 'face' }),
  },
  {
    keys: ['escape'],
    hint: 'all faces',
    help: 'After opening a cell of a confusion matrix: shows all faces of the split again',
    when: ({ state }) => state.filter === 'cell',
    run: (act) => relist(act, { filter: 'all', cell: undefined }),
  },
];

/** The Data screen: the faces of a data set, and facts to know before training. */
export const data = defineScreen<DataState>({
  name: 'data',
  title: 'Data',
  initial: DATA_CLOSED,
  panels: [
    { id: 'faces', title: facesTitle, lines: faceLines, pictures: facePictures, flush: true },
    {
      id: 'classes',
      title: ({ state }) => {
        const total = reportOf(state)?.splits[state.split].labels.length;
        return `classes (${state.split}${total === undefined ? '' : `, ${total.toLocaleString('en')}`})`;
      },
      lines: classLines,
    },
    { id: 'checks', title: () => 'checks', lines: checkLines },
  ],
  layout: (body, { state }) => {
    if (state.mode !== 'face' || state.report.status !== 'ready') return { faces: body };
    const rows = body.rows - 2;
    const [faces, right] = columns(body, [Math.min(2 * rows, 48, body.cols - 32), { share: 1 }]) as [
      Rect,
      Rect,
    ];
    const names = Math.min(state.report.value.classes.length, Math.max(7, body.rows >> 1));
    const lines = Math.max(7, names) + (bodyClass(body) === 'narrow' ? 0 : 1);
    const [classes, checks] = stack(right, [lines, { share: 1 }]) as [Rect, Rect];
    return { faces, classes, checks };
  },
  keys: KEYS,
  copies: ({ state }) =>
    state.path === '' ? undefined : { what: 'the command', text: `fer-tui data ${shellWord(state.path)}` },
  explain: ({ state }) => [
    'A face of the data set as the network receives it: 48 x 48 gray values. The title shows its number, split and label, and the prediction of the chosen model.',
    'classes: the number of images of each class. ! marks a class with less than half of an equal share: networks tend to neglect it. ✓ is the share that the chosen model classifies correctly (recall).',
    'checks: unreadable rows are left out and listed. A constant image shows nothing. Identical images in two splits make validation look better than it is; identical images with two labels cannot both be learned.',
    `Augmentation: this face exactly as training with seed ${state.seed} changes it in each epoch (${state.augment}).`,
    `Decisions about labels go to ${state.labels}, for --labels of training: → another label, - left out, = the label is right. The data set itself is never changed.`,
  ],
  summary: ({ state }) => {
    const report = reportOf(state);
    return report === undefined
      ? 'no data set is open'
      : `${report.name}: ${report.splits[state.split].labels.length} faces`;
  },
  open: openShared,
});
