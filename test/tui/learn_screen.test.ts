import { expect, it, vi } from 'vitest';
import type { Engine } from '../../src/engine/engine.js';
import type { LayerView, LearnReport, StageReport } from '../../src/learn/report.js';
import { channelStats, merged, statsOf } from '../../src/learn/stats.js';
import type { WeightReport } from '../../src/learn/weights.js';
import { ready } from '../../src/tui/loadable.js';
import type { LearnState } from '../../src/tui/screens/learn_state.js';
import { orderOf, tilesOf } from '../../src/tui/screens/learn_tiles.js';
import { sourceOf } from '../../src/tui/source_view.js';
import { plainDraw } from '../../src/util/image_draw.js';
import { eventually } from '../helpers/patience.js';
import { COLOUR, renderAt, SILENT_ENGINE } from '../helpers/render_at.js';
import { describeScreens, failed, loading } from '../helpers/screen_cases.js';

const layer = (name: string, kind: string, output: number[], weights: string[] = []) => ({
  ...{ name, kind, from: [], input: [48, 48, 1], output, settings: {} },
  weights: weights.map((weight) => ({ name: `${name}/${weight}`, shape: [3, 3, 1, 4], trainable: true })),
});
const report: LearnReport = {
  ...{
    network: 'fer-cnn',
    source: 'trained weights',
    classes: ['Angry', 'Happy'],
    data: 'drawn faces',
    count: 2,
  },
  layers: [
    layer('conv2d', 'Conv2D', [6, 6, 4], ['kernel', 'bias']),
    layer('dense', 'Dense', [2], ['kernel']),
  ],
  ...{
    shape: [48, 48, 1] as const,
    labels: [1, 0],
    guessed: false,
    badWeights: 0,
    step: 2806,
    seed: 7,
    optimizer: 'adam',
    learningRate: 0.001,
  },
  ...{ bytes: 100 * 2 ** 20, adapter: 'llvmpipe' },
};
const values = Float32Array.from({ length: 144 }, (_, i) => Math.sin(i));
const channels = channelStats(values, 4);
const view: LayerView = {
  ...{ layer: 'conv2d', kind: 'output', image: 0, shape: [6, 6, 4], values, message: '' },
  ...{ stats: merged(channels, 36), channels, gradients: [1, 4, 2, 3] },
};
const vector: LayerView = {
  ...view,
  layer: 'dense',
  shape: [4],
  values: Float32Array.of(1, -2, 3, Number.NaN),
};
const layers = report.layers.map(({ name }) => ({
  ...{ name, output: statsOf(values), gradient: statsOf(values), channels: 4, dead: 1 },
}));
const weights = ['conv2d/kernel', 'conv2d/bias', 'dense/kernel'].map((name) => ({
  ...{ name, shape: [4], weight: statsOf(values), gradient: statsOf(values), ratio: 0.25, moved: 0.005 },
}));
const results: LearnState['results'] = Object.fromEntries(
  (
    [
      { stage: 'batch', pixels: new Uint8Array(2 * 48 * 48).fill(99), counts: [1, 1] },
      {
        ...{
          stage: 'augmentation',
          images: new Float32Array(2 * 48 * 48),
          draws: [plainDraw(0), plainDraw(1)],
        },
        ...{ preprocess: 'scale255', stats: statsOf([0, 1]) },
      },
      { stage: 'forward', layers },
      {
        ...{
          stage: 'loss',
          logits: Float32Array.of(1, 2, 3, 4),
          probabilities: Float32Array.of(0.25, 0.75, 0.4, 0.6),
        },
        ...{
          gradient: Float32Array.of(0.1, -0.1, 0.2, -0.2),
          losses: Float32Array.of(0.28, 0.91),
          loss: 0.6,
        },
        ...{ correct: 1, labelSmoothing: 0 },
      },
      { stage: 'backward', layers, weights },
      { stage: 'update', weights, learningRate: 0.001 },
      {
        ...{ stage: 'again', before: 0.6, after: 0.5, predicted: -0.2, correct: 2 },
        ...{ losses: Float32Array.of(0.2, 0.8), lossesBefore: Float32Array.of(0.28, 0.91) },
      },
    ] satisfies StageReport[]
  ).map((result) => [result.stage, result]),
);
const arithmetic = {
  ...{ formula: 'y = Σ x · w', words: 'A window times a kernel.', kernel: 0.5, exact: 0.25 },
  grids: [{ title: 'window', rows: [[1, null]] }],
  terms: [{ label: 'bias', value: 0.125 }],
};
const weight: WeightReport = {
  ...{ weight: 'conv2d/kernel', index: 5, place: [0, 1, 0, 1], value: 0.5, gradient: arithmetic, given: 0.5 },
  difference: {
    ...{ step: 0.01, above: 1, below: 0.9, numeric: 0.501, error: 0.002, winners: 3, windows: 9 },
    layer: { numeric: 0.5, error: 1e-6 },
  },
  rules: [{ rule: 'adam', formula: 'w ← w − lr · m', terms: [], before: 0.5, after: 0.499, own: true }],
};
const opened = { report: ready(report), results };
const order = orderOf(view, 'number');
const shown = { view: ready(view), order, tiles: tilesOf(view, order, { perMap: false, gray: false }) };

