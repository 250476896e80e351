import { existsSync } from 'node:fs';
import { OPTIONS } from '../../train/options.js';
import { shellWord } from '../../util/shell_word.js';
import { bodyClass, columns, type Rect, stack } from '../layout.js';
import { moveBindings } from '../list_moves.js';
import { EMPTY, ready, waitingLines } from '../loadable.js';
import {
  type Actions,
  type Binding,
  defineScreen,
  type PanelView,
  type SearchedList,
} from '../screen_module.js';
import { searchBindings } from '../search.js';
import {
  type SourcePlace,
  searchedSource,
  sourceBindings,
  sourceLines,
  sourceOf,
  sourceScroll,
  sourceTitle,
} from '../source_view.js';
import { askForWeights } from '../weight_files.js';
import { inspectionLines, inspectionPictures } from './inspection_panels.js';
import {
  channelsOf,
  detailLines,
  filterLines,
  filterPictures,
  type ModelState,
  reportOf,
  selectedLayer,
  tableLines,
  tilePlan,
  tilesOf,
} from './model_panels.js';

type Act = Actions<ModelState>;

function openModel(act: Act, model: string): void {
  act.set({ model, selected: 0, mode: 'table' });
  act.load('report', `reading ${model}`, (engine, { signal }) =>
    engine.request('model.describe', { model }, { signal }),
  );
}

function select(act: Act, step: number): void {
  const last = (reportOf(act.state)?.layers.length ?? 1) - 1;
  act.set({ selected: Math.max(0, Math.min(last, act.state.selected + step)) });
  if (act.state.mode === 'filters') loadFilters(act);
}

function loadFilters(act: Act): void {
  const layer = selectedLayer(act.state)?.name;
  if (layer === undefined) return;
  const { model } = act.state;
  act.set({ mode: 'filters', channel: 0, tiles: [] });
  act.load('weights', `reading ${layer}`, async (engine, { signal }) => {
    const weights = await engine.request('model.weights', { model, layer }, { signal });
    setImmediate(() => drawTiles(act, 0)); // when the weights have reached the state
    return weights;
  });
}

/** Draws the filters of the input channel that is `step` away. */
function drawTiles(act: Act, step: number): void {
  const { weights } = act.state;
  const plan = weights.status === 'ready' ? tilePlan(weights.value) : undefined;
  if (plan === undefined) return;
  const channels = channelsOf(plan);
  const channel = (act.state.channel + step + channels) % channels;
  act.set({ channel, tiles: tilesOf(plan, channel, act.app.capability.color === 'none') });
}

function loadKernels(act: Act): void {
  const layer = selectedLayer(act.state)?.name;
  if (layer === undefined) return;
  const { model } = act.state;
  act.set({ mode: 'source' });
  act.load('kernels', `finding the kernels of ${layer}`, async (engine, { signal }) => {
    const { owner, files } = await engine.request('model.kernels', { model, layer }, { signal });
    return { owner, view: sourceOf(files) };
  });
}

function kernelLines(view: PanelView<ModelState>): readonly string[] {
  const { kernels } = view.state;
  return kernels.status === 'ready'
    ? sourceLines(kernels.value.view, view)
    : waitingLines(kernels, { ...view, empty: 'w shows the kernels of a layer' });
}

function kernelTitle({ state }: PanelView<ModelState>): string {
  const layer = selectedLayer(state)?.name;
  if (state.kernels.status !== 'ready') return `kernels of ${layer}`;
  const { owner, view } = state.kernels.value;
  const whose = owner === layer ? layer : `${layer} (fused into ${owner})`;
  return `${whose}: ${sourceTitle(view)}`;
}

const inMode = (mode: ModelState['mode']) => (act: Act) => act.state.mode === mode;
const described = (act: Act): boolean => act.state.report.status === 'ready';

const browsing = (act: Act): boolean =>
  described(act) && act.state.mode !== 'source' && act.state.mode !== 'inspect';

/** Looks into the network at a drawn face, or at a picture. */
function inspectModel(act: Act, image?: string): void {
  const { model } = act.state;
  act.set({ mode: 'inspect', section: 0 });
  act.load('inspection', `looking into ${model}`, (engine, { signal, progress }) =>
    engine.request(
      'model.inspect',
      { model, image },
      { signal, onProgress: ({ done, total }) => progress(done, total) },
    ),
  );
}

const SOURCE: SourcePlace<ModelState> = {
  viewOf: ({ mode, kernels }) =>
    mode === 'source' && kernels.status === 'ready' ? kernels.value.view : undefined,
  show: (act, view) => {
    const { kernels } = act.state;
    if (kernels.status === 'ready') act.set({ kernels: ready({ ...kernels.value, view }) });
  },
};

/** The rows of the table. */
const LAYER_LIST: SearchedList<ModelState> = {
  when: browsing,
  rows: ({ state }) => (reportOf(state)?.layers ?? []).map(({ name, kind }) => `${name} ${kind}`),
  at: ({ state }) => state.selected,
  go: (act, row) => select(act, row - act.state.selected),
};

