import { afterEach, describe, expect, it } from 'vitest';
import type { LayerArray, ModelReport } from '../../src/engine/requests.js';
import { ready } from '../../src/tui/loadable.js';
import { channelsOf, tilePlan, tilesOf } from '../../src/tui/screens/model_panels.js';
import { sourceAfter, sourceLines, sourceOf } from '../../src/tui/source_view.js';
import { makeTheme } from '../../src/tui/theme.js';
import { localEngine } from '../helpers/local_engine.js';
import { COLOUR, type Rendered, renderAt } from '../helpers/render_at.js';
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

describeScreens([
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
