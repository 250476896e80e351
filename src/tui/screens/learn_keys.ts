import { readPicture } from '../../data/image_files.js';
import { PICTURE_KINDS, pictureKind, READ_KINDS } from '../../data/picture_kind.js';
import { STAGES } from '../../learn/report.js';
import { OPTIONS } from '../../train/options.js';
import { ready } from '../loadable.js';
import { nextOf } from '../next_of.js';
import type { Binding } from '../screen_module.js';
import { searchBindings } from '../search.js';
import { type SourcePlace, searchedSource, sourceBindings } from '../source_view.js';
import { askForWeights } from '../weight_files.js';
import {
  type Act,
  changeView,
  drawTiles,
  type LearnState,
  layerOf,
  loadKernels,
  loadLoss,
  loadNumber,
  loadWeight,
  nextKind,
  openStep,
  reportOf,
  showsLayers,
  stageNow,
  toStage,
  trainableWeights,
  viewOf,
} from './learn_state.js';
import { SORTS } from './learn_tiles.js';

/** Milliseconds for which the automatic walk shows a stage. */
const PLAY_MS = 2000;

const opened = ({ state }: Act): boolean => state.report.status === 'ready';
const inMode =
  (...modes: LearnState['mode'][]) =>
  (act: Act): boolean =>
    opened(act) && modes.includes(act.state.mode);
const onLayers = (act: Act): boolean => opened(act) && showsLayers(act.state) && act.state.mode !== 'source';
const notInSource = (act: Act): boolean => opened(act) && act.state.mode !== 'source';

/** Whether the arrows are free: they do not move the number that is followed. */
const moving = (act: Act): boolean =>
  notInSource(act) && !(act.state.mode === 'one' && act.state.tiles.length > 0);

/** Number of things that up and down move through. */
function countOf({ state }: Act): number {
  const stage = stageNow(state);
  if (stage === 'loss') return reportOf(state)?.classes.length ?? 1;
  if (stage === 'update') return trainableWeights(state).length;
  return Math.max(1, state.order.length);
}

function select(act: Act, step: number): void {
  const selected = Math.max(0, Math.min(countOf(act) - 1, act.state.selected + step));
  act.set({ selected });
  if (stageNow(act.state) === 'loss') loadLoss(act);
  else if (act.state.mode === 'one') loadNumber(act);
}

function moveCursor(act: Act, key: string): void {
  const [height = 1, width = 1] = viewOf(act.state)?.shape ?? [];
  const { y, x } = act.state.cursor;
  const [dy, dx] = { up: [-1, 0], down: [1, 0], left: [0, -1], right: [0, 1] }[key] ?? [0, 0];
  const within = (value: number, end: number): number => Math.max(0, Math.min(end - 1, value));
  act.set({ cursor: { y: within(y + (dy ?? 0), height), x: within(x + (dx ?? 0), width) } });
  loadNumber(act);
}

function changeLayer(act: Act, step: number): void {
  const last = (reportOf(act.state)?.layers.length ?? 1) - 1;
  const mode = act.state.mode === 'weight' ? 'maps' : act.state.mode;
  act.set({ mode });
  changeView(act, { layer: Math.max(0, Math.min(last, act.state.layer + step)) });
}

function enter(act: Act): void {
  if (stageNow(act.state) === 'update') {
    const weight = trainableWeights(act.state)[act.state.selected];
    if (weight !== undefined) loadWeight(act, weight);
    return;
  }
  const mode = act.state.mode === 'one' ? 'maps' : 'one';
  act.set({ mode, scroll: 0 });
  if (mode === 'one') loadNumber(act);
}

/** Shows a weight of the layer; again, its next weight. */
function showWeight(act: Act): void {
  const own =
    layerOf(act.state)
      ?.weights.filter(({ trainable }) => trainable)
      .map(({ name }) => name) ?? [];
  const [first] = own;
  if (first === undefined) {
    act.note(`${layerOf(act.state)?.name} has no weights that training changes`);
    return;
  }
  const { weight } = act.state;
  const shown = act.state.mode === 'weight' && weight.status === 'ready' ? weight.value.weight : undefined;
  loadWeight(act, shown !== undefined && own.includes(shown) ? nextOf(own, shown) : first);
}