const KEYS: readonly Binding<ModelState>[] = [
  ...searchBindings<ModelState>('a layer, or a line of a source', [searchedSource(SOURCE), LAYER_LIST]),
  ...sourceBindings(SOURCE),
  {
    keys: ['escape'],
    hint: 'back',
    help: 'Returns to the table',
    when: ({ state }) => state.mode !== 'table',
    run: (act) => act.set({ mode: 'table' }),
  },
  {
    keys: ['left', 'right'],
    hint: 'method',
    help: 'In an inspection: shows the next or previous method',
    when: inMode('inspect'),
    run: (act, key) => {
      const { inspection, section } = act.state;
      const count = inspection.status === 'ready' ? inspection.value.sections.length : 1;
      act.set({ section: (section + (key === 'left' ? count - 1 : 1)) % count });
    },
  },
  {
    keys: ['p'],
    hint: 'picture',
    help: 'In an inspection: looks at a picture of yours',
    when: inMode('inspect'),
    run: (act) =>
      act.prompt({
        title: 'a picture of a face',
        value: '',
        paths: true,
        help: 'path of a JPEG or PNG',
        check: (path) => (existsSync(path) ? undefined : `${path || 'empty'}: not found`),
        submit: (path) => inspectModel(act, path),
      }),
  },
  {
    keys: ['h'],
    hint: 'inspect',
    help: 'Looks into the network: Grad-CAM, occlusion, integrated gradients, feature maps, what excites a class',
    when: browsing,
    run: (act) => inspectModel(act),
  },
  ...moveBindings('layer', browsing, select, 'layer'),
  {
    keys: ['enter'],
    hint: 'filters',
    help: 'Shows the weights of the layer: filters as tiles, matrices as pictures',
    when: browsing,
    run: (act) => (act.state.mode === 'filters' ? act.set({ mode: 'table' }) : loadFilters(act)),
  },
  {
    keys: ['[', ']'],
    hint: 'channel',
    help: 'Shows the filters of another input channel',
    when: inMode('filters'),
    run: (act, key) => drawTiles(act, key === '[' ? -1 : 1),
  },
  {
    keys: ['w'],
    hint: 'WGSL',
    help: 'Shows the kernels that train this layer on this adapter',
    when: browsing,
    run: loadKernels,
  },
  {
    keys: ['m'],
    hint: 'model',
    help: 'Chooses a built-in network, a trained one, or a file',
    run: (act) => askForWeights(act, (model) => openModel(act, model), OPTIONS.model.choices),
  },
];

/** The Model screen: the layers of a network, their weights and their kernels. */
export const model = defineScreen<ModelState>({
  name: 'model',
  title: 'Model',
  initial: {
    ...{ model: '', report: EMPTY, selected: 0, mode: 'table', weights: EMPTY, channel: 0, tiles: [] },
    ...{ kernels: EMPTY, inspection: EMPTY, section: 0, look: false },
  },
  panels: [
    {
      id: 'table',
      title: ({ state }) => {
        const trained = reportOf(state)?.trained === false ? ' · untrained' : '';
        return `${state.model || 'network'}${trained}`;
      },
      when: ({ state }) => state.mode === 'table',
      lines: tableLines,
      list: LAYER_LIST,
    },
    {
      id: 'detail',
      title: ({ state }) => selectedLayer(state)?.name ?? 'layer',
      when: ({ state }) => state.mode === 'table',
      lines: detailLines,
    },
    {
      id: 'filters',
      title: ({ state }) => `${selectedLayer(state)?.name ?? ''} of ${state.model}`,
      when: ({ state }) => state.mode === 'filters',
      lines: filterLines,
      pictures: filterPictures,
    },
    {
      id: 'inspect',
      title: ({ state }) => `what ${state.model} has learned`,
      when: ({ state }) => state.mode === 'inspect',
      lines: inspectionLines,
      pictures: inspectionPictures,
    },
    {
      id: 'source',
      title: kernelTitle,
      when: ({ state }) => state.mode === 'source',
      lines: kernelLines,
      scroll: ({ state }) =>
        state.kernels.status === 'ready' ? sourceScroll(state.kernels.value.view) : undefined,
      flush: true,
    },
  ],
  layout: (body, { state }) => {
    if (state.mode !== 'table') return { [state.mode]: body };
    const kind = bodyClass(body);
    const [table, detail] = (
      kind === 'narrow'
        ? stack(body, [{ share: 1 }, 4])
        : columns(body, [{ share: 1 }, kind === 'wide' ? 26 : 24])
    ) as [Rect, Rect];
    return { table, detail };
  },
  keys: KEYS,
  copies: ({ state }) =>
    state.model === ''
      ? undefined
      : { what: 'the command', text: `fer-tui summary ${shellWord(state.model)}` },
  explain: () => [
    'Every layer of the network: the shape of its output (height x width x channels), its parameters, the millions of floating-point operations for one face, the memory of its output, and its share of the work.',
    'Enter shows the weights as pictures: blue below zero, white at zero, orange above. The first convolution reads pixels, so its filters can be interpreted: edges, bars, spots.',
    'h shows what the network has learned, on a drawn face or a picture of yours: which pixels a class depends on, by several methods, and what excites a class or a channel. fer-tui inspect does more of it.',
    'w shows the WGSL kernels that train the layer on this adapter; ▸ marks the entry points, = the lines that compute the formula, and f goes to the next of these. A layer without kernels of its own is fused with the one before it.',
    'Training takes about three times the operations of the forward pass: one third forward, two thirds backward.',
  ],
  summary: ({ state }) => {
    const report = reportOf(state);
    return report === undefined
      ? 'no model'
      : `${report.name}: ${report.trainable.toLocaleString('en')} parameters`;
  },
  open: (act) => {
    if (act.state.report.status === 'empty')
      openModel(act, act.app.workspace.weights || OPTIONS.model.default);
    if (act.state.look) {
      act.set({ look: false });
      inspectModel(act);
    }
  },
});
