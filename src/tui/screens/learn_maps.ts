import { brief } from '../../learn/layers/arithmetic.js';
import { STAGE_TITLES, STAGES, type StageReport } from '../../learn/report.js';
import { verdict } from '../../learn/text.js';
import type { Picture } from '../../util/picture.js';
import { type Size, scrolled } from '../layout.js';
import { waitingLines } from '../loadable.js';
import { fitPicture } from '../paint/picture.js';
import type { PanelView, PlacedPicture } from '../screen_module.js';
import { padTo, wrapped } from '../text.js';
import { bar, listLine } from '../widgets.js';
import {
  channelOf,
  type LearnState,
  layerOf,
  reportOf,
  showsLayers,
  stageNow,
  viewOf,
} from './learn_state.js';
import { facePicture, limitOf } from './learn_tiles.js';

type View = PanelView<LearnState>;

/** The panel in the middle of the Learn screen: faces, maps as tiles, or tables, by stage. */

/** What the screen shows before there is a step. */
export function waiting({ state, theme, cols, now }: View): string[] | undefined {
  if (state.report.status !== 'ready')
    return waitingLines(state.report, { empty: 'no step is open: m chooses a network', theme, cols, now });
  if (state.current.status === 'failed') return waitingLines(state.current, { empty: '', theme, cols, now });
  return undefined;
}

const scaleText = ({ capability, state }: View): string => {
  const colours = capability.color === 'none' ? 'dark − · gray 0 · bright +' : 'blue − · white 0 · orange +';
  const view = viewOf(state);
  const limit = state.perMap
    ? 'each map its own scale'
    : view === undefined
      ? ''
      : `full at ±${brief(limitOf(view))}`;
  return `${colours}, ${limit} (c)`;
};

export function mapsTitle(view: View): string {
  const { state } = view;
  const stage = stageNow(state);
  const step = `${state.stage + 1}/${STAGES.length} ${STAGE_TITLES[stage]}`;
  if (!showsLayers(state)) return step;
  const layer = layerOf(state);
  return `${step}: ${layer?.name ?? ''}, ${state.kind} (d)`;
}

/** Rows above the pictures. */
const HEAD = 2;

export function mapsLines(view: View): string[] {
  const stop = waiting(view);
  if (stop !== undefined) return stop;
  const { state, theme, cols, now, rows } = view;
  const report = reportOf(state);
  const result = state.results[stageNow(state)];
  if (report === undefined || result === undefined) {
    return state.current.status === 'ready'
      ? []
      : waitingLines(state.current, { empty: '→ computes the next stage', theme, cols, now });
  }
  const label = report.classes[report.labels[state.image] ?? 0]?.toLowerCase() ?? '';
  const guess = report.guessed && state.image === 0 ? ', predicted' : '';
  const face = `image ${state.image} of ${report.count}, ${label}${guess} (f)`;
  switch (result.stage) {
    case 'batch':
      return [face, theme.dim(`${report.count} faces of ${report.data}`)];
    case 'augmentation':
      return [face, theme.dim('the stored image, and what the network gets')];
    case 'loss':
      return probabilityLines(view, result, face);
    case 'update':
      return updateLines(view, result);
    case 'again':
      return againLines(view, result);
    case 'forward':
    case 'backward':
      return layerLines(view, face).slice(0, rows);
  }
}

/** The heading of the tiles; of a layer without maps, its values as bars. */
function layerLines(view: View, face: string): string[] {
  const { state, theme, cols, rows, now } = view;
  if (state.view.status !== 'ready') return waitingLines(state.view, { empty: '', theme, cols, now });
  const values = state.view.value;
  if (values.values === undefined)
    return [face, ...wrapped(`${values.layer}, ${values.kind}: ${values.message}`, cols)];
  if (state.tiles.length > 0) {
    const what =
      state.mode === 'one'
        ? `channel ${channelOf(state)}, row ${state.cursor.y}, column ${state.cursor.x} (arrows)`
        : `${state.tiles.length} maps of ${values.shape[1]}×${values.shape[0]} by ${state.sort} (o); ▸ channel ${channelOf(state)}`;
    return [`${what} · ${face}`, theme.dim(scaleText(view))];
  }
  const limit = limitOf(values);
  const [first, count] = scrolled(rows - 2, state.order.length, state.selected);
  const room = Math.max(4, cols - 28);
  const lines = state.order.slice(first, first + count).map((c, i) => {
    const value = values.values?.[c] ?? Number.NaN;
    const text = `${String(c).padStart(5)} ${brief(value).padStart(11)} ${bar(Math.abs(value) / limit, room)}`;
    return listLine(text, first + i === state.selected, theme);
  });
  return [
    `${state.order.length} values by ${state.sort} (o) · ${face}`,
    theme.dim('bars show the size'),
    ...lines,
  ];
}