function askForIndex(act: Act): void {
  const { weight } = act.state;
  if (weight.status !== 'ready') return;
  const { weight: name, index } = weight.value;
  const shape =
    reportOf(act.state)
      ?.layers.flatMap(({ weights }) => weights)
      .find((own) => own.name === name)?.shape ?? [];
  const size = shape.reduce((n, extent) => n * extent, 1);
  act.prompt({
    title: `which weight of ${name}?`,
    value: String(index),
    help: `a place in the array ${shape.join('×')}, row by row: 0 to ${size - 1}`,
    check: (text) =>
      /^\d+$/.test(text) && Number(text) < size ? undefined : `expected a whole number from 0 to ${size - 1}`,
    submit: (text) => loadWeight(act, name, Number(text)),
  });
}

/** Why a file cannot be the picture of a face; undefined if it can. */
function pictureError(path: string): string | undefined {
  try {
    const kind = pictureKind(readPicture(path));
    return READ_KINDS.some((read) => read === kind) ? undefined : `${path}: expected ${PICTURE_KINDS}`;
  } catch (error) {
    return (error as Error).message;
  }
}

function askForPicture(act: Act): void {
  act.prompt({
    title: 'a picture of a face',
    value: act.state.request.image ?? '',
    paths: true,
    help: 'path of a picture, which replaces the first image; empty: the data alone',
    check: (path) => (path === '' ? undefined : pictureError(path)),
    submit: (path) => openStep(act, { ...act.state.request, image: path === '' ? undefined : path }),
  });
}

let timer: NodeJS.Timeout | undefined;

/** Walks through the stages, one every two seconds. */
export function play(act: Act, on: boolean): void {
  clearInterval(timer);
  timer = undefined;
  act.set({ playing: on });
  if (!on) return;
  timer = setInterval(() => {
    if (act.state.current.status === 'loading') return;
    if (act.state.stage >= STAGES.length - 1) play(act, false);
    else toStage(act, act.state.stage + 1);
  }, PLAY_MS);
}

function moveStage(act: Act, step: number): void {
  toStage(act, Math.max(0, Math.min(STAGES.length - 1, act.state.stage + step)));
}

const SOURCE: SourcePlace<LearnState> = {
  viewOf: ({ mode, kernels }) =>
    mode === 'source' && kernels.status === 'ready' ? kernels.value.view : undefined,
  show: (act, view) => {
    const { kernels } = act.state;
    if (kernels.status === 'ready') act.set({ kernels: ready({ ...kernels.value, view }) });
  },
};

