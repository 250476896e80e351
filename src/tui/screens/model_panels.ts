import type { LayerArray, LayerReport, ModelReport } from '../../engine/requests.js';
import type { Picture } from '../../util/picture.js';
import { signedPicture } from '../../util/signed_picture.js';
import { type Size, scrolled } from '../layout.js';
import { type Loadable, waitingLines } from '../loadable.js';
import { fitPicture } from '../paint/picture.js';
import type { PanelView, PlacedPicture } from '../screen_module.js';
import type { SourceView } from '../source_view.js';
import { type Column, columnsThatFit, headLine, rowLine } from '../table.js';
import { wrapped } from '../text.js';
import { bar, listLine } from '../widgets.js';
import type { InspectionState } from './inspection_panels.js';

export interface ModelState extends InspectionState {
  /** Name of a built-in network, or path of a file. */
  readonly model: string;
  readonly report: Loadable<ModelReport>;
  readonly selected: number;
  readonly mode: 'table' | 'filters' | 'source' | 'inspect';
  readonly weights: Loadable<LayerArray[]>;
  /** Input channel of the filters. */
  readonly channel: number;
  /** Pictures of `weights` in this channel. */
  readonly tiles: readonly Picture[];
  /** Whether the network is to be looked into as soon as the screen opens. */
  readonly look: boolean;
  readonly kernels: Loadable<{ owner: string; view: SourceView }>;
}

type View = PanelView<ModelState>;

export function reportOf({ report }: Pick<ModelState, 'report'>): ModelReport | undefined {
  return report.status === 'ready' ? report.value : undefined;
}

export function selectedLayer(state: ModelState): LayerReport | undefined {
  return reportOf(state)?.layers[state.selected];
}

const count = (n: number): string => n.toLocaleString('en');
const shape = (sizes: readonly number[]): string => sizes.join('×');
const kibibytes = (bytes: number): string =>
  bytes >= 2 ** 20
    ? `${(bytes / 2 ** 20).toFixed(1)} MiB`
    : `${(bytes / 1024).toFixed(bytes < 1024 ? 1 : 0)} KiB`;
const megaflop = (flop: number): string => (flop === 0 ? '–' : (flop / 1e6).toFixed(flop < 1e5 ? 3 : 1));

/** The columns that fit into `cols` cells. The least important ones are left out first. */
function columnsFor(cols: number, largest: number): readonly Column<LayerReport>[] {
  const wide: Column<LayerReport>[] = [
    { head: 'layer', width: 21, left: true, text: ({ name }) => name },
    { head: 'output', width: 10, text: ({ output }) => shape(output) },
    { head: 'params', width: 9, text: ({ params }) => (params === 0 ? '–' : count(params)) },
    { head: 'MFLOP', width: 6, text: ({ flop }) => megaflop(flop) },
  ];
  const memory: Column<LayerReport> = { head: 'memory', width: 8, text: ({ bytes }) => kibibytes(bytes) };
  const share: Column<LayerReport> = {
    ...{ head: ' share', width: 8, left: true },
    text: ({ flop }) => ` ${bar(flop / largest, 7)}`,
  };
  const sets = [[...wide, memory, share], [...wide, share], wide, wide.slice(0, 3), wide.slice(0, 2)];
  return columnsThatFit(sets, cols - 3);
}

export function tableLines(view: View): string[] {
  const { state, theme, cols, rows, now } = view;
  const report = state.report;
  if (report.status !== 'ready') {
    return waitingLines(report, { empty: 'no model chosen: m chooses one', theme, cols, now });
  }
  const { layers, trainable, nonTrainable, input } = report.value;
  const flop = layers.reduce((sum, layer) => sum + layer.flop, 0);
  const list = columnsFor(cols, Math.max(...layers.map((layer) => layer.flop)));
  const work = `${megaflop(flop)} MFLOP forward, 1 face`;
  const parameters = `${count(trainable)} parameters trained, ${count(nonTrainable)} not`;
  const foot =
    rows < 14
      ? [` ${count(trainable)} parameters · ${work}`]
      : [
          theme.dim(` input ${shape(input)} · ${layers.length} layers`),
          theme.strong(` ${parameters}`),
          ` ${work} (a multiply-add is 2); training ≈ 3×`,
        ];
  const [first, shown] = scrolled(rows - 1 - foot.length, layers.length, state.selected);
  return [
    theme.dim(` ${headLine(list)}`),
    ...layers
      .slice(first, first + shown)
      .map((layer, i) => listLine(rowLine(list, layer), first + i === state.selected, theme)),
    ...foot,
  ];
}

/** The settings of a layer in words. */
function settingsText({ settings }: LayerReport): string[] {
  return Object.entries(settings).map(([name, value]) => `${name} ${String(value)}`);
}

export function detailLines(view: View): string[] {
  const { state, theme, cols } = view;
  const report = reportOf(state);
  const layer = selectedLayer(state);
  if (report === undefined || layer === undefined) return [];
  const arrays = layer.weights.map(({ name, shape: sizes }) => `${name} ${shape(sizes)}`);
  const sees =
    layer.sees === undefined
      ? 'receptive field: the whole image'
      : `receptive field: ${layer.sees}×${layer.sees} pixels`;
  const notes = Object.entries(report.notes).map(([name, value]) => `${name} ${value}`);
  return [
    theme.strong(layer.kind),
    ...wrapped(`in ${shape(layer.input)} → out ${shape(layer.output)}`, cols),
    ...(layer.from.length > 1 ? wrapped(`from ${layer.from.join(', ')}`, cols) : []),
    ...(arrays.length > 0 ? wrapped(`weights ${arrays.join(' + ')}`, cols) : []),
    ...wrapped(sees, cols),
    ...(notes.length > 0 ? wrapped(`trained: ${notes.join(', ')}`, cols).map(theme.dim) : []),
    ...settingsText(layer)
      .flatMap((text) => wrapped(text, cols))
      .map(theme.dim),
  ];
}