describeScreens([
  {
    screen: 'learn',
    name: 'opening',
    own: { report: loading('opening fer-cnn') },
    words: ['opening fer-cnn'],
  },
  {
    screen: 'learn',
    name: 'no such model',
    own: { report: failed('no such file') },
    words: ['no such file'],
  },
  {
    screen: 'learn',
    name: 'a stage that fails',
    own: { ...opened, current: failed('device lost') },
    words: ['device lost'],
  },
  { screen: 'learn', name: 'batch', own: opened, words: ['1/7 batch', 'image 0 of 2, happy'] },
  { screen: 'learn', name: 'augmentation', own: { ...opened, stage: 1 }, words: ['2/7 augmentation'] },
  {
    screen: 'learn',
    name: 'maps',
    own: { ...opened, ...shown, stage: 2 },
    words: ['3/7 forward: conv2d', '4 maps of 6'],
  },
  {
    ...{ screen: 'learn', name: 'a layer without maps', words: ['4 values by number'] },
    own: { ...opened, stage: 2, layer: 1, view: ready(vector), order, tiles: [] },
  },
  {
    ...{ screen: 'learn', name: 'no gradient', words: ['the loss does not'] },
    own: {
      ...opened,
      stage: 4,
      view: ready({ ...view, values: undefined, message: 'the loss does not depend on it' }),
    },
  },
  { screen: 'learn', name: 'loss', own: { ...opened, stage: 3 }, words: ['loss 0.2800', '75.0 %', 'happy'] },
  {
    ...{ screen: 'learn', name: 'a number', words: ['row 2, column 1', 'kernel: 0.5'] },
    own: { ...opened, ...shown, stage: 2, mode: 'one', cursor: { y: 2, x: 1 }, number: ready(arithmetic) },
  },
  { screen: 'learn', name: 'update', own: { ...opened, stage: 5 }, words: ['3 weight arrays', '0.500 %'] },
  {
    ...{ screen: 'learn', name: 'a weight', words: ['conv2d/kernel[0, 1, 0, 1]', 'gradient 0.5000'] },
    own: { ...opened, stage: 5, mode: 'weight', weight: ready(weight) },
  },
  { screen: 'learn', name: 'again', own: { ...opened, stage: 6 }, words: ['loss 0.6000', 'fell by 50 %'] },
  {
    ...{ screen: 'learn', name: 'kernels', words: ['conv2d.wgsl', 'fn forward'] },
    own: {
      ...opened,
      ...{ stage: 2, mode: 'source' },
      kernels: ready({
        view: sourceOf([{ name: 'conv2d', entries: ['forward'], text: 'fn forward() {}' }]),
        report: {
          ...{ layer: 'conv2d', naive: undefined, difference: 0, because: '', lesson: '' },
          fast: {
            kernels: [],
            milliseconds: { forward: 0, backward: 0 },
            gflops: { forward: 0, backward: 0 },
          },
        },
      }),
    },
  },
]);