function probabilityLines(
  view: View,
  result: Extract<StageReport, { stage: 'loss' }>,
  face: string,
): string[] {
  const { state, theme, cols, rows } = view;
  const report = reportOf(state);
  if (report === undefined) return [];
  const count = report.classes.length;
  const row = (values: Float32Array): Float32Array =>
    values.subarray(state.image * count, (state.image + 1) * count);
  const [p, z, g] = [row(result.probabilities), row(result.logits), row(result.gradient)];
  const room = Math.max(0, cols - 38);
  const [first, fit] = scrolled(rows - 3, count, state.selected);
  const lines = report.classes.slice(first, first + fit).map((name, i) => {
    const c = first + i;
    const truth = report.labels[state.image] === c ? '*' : ' ';
    const share = `${(100 * (p[c] ?? 0)).toFixed(1).padStart(5)} %`;
    const text = `${truth}${padTo(name.toLowerCase(), 8)} ${brief(z[c] ?? 0).padStart(8)} ${share} ${bar(p[c] ?? 0, room)}${brief(g[c] ?? 0).padStart(9)}`;
    return listLine(text, c === state.selected, theme);
  });
  return [
    theme.strong(`batch: mean loss ${result.loss.toFixed(4)}, ${result.correct} of ${report.count} right`),
    `${face}: loss ${(result.losses[state.image] ?? 0).toFixed(4)}`,
    theme.dim(
      `           ${'logit'.padStart(8)}   share ${' '.repeat(room)}${'gradient'.padStart(9)}  * true`,
    ),
    ...lines,
  ];
}

/** A name cut at its start if it is too long, because its end tells arrays apart. */
const tail = (name: string, cols: number): string =>
  name.length <= cols ? name : `…${name.slice(name.length - cols + 1)}`;

function updateLines(view: View, result: Extract<StageReport, { stage: 'update' }>): string[] {
  const { state, theme, cols, rows } = view;
  const [first, count] = scrolled(rows - 2, result.weights.length, state.selected);
  const most = Math.max(...result.weights.map(({ moved = 0 }) => (Number.isFinite(moved) ? moved : 0)));
  const name = Math.min(30, Math.max(16, cols - 32));
  const lines = result.weights.slice(first, first + count).map(({ name: weight, ratio, moved = 0 }, i) => {
    const text = `${padTo(tail(weight, name), name)} ${brief(ratio).padStart(9)} ${Number.isFinite(moved) ? `${(100 * moved).toFixed(3).padStart(8)} %` : '    from 0'} ${bar(Math.min(1, moved / most), 6)}`;
    return listLine(text, first + i === state.selected, theme);
  });
  return [
    `${result.weights.length} weight arrays, ${reportOf(state)?.optimizer} with learning rate ${result.learningRate}; Enter: one weight`,
    theme.dim(` ${padTo('', name)} ${'|g| / |w|'.padStart(9)} ${'moved by'.padStart(10)}`),
    ...lines,
  ];
}

function againLines(view: View, result: Extract<StageReport, { stage: 'again' }>): string[] {
  const { state, theme, cols } = view;
  const report = reportOf(state);
  const most = Math.max(...result.losses, ...result.lossesBefore, 1e-9);
  const room = Math.max(4, Math.floor((cols - 34) / 2));
  const lines = [...result.losses].map((loss, i) => {
    const before = result.lossesBefore[i] ?? 0;
    const name = padTo(report?.classes[report.labels[i] ?? 0]?.toLowerCase() ?? '', 8);
    return `${String(i).padStart(2)} ${name} ${before.toFixed(3)} ${bar(before / most, room)} ${loss.toFixed(3)} ${bar(loss / most, room)}`;
  });
  return [
    ...wrapped(
      `loss ${result.before.toFixed(4)} → ${result.after.toFixed(4)}; the gradient predicted ${(result.before + result.predicted).toFixed(4)}`,
      cols,
    ).map(theme.strong),
    ...wrapped(verdict(result), cols),
    theme.dim(`${' '.repeat(12)}before ${' '.repeat(Math.max(0, room))}after`),
    ...lines,
  ];
}