/** How the weights of a layer are drawn: a tile for each filter, or one picture of a matrix. */
export interface TilePlan {
  readonly array: LayerArray;
  readonly kind: 'filters' | 'matrix';
  readonly limit: number;
}

export function tilePlan(weights: readonly LayerArray[]): TilePlan | undefined {
  const array =
    weights.find(({ shape: { length } }) => length === 4) ??
    weights.find(({ shape: { length } }) => length === 2);
  if (array === undefined) return undefined;
  const limit = array.data.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  return { array, kind: array.shape.length === 4 ? 'filters' : 'matrix', limit };
}

/**
 * Draws weights. Filters [KH, KW, IC, OC] become one picture for each output channel, of one input channel. A matrix [IC, OC]
 * becomes one picture, with the inputs from left to right.
 */
export function tilesOf({ array, kind, limit }: TilePlan, channel: number, gray: boolean): Picture[] {
  const [kh = 1, kw = 1, ic = 1, oc = 1] = array.shape;
  if (kind === 'matrix') {
    const turned = new Float32Array(array.data.length);
    const [rows, columns] = [kh, kw];
    for (let i = 0; i < array.data.length; i++) {
      turned[(i % columns) * rows + Math.floor(i / columns)] = array.data[i] as number;
    }
    return [signedPicture(turned, { width: rows, height: columns, limit, gray })];
  }
  // A depthwise kernel has one filter for each input channel.
  const depthwise = array.name.startsWith('depthwise');
  return Array.from({ length: depthwise ? ic * oc : oc }, (_, o) => {
    const at = (i: number): number => (depthwise ? i * ic * oc + o : (i * ic + channel) * oc + o);
    const values = Float32Array.from({ length: kh * kw }, (_, i) => array.data[at(i)] as number);
    return signedPicture(values, { width: kw, height: kh, limit, gray });
  });
}

/** Number of input channels to choose from. */
export function channelsOf({ array, kind }: TilePlan): number {
  return kind === 'matrix' || array.name.startsWith('depthwise') ? 1 : (array.shape[2] ?? 1);
}

/** Size of a tile: two columns and a row for each weight of a small filter. */
function tileSize({ array }: TilePlan, { cols }: Size): Size {
  const [kh = 1, kw = 1] = array.shape;
  const width = Math.min(cols, Math.max(4, 2 * kw));
  return { cols: width, rows: Math.max(1, Math.round((width * kh) / kw / 2)) };
}

/** Number of lines above the tiles. */
const HEAD = 2;

export function filterLines(view: View): string[] {
  const { state, theme, cols, now, capability } = view;
  if (state.weights.status !== 'ready') {
    return waitingLines(state.weights, { empty: 'no weights', theme, cols, now });
  }
  const layer = selectedLayer(state);
  const plan = tilePlan(state.weights.value);
  const stats = state.weights.value.flatMap((array) => wrapped(statistics(array), cols));
  if (plan === undefined) return [`${layer?.name ?? ''} has no filters`, '', ...stats];
  const channels = channelsOf(plan);
  const scale = capability.color === 'none' ? 'dark − · gray 0 · bright +' : 'blue − · white 0 · orange +';
  const fit = filterPictures(view).length;
  const shown = fit < state.tiles.length ? `, ${fit} shown` : '';
  const what =
    plan.kind === 'matrix'
      ? `${plan.array.shape[0]} inputs across, ${plan.array.shape[1]} outputs down`
      : `${state.tiles.length} filters${shown}${channels > 1 ? `, input channel ${state.channel + 1} of ${channels} ([ ])` : ''}`;
  return [what, theme.dim(`${scale}, full at ±${plan.limit.toPrecision(2)}`)];
}

function statistics({ name, shape: sizes, data }: LayerArray): string {
  let [low, high, sum] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0];
  for (const value of data) {
    low = Math.min(low, value);
    high = Math.max(high, value);
    sum += value;
  }
  return `${name} ${shape(sizes)}: ${low.toPrecision(3)} to ${high.toPrecision(3)}, mean ${(sum / data.length).toPrecision(3)}`;
}

export function filterPictures(view: View): PlacedPicture[] {
  const { state, cols, rows } = view;
  const plan = state.weights.status === 'ready' ? tilePlan(state.weights.value) : undefined;
  if (plan === undefined) return [];
  const room = { cols: cols - 1, rows: rows - HEAD };
  const [matrix] = state.tiles;
  if (plan.kind === 'matrix' && matrix !== undefined) {
    // A matrix with thousands of inputs would be too thin, so it is stretched over the panel.
    const size = matrix.width > 4 * matrix.height ? room : fitPicture(matrix.width, matrix.height, room);
    return [{ picture: matrix, x: 0, y: HEAD, ...size, enlarge: 'nearest' }];
  }
  const tile = tileSize(plan, room);
  const across = Math.max(1, Math.floor((room.cols + 1) / (tile.cols + 1)));
  const down = Math.max(1, Math.floor((room.rows + 1) / (tile.rows + 1)));
  return state.tiles.slice(0, across * down).map((picture, i) => ({
    ...{ picture, ...tile, enlarge: 'nearest' as const },
    x: (i % across) * (tile.cols + 1),
    y: HEAD + Math.floor(i / across) * (tile.rows + 1),
  }));
}
