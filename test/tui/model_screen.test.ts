import { afterEach, describe, expect, it } from 'vitest';
import type { Engine } from '../../src/engine/engine.js';
import type { LayerArray, ModelReport } from '../../src/engine/requests.js';
import type { Inspection } from '../../src/inspect/result.js';
import { ready } from '../../src/tui/loadable.js';
import { channelsOf, tilePlan, tilesOf } from '../../src/tui/screens/model_panels.js';
import { sourceAfter, sourceLines, sourceOf } from '../../src/tui/source_view.js';
import { makeTheme } from '../../src/tui/theme.js';
import { localEngine } from '../helpers/local_engine.js';
import { eventually } from '../helpers/patience.js';
import { COLOUR, type Rendered, renderAt, SILENT_ENGINE } from '../helpers/render_at.js';
import { describeScreens, failed, loading } from '../helpers/screen_cases.js';

const layer = (name: string, kind: string, output: number[]) => ({
  ...{
    name,
    kind,
    input: [48, 48, 1],
    output,
    from: [],
    params: 320,
    flop: 1_400_000,
    bytes: 294_912,
    sees: 3,
  },
  ...{ settings: { filters: 32, kernelSize: 3 }, weights: [{ name: 'kernel', shape: [3, 3, 1, 32] }] },
});
const report: ModelReport = {
  ...{
    name: 'fer-cnn',
    trained: false,
    notes: {},
    trainable: 541_191,
    nonTrainable: 1_216,
    input: [48, 48, 1],
  },
  layers: [layer('conv2d', 'Conv2D', [48, 48, 32]), layer('elu', 'ELU', [48, 48, 32])],
};
const kernel: LayerArray = {
  ...{ name: 'kernel', shape: [3, 3, 2, 4] },
  data: Float32Array.from({ length: 72 }, (_, i) => i - 36),
};
const described = { model: 'fer-cnn', report: ready(report) };
const source = sourceOf([
  { name: 'elu', entries: ['forward'], text: '// The lesson.\n\nfn forward(\n  x: u32,\n' },
]);

const face = { width: 48, height: 48, channels: 1, data: new Uint8Array(48 * 48).fill(80) } as const;
const about = { method: 'grad-cam', shows: 'Where the evidence lies.', limits: 'It is coarse.', seconds: 1 };
const inspection: Inspection = {
  model: { name: 'fer-cnn', weights: 'fer-cnn', classes: ['Angry'], inputShape: [48, 48, 1], parameters: 1 },
  ...{ adapter: 'llvmpipe', seed: 7, skipped: [] },
  sections: [
    {
      ...{ ...about, title: 'Grad-CAM' },
      parts: [
        { kind: 'pictures', title: 'maps', pictures: [{ name: 'a', caption: 'Angry, 4 %', picture: face }] },
      ],
    },
    { ...about, title: 'Occlusion', parts: [] },
  ],
};

describeScreens([
  {
    ...{ screen: 'model', name: 'an inspection', words: ['1 of 2', 'Grad-CAM', 'It is coarse'] },
    own: { ...described, mode: 'inspect', inspection: ready(inspection) },
  },
  {
    ...{ screen: 'model', name: 'an inspection that fails', words: ['no such model'] },
    own: { ...described, mode: 'inspect', inspection: failed('no such model') },
  },
  {
    screen: 'model',
    name: 'reading',
    own: { report: loading('reading fer-cnn') },
    words: ['reading fer-cnn'],
  },
  {
    screen: 'model',
    name: 'a bad file',
    own: { report: failed('a.h5: cannot be read') },
    words: ['a.h5: cannot be read'],
  },
  {
    screen: 'model',
    name: 'the table',
    own: described,
    words: ['conv2d', '320', '541,191 parameters', 'Conv2D'],
  },
  {
    screen: 'model',
    name: 'filters',
    own: {
      ...described,
      mode: 'filters',
      weights: ready([kernel]),
      tiles: tilesOf(tilePlan([kernel]) as never, 0, false),
    },
    words: ['4 filters', 'channel 1 of 2', '36'],
  },
  {
    screen: 'model',
    name: 'a layer without weights',
    own: { ...described, selected: 1, mode: 'filters', weights: ready([]) },
    words: ['elu has no filters'],
  },
  {
    screen: 'model',
    name: 'kernels',
    own: { ...described, selected: 1, mode: 'source', kernels: ready({ owner: 'conv2d', view: source }) },
    words: ['fused into conv2d', 'elu.wgsl', 'The lesson'],
  },
]);