/** An engine that answers as one with this step would, and notes what it is asked. */
function answering() {
  const asked: [string, object][] = [];
  const request = (name: string, args: object): Promise<unknown> => {
    asked.push([name, args]);
    const { stage, kind, image } = args as { stage?: string; kind?: LayerView['kind']; image?: number };
    const answers: Record<string, unknown> = {
      ...{ 'learn.open': report, 'learn.stage': results[stage as 'batch'], 'learn.number': arithmetic },
      ...{ 'learn.view': { ...view, kind, image }, 'learn.loss': { loss: arithmetic, gradient: arithmetic } },
      ...{ 'learn.weight': weight, 'learn.close': 0, 'weights.list': [], 'runs.list': [] },
      'learn.kernels': { report: { fast: { kernels: [] } }, files: [] },
    };
    return Promise.resolve(answers[name]);
  };
  return { engine: { ...SILENT_ENGINE, request } as Engine, asked };
}

/** The screen with its step open. */
async function learning(own: Partial<LearnState> = {}) {
  const { engine, asked } = answering();
  const at = renderAt(100, 30, COLOUR, {
    screen: 'learn',
    engine,
    open: true,
    state: { screens: { learn: own } },
  });
  const state = () => at.program.store.state.screens.learn as LearnState;
  await eventually(() => expect(state().results?.batch).toBeDefined());
  const last = (name: string) => asked.findLast(([own]) => own === name)?.[1];
  return { at, state, asked, last };
}

it('opens what is asked for, and walks through the stages and back', async () => {
  const { at, state, last } = await learning({ request: { model: 'x.h5', fresh: true } });
  expect(last('learn.open')).toEqual({ model: 'x.h5', fresh: true });
  for (const stage of ['augmentation', 'forward', 'loss', 'backward', 'update', 'again']) {
    at.press('right');
    await eventually(() => expect(last('learn.stage')).toEqual({ stage }));
    await eventually(() => expect(state().current.status).toBe('ready'));
  }
  at.press('right');
  expect(state().stage).toBe(6);
  at.press('left', 'n');
  expect(state().stage).toBe(0);
  at.unmount();
});

it('/ finds a layer, and n is then no way back to the first stage', async () => {
  const { at, state } = await learning();
  at.press('right', 'right');
  await eventually(() => expect(state().tiles.length).toBe(4));
  at.press('/', ...'dense', 'enter');
  expect(state()).toMatchObject({ stage: 2, layer: 1 });
  at.press('n');
  expect(state()).toMatchObject({ stage: 2, layer: 1 });
  at.press('escape', 'n');
  expect(state().stage).toBe(0);
  at.unmount();
});

it('the backward stage shows gradients; d, [ ], f, o and c change what is shown', async () => {
  const { at, state, last } = await learning();
  at.press('right', 'right');
  await eventually(() => expect(state().tiles.length).toBe(4));
  expect(last('learn.view')).toEqual({ layer: 0, kind: 'output', image: 0 });
  at.press('d');
  expect(last('learn.view')).toMatchObject({ kind: 'input' });
  at.press(']', 'f');
  expect(last('learn.view')).toEqual({ layer: 1, kind: 'input', image: 1 });
  at.press('f', '[');
  expect(last('learn.view')).toEqual({ layer: 0, kind: 'input', image: 0 });
  at.press('o', 'o');
  expect(state().order).toEqual([1, 3, 2, 0]);
  const [tile] = state().tiles;
  at.press('c');
  expect(state()).toMatchObject({ perMap: true });
  expect(state().tiles[0]).not.toBe(tile);
  at.press('right', 'right');
  await eventually(() => expect(last('learn.view')).toMatchObject({ kind: 'output gradient' }));
  at.unmount();
});