export const KEYS: readonly Binding<LearnState>[] = [
  ...searchBindings<LearnState>('a layer, or a line of a source', [
    searchedSource(SOURCE),
    {
      when: onLayers,
      rows: ({ state }) => (reportOf(state)?.layers ?? []).map(({ name }) => name),
      at: ({ state }) => state.layer,
      go: (act, row) => changeLayer(act, row - act.state.layer),
    },
  ]),
  ...sourceBindings(SOURCE),
  {
    keys: ['escape'],
    hint: 'back',
    help: 'Returns to the maps',
    when: ({ state }) => state.mode !== 'maps',
    run: (act) => act.set({ mode: 'maps', scroll: 0 }),
  },
  {
    keys: ['up', 'down', 'left', 'right'],
    hint: 'move',
    help: 'While a number is followed: moves to its neighbour',
    when: (act) => inMode('one')(act) && act.state.tiles.length > 0,
    run: moveCursor,
  },
  {
    keys: ['left', 'right'],
    hint: 'stage',
    help: 'Goes to the stage before or after',
    when: moving,
    run: (act, key) => moveStage(act, key === 'left' ? -1 : 1),
  },
  {
    keys: ['up', 'down'],
    hint: 'select',
    help: 'Selects a channel, a class, or an array of weights',
    when: moving,
    run: (act, key) => select(act, key === 'up' ? -1 : 1),
  },
  {
    keys: ['[', ']'],
    hint: 'layer',
    help: 'Shows the layer before or after',
    when: onLayers,
    run: (act, key) => changeLayer(act, key === '[' ? -1 : 1),
  },
  {
    keys: ['enter'],
    hint: 'follow',
    help: 'Follows one number of the layer, or one weight of the update; again: back to the maps',
    when: (act) => notInSource(act) && (showsLayers(act.state) || stageNow(act.state) === 'update'),
    run: enter,
  },
  {
    keys: ['v'],
    hint: 'weight',
    help: 'Shows one weight of the layer: its gradient, central differences and update; again: the next array',
    when: onLayers,
    run: showWeight,
  },
  {
    keys: ['#'],
    help: 'Chooses a weight by its place in the array',
    when: inMode('weight'),
    run: askForIndex,
  },
  {
    keys: ['w'],
    hint: 'WGSL',
    help: 'Times the kernels of the layer beside the naive ones, and shows their sources',
    when: onLayers,
    run: loadKernels,
  },
  {
    keys: ['d'],
    hint: 'values',
    help: 'Shows the output, the input, or the gradient of either',
    when: onLayers,
    run: (act) => changeView(act, { kind: nextKind(act.state.kind) }),
  },
  {
    keys: ['f', 'F'],
    hint: 'face',
    help: 'Shows the next or previous image of the batch',
    when: notInSource,
    run: (act, key) => {
      const count = reportOf(act.state)?.count ?? 1;
      changeView(act, { image: (act.state.image + (key === 'f' ? 1 : count - 1)) % count });
    },
  },
  {
    keys: ['o'],
    help: 'Sorts the channels by number, by the size of their values, or by that of their gradients',
    when: onLayers,
    run: (act) => {
      act.set({ sort: nextOf(SORTS, act.state.sort), selected: 0 });
      drawTiles(act);
    },
  },
  {
    keys: ['c'],
    help: 'Gives the layer one colour scale, or each map its own',
    when: onLayers,
    run: (act) => {
      act.set({ perMap: !act.state.perMap });
      drawTiles(act);
    },
  },
  {
    keys: [',', '.'],
    help: 'While a number is followed: another channel',
    when: inMode('one'),
    run: (act, key) => select(act, key === ',' ? -1 : 1),
  },
  {
    keys: ['<', '>'],
    help: 'While a number of a convolution is followed: the window of another input channel',
    when: inMode('one'),
    run: (act, key) => {
      const count = layerOf(act.state)?.input.at(-1) ?? 1;
      act.set({ channel: (act.state.channel + (key === '<' ? count - 1 : 1)) % count });
      loadNumber(act);
    },
  },
  {
    keys: ['pageup', 'pagedown'],
    help: 'Scrolls the explanation',
    when: notInSource,
    run: (act, key) => act.set({ scroll: Math.max(0, act.state.scroll + (key === 'pageup' ? -5 : 5)) }),
  },
  {
    keys: ['r'],
    help: 'Shows float64 beside the numbers of the kernels',
    when: notInSource,
    run: (act) => act.set({ exact: !act.state.exact }),
  },
  {
    keys: ['a'],
    help: 'Walks through the stages by itself, or stops',
    when: notInSource,
    run: (act) => play(act, !act.state.playing),
  },
  { keys: ['n'], help: 'Goes back to the first stage', when: notInSource, run: (act) => toStage(act, 0) },
  {
    keys: ['p'],
    help: 'Puts a picture of yours first in the batch',
    when: ({ state }) => state.report.status !== 'loading' && state.mode !== 'source',
    run: askForPicture,
  },
  {
    keys: ['h'],
    help: 'Looks into the network on the Model screen: Grad-CAM, occlusion, what excites a class',
    when: notInSource,
    run: (act) => {
      const { model = 'fer-cnn' } = act.state.request;
      act.setApp({ screens: { ...act.app.screens, model: { model, look: true } } });
      act.go('model');
    },
  },
  {
    keys: ['m'],
    hint: 'model',
    help: 'Chooses a network: untrained, trained, or a file',
    run: (act) =>
      askForWeights(
        act,
        (model) => {
          const fresh = (OPTIONS.model.choices as readonly string[]).includes(model);
          const image = opened(act) ? act.state.request.image : undefined;
          openStep(act, { ...act.state.request, image, model, fresh });
        },
        OPTIONS.model.choices,
      ),
  },
];