it('h looks into the network, ←→ change the method, p takes another picture, Escape goes back', async () => {
  const asked: [string, object][] = [];
  const request = (name: string, args: object): Promise<unknown> => {
    asked.push([name, args]);
    return Promise.resolve(name === 'model.inspect' ? inspection : report);
  };
  const engine = { ...SILENT_ENGINE, request } as Engine;
  const at = renderAt(100, 30, COLOUR, { screen: 'model', engine, open: true });
  await eventually(() => expect(at.text()).toContain('conv2d'));
  at.press('h');
  expect(asked.at(-1)).toEqual(['model.inspect', { model: 'fer-cnn', image: undefined }]);
  await eventually(() => expect(at.text()).toContain('Angry, 4 %'));
  expect(at.pictures()).toHaveLength(1);
  at.press('left');
  expect(at.text()).toContain('2 of 2 (←→): Occlusion');
  at.press('p', ...'package.json', 'enter');
  expect(asked.at(-1)).toEqual(['model.inspect', { model: 'fer-cnn', image: 'package.json' }]);
  at.press('escape');
  expect(at.text()).toContain('parameters');
  at.unmount();
});

describe('the Model screen', () => {
  const engine = localEngine();
  let shown: Rendered | undefined;
  afterEach(() => shown?.unmount());
  const press = async (at: Rendered, ...keys: string[]): Promise<void> => {
    at.press(...keys);
    await engine.settled();
    at.flush();
  };

  it('describes a built-in network, shows its filters and goes through their channels', async () => {
    const at = renderAt(100, 30, COLOUR, { screen: 'model', engine, open: true });
    shown = at;
    await press(at);
    expect(at.text()).toContain('541,191 parameters');
    expect(at.text()).toMatch(/conv2d_1 +24×24×64 +18,496 +21.3 +144 KiB/);
    await press(at, 'down', 'down', 'down', 'down', 'down', 'enter');
    expect(at.text()).toContain('64 filters');
    const tiles = at.pictures();
    expect(tiles).toHaveLength(64);
    expect(tiles[0]?.picture).toMatchObject({ width: 3, height: 3, channels: 3 });
    await press(at, ']');
    expect(at.text()).toContain('channel 2 of 32');
    expect(at.pictures()[0]?.picture.data).not.toEqual(tiles[0]?.picture.data);
    await press(at, 'escape', 'w');
    expect(at.text()).toContain('no device in this test');
  });

  it('asks which network', async () => {
    const at = renderAt(100, 30, COLOUR, { screen: 'model', engine, open: true });
    shown = at;
    await press(at, 'm');
    expect(at.text()).toContain('fer-shallow, untrained');
    await press(at, '2');
    expect(at.text()).toContain('fer-shallow · untrained');
  });
});

describe('weights as pictures', () => {
  it('are a tile a filter, of one input channel', () => {
    const plan = tilePlan([{ name: 'bias', shape: [4], data: new Float32Array(4) }, kernel]);
    expect(plan).toMatchObject({ kind: 'filters', limit: 36 });
    if (plan === undefined) return;
    expect(channelsOf(plan)).toBe(2);
    const tiles = tilesOf(plan, 1, true);
    expect(tiles).toHaveLength(4);
    // Place (0, 0) of output 2 and input channel 1 is number 6 of the array, which holds -30.
    expect(tiles[2]?.data[0]).toBe(Math.round(127.5 * (1 - 30 / 36)));
  });

  it('are a tile a channel for depthwise kernels, and one picture for a matrix', () => {
    const depthwise = tilePlan([{ ...kernel, name: 'depthwise_kernel' }]);
    expect(depthwise && [channelsOf(depthwise), tilesOf(depthwise, 0, true).length]).toEqual([1, 8]);
    const matrix = tilePlan([{ name: 'kernel', shape: [2, 3], data: Float32Array.of(1, 2, 3, 4, 5, 6) }]);
    expect(matrix && tilesOf(matrix, 0, true)).toMatchObject([{ width: 2, height: 3 }]);
    expect(tilePlan([{ name: 'gamma', shape: [4], data: new Float32Array(4) }])).toBeUndefined();
  });
});