export function mapsPictures(view: View): PlacedPicture[] {
  const { state, cols, rows } = view;
  const report = reportOf(state);
  const result = state.results[stageNow(state)];
  if (report === undefined || result === undefined) return [];
  const room = { cols: cols - 1, rows: rows - HEAD };
  if (result.stage === 'batch') return facesOf(view, room);
  if (result.stage === 'augmentation') return pairOf(view, result, room);
  if (!showsLayers(state) || state.tiles.length === 0) return [];
  if (state.mode === 'one') {
    const picture = state.tiles[state.selected];
    if (picture === undefined) return [];
    const size = fitPicture(picture.width, picture.height, room);
    return [{ picture: withCursor(picture, state.cursor), x: 0, y: HEAD, ...size, enlarge: 'nearest' }];
  }
  const tile = tileCells(view);
  const across = Math.max(1, Math.floor((room.cols + 1) / (tile.cols + 1)));
  const down = Math.max(1, Math.floor((room.rows + 1) / (tile.rows + 1)));
  const page = Math.floor(state.selected / (across * down)) * across * down;
  return state.tiles.slice(page, page + across * down).map((picture, i) => ({
    ...{ picture, ...tile, enlarge: 'nearest' as const },
    x: (i % across) * (tile.cols + 1),
    y: HEAD + Math.floor(i / across) * (tile.rows + 1),
  }));
}

/** The colour of the cursor: green, which the scale does not contain. In gray pictures, it inverts what it covers. */
const CURSOR = [0, 200, 0] as const;

/** A map with its cursor. */
function withCursor(picture: Picture, { y, x }: { readonly y: number; readonly x: number }): Picture {
  const data = picture.data.slice();
  const at = (y * picture.width + x) * picture.channels;
  if (picture.channels === 1) data[at] = (data[at] ?? 0) < 128 ? 255 : 0;
  else data.set(CURSOR, at);
  return { ...picture, data };
}

/** The cells of a tile: those of the map at two pixels a row, within limits. */
function tileCells({ state, cols, rows }: View): Size {
  const [picture] = state.tiles;
  const width = Math.max(4, Math.min(picture?.width ?? 12, cols < 50 ? 12 : 16));
  return { cols: width, rows: Math.max(2, Math.min(Math.round(width / 2), Math.max(2, rows - HEAD))) };
}

const faceCache = new WeakMap<object, Map<number, PlacedPicture['picture']>>();

/** A face of a stage, made once: painted pictures are cached by their object. */
function cachedFace(
  of: object,
  image: number,
  make: () => PlacedPicture['picture'],
): PlacedPicture['picture'] {
  const faces = faceCache.get(of) ?? new Map<number, PlacedPicture['picture']>();
  faceCache.set(of, faces);
  const face = faces.get(image) ?? make();
  faces.set(image, face);
  return face;
}

function storedFace(
  result: Extract<StageReport, { stage: 'batch' }>,
  image: number,
  shape: readonly [number, number, number],
) {
  // Stored images are gray, also where the network wants three channels.
  const [height, width] = shape;
  return cachedFace(result, image, () => facePicture(result.pixels, image, [height, width, 1]));
}

function facesOf(view: View, room: Size): PlacedPicture[] {
  const { state } = view;
  const report = reportOf(state);
  const result = state.results.batch;
  if (report === undefined || result?.stage !== 'batch') return [];
  const tile = { cols: 12, rows: 6 };
  const across = Math.max(1, Math.floor((room.cols + 1) / (tile.cols + 1)));
  const down = Math.max(1, Math.floor((room.rows + 1) / (tile.rows + 1)));
  const page = Math.floor(state.image / (across * down)) * across * down;
  return Array.from({ length: Math.min(across * down, report.count - page) }, (_, i) => ({
    ...{ picture: storedFace(result, page + i, report.shape), ...tile },
    x: (i % across) * (tile.cols + 1),
    y: HEAD + Math.floor(i / across) * (tile.rows + 1),
  }));
}

/** The stored image, and beside it what the network gets. */
function pairOf(
  view: View,
  result: Extract<StageReport, { stage: 'augmentation' }>,
  room: Size,
): PlacedPicture[] {
  const { state } = view;
  const report = reportOf(state);
  const batch = state.results.batch;
  if (report === undefined) return [];
  const half = { cols: Math.floor((room.cols - 2) / 2), rows: room.rows };
  const [height, width] = report.shape;
  const size = fitPicture(width, height, half);
  const { min, max } = result.stats;
  const seen = cachedFace(result, state.image, () =>
    facePicture(result.images, state.image, report.shape, (value) =>
      Math.round((255 * (value - min)) / (max - min || 1)),
    ),
  );
  const before =
    batch?.stage === 'batch'
      ? [{ picture: storedFace(batch, state.image, report.shape), x: 0, y: HEAD, ...size }]
      : [];
  return [...before, { picture: seen, x: size.cols + 2, y: HEAD, ...size }];
}