it('Enter follows a number: arrows move it, < > choose the window, r shows float64, Escape goes back', async () => {
  const { at, state, last } = await learning();
  at.press('right', 'right');
  await eventually(() => expect(state().tiles.length).toBe(4));
  at.press('down', 'enter', 'down', 'right', 'right', 'up');
  expect(last('learn.number')).toMatchObject({ layer: 0, at: { image: 0, y: 0, x: 2, c: 1 }, channel: 0 });
  at.press('down', 'down', 'down', 'down', 'down', 'down', '.');
  expect(last('learn.number')).toMatchObject({ at: { y: 5, x: 2, c: 2 } });
  await eventually(() => expect(at.text()).toContain('kernel: 0.5'));
  expect(at.text()).not.toContain('float64');
  at.press('r');
  expect(at.text()).toContain('float64: 0.25');
  at.press('escape');
  expect(state().mode).toBe('maps');
  at.unmount();
});

it('v shows a weight of the layer, then its next; # chooses its place; w shows the kernels', async () => {
  const { at, state, last } = await learning();
  at.press('right', 'right');
  await eventually(() => expect(state().tiles.length).toBe(4));
  at.press('v');
  expect(last('learn.weight')).toEqual({ weight: 'conv2d/kernel', index: undefined });
  await eventually(() => expect(state().weight.status).toBe('ready'));
  at.press('#', 'ctrl+u', '3', '6', 'enter');
  expect(at.text()).toContain('expected a whole number from 0 to 35');
  at.press('ctrl+u', '3', '5', 'enter');
  expect(last('learn.weight')).toEqual({ weight: 'conv2d/kernel', index: 35 });
  await eventually(() => expect(state().weight.status).toBe('ready'));
  at.press('v');
  expect(last('learn.weight')).toEqual({ weight: 'conv2d/bias', index: undefined });
  at.press('escape', 'w');
  expect(last('learn.kernels')).toEqual({ layer: 0 });
  expect(state().mode).toBe('source');
  at.unmount();
});

it('the update stage follows the selected array; the loss stage explains the selected class', async () => {
  const { at, state, last } = await learning({});
  at.press('right', 'right', 'right');
  await eventually(() => expect(last('learn.loss')).toEqual({ image: 0, c: 0 }));
  at.press('down');
  expect(last('learn.loss')).toEqual({ image: 0, c: 1 });
  at.press('right', 'right');
  await eventually(() => expect(state().results.update).toBeDefined());
  at.press('down', 'down', 'enter');
  expect(last('learn.weight')).toEqual({ weight: 'dense/kernel', index: undefined });
  at.unmount();
});

it('frees the step when another screen opens, and opens it again', async () => {
  const { at, asked, state } = await learning();
  at.press('1');
  const names = () => asked.map(([name]) => name);
  await eventually(() => expect(names()).toContain('learn.close'));
  expect(state().report.status).toBe('empty');
  at.press('8');
  expect(names().filter((name) => name === 'learn.open')).toHaveLength(2);
  at.unmount();
});

it('i opens the lesson about what is shown', async () => {
  const { at, state } = await learning();
  at.press('right', 'right');
  await eventually(() => expect(state().tiles.length).toBe(4));
  at.press('i', 'pagedown');
  expect(at.text()).toMatch(/[Cc]onvolution/);
  at.unmount();
});

it('a walks by itself and stops at the end', async () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  const { at, state } = await learning();
  at.press('a');
  for (let i = 0; i < 8; i++) {
    vi.advanceTimersByTime(2000);
    await eventually(() => expect(state().current.status).not.toBe('loading'));
  }
  expect(state()).toMatchObject({ stage: 6, playing: false });
  at.unmount();
  vi.useRealTimers();
});