describe('a source', () => {
  const room = { rows: 10, cols: 40, theme: makeTheme({ color: 'none', glyphs: 'unicode' }) };

  it('is numbered, marks what runs, and folds long lines', () => {
    const long = sourceOf([{ name: 'a', entries: ['f'], text: `fn f() {}\n${'word '.repeat(12)}end\n` }]);
    expect(sourceLines(long, room)).toEqual([
      '   1▸fn f() {}',
      `   2 ${'word '.repeat(7).trimEnd()}`,
      `         ${'word '.repeat(5)}end`,
    ]);
  });

  it('marks the lines of formulas, also without colour, and f goes from one to the next', () => {
    const code = [
      'fn help() -> f32 {',
      '  return 2.0; // formula',
      '}',
      ...Array(9).fill('// more'),
      'fn run() {',
    ];
    const text = [...code, '  y = help(); // formula', '  z = y * y; // formula', '}'].join('\n');
    const view = sourceOf([{ name: 'a', entries: ['run'], text }]);
    expect(view.scroll).toBe(0);
    expect(sourceLines(view, room).slice(0, 3)).toEqual([
      '   1 fn help() -> f32 {',
      '   2=  return 2.0; // formula',
      '   3 }',
    ]);
    const second = sourceAfter(view, 'f');
    expect(sourceLines(second, { ...room, rows: 5 })[2]).toBe('  13▸fn run() {');
    expect(second.scroll).toBe(10);
    expect(sourceAfter(second, 'f').scroll).toBe(0);
    expect(sourceAfter({ ...second, scroll: 11 }, 'f').scroll).toBe(0);
    const none = sourceOf([{ name: 'b', entries: ['run'], text: 'fn run() {\n}\n' }]);
    expect(sourceAfter({ ...none, scroll: 1 }, 'f').scroll).toBe(1);
  });

  it('can open at the formula of the entry point that runs, or of what it calls', () => {
    const gap = Array(6).fill('// more');
    const code = ['fn other() { // formula', '}', ...gap, 'fn help() {', '  y = x; // formula', '}', ...gap];
    const text = [...code, 'fn run() {', '  help();', '}'].join('\n');
    const at = (entries: string[]) => sourceOf([{ name: 'a', entries, text }], { at: 'formula' }).scroll;
    expect(at(['run'])).toBe(6);
    expect(at(['none', 'other'])).toBe(0);
    expect(at([])).toBe(0);
    expect(sourceOf([], { at: 'formula' })).toEqual({ files: [], file: 0, scroll: 0 });
  });

  it('scrolls within its lines and turns to the next file', () => {
    const two = sourceOf([
      { name: 'a', entries: [], text: '1\n2\n3' },
      { name: 'b', entries: [], text: '4' },
    ]);
    expect(sourceAfter(sourceAfter(two, 'pagedown'), 'down').scroll).toBe(2);
    expect(sourceAfter(two, 'up').scroll).toBe(0);
    expect(sourceAfter({ ...two, scroll: 2 }, 'right')).toMatchObject({ file: 1, scroll: 0 });
    expect(sourceAfter(two, 'left').file).toBe(1);
  });
});

it('Home and End select the first and the last layer, from anywhere', () => {
  const layers = [...report.layers, ...report.layers];
  const model = { ...described, report: ready({ ...report, layers }) };
  const at = renderAt(100, 30, COLOUR, { screen: 'model', state: { screens: { model } } });
  const selected = (): unknown =>
    (at.program.store.state.screens.model as { selected?: number } | undefined)?.selected;
  at.press('end');
  expect(selected()).toBe(3);
  at.press('down');
  expect(selected()).toBe(3);
  at.press('home');
  expect(selected()).toBe(0);
  at.unmount();
});
