import { classCounts, duplicateKinds, faceRange } from '../../data/facts.js';
import type { Correction, Decision, LabelAction } from '../../data/labels_file.js';
import type { Labels } from '../../data/types.js';
import { FACE_SIZE } from '../../util/classes.js';
import type { Picture } from '../../util/picture.js';
import { type Size, scrolled } from '../layout.js';
import { type Loadable, waitingLines } from '../loadable.js';
import { fitPicture } from '../paint/picture.js';
import type { PanelView, PlacedPicture } from '../screen_module.js';
import { padTo, wrapped } from '../text.js';
import { bar, nameCols } from '../widgets.js';
import { currentIndex, type DataState, reportOf, sourceOf } from './data_state.js';

type View = PanelView<DataState>;

const count = (n: number): string => n.toLocaleString('en');
const share = (part: number, whole: number): string =>
  whole === 0 ? '–' : `${((100 * part) / whole).toFixed(1)} %`;

/** The pixels of an image; undefined until they are loaded. */
function pictureAt(state: DataState, index: number | undefined): Picture | undefined {
  return index === undefined || state.faces.source !== sourceOf(state)
    ? undefined
    : state.faces.byIndex.get(index);
}

/** The prediction for an image: class and confidence; undefined without a model. */
function predictionOf(state: DataState, index: number): string | undefined {
  if (state.predictions.status !== 'ready') return undefined;
  const { classes, predicted, confidence } = state.predictions.value;
  return `${classes[predicted[index] ?? 0] ?? '?'} ${Math.round(100 * (confidence[index] ?? 0))} %`;
}

/** What was decided about an image of the split; undefined if nothing was. */
export function correctionAt(
  { corrections, split }: Pick<DataState, 'corrections' | 'split'>,
  index: number,
): Correction | undefined {
  if (corrections.status !== 'ready') return undefined;
  return corrections.value.find((own) => own.split === split && own.index === index);
}

/** Mark before the caption of an image whose label was decided about. */
const MARKS: Readonly<Record<LabelAction, string>> = { relabel: '→', drop: '-', keep: '=' };

/** A decision in words that follow the label: "→ Sad". */
export function decisionWords({ action, label }: Decision, classes: readonly string[]): string {
  return { relabel: `→ ${classes[label ?? 0]}`, drop: '(dropped)', keep: '(kept)' }[action];
}

export function facesTitle({ state }: View): string {
  const report = reportOf(state);
  const index = currentIndex(state);
  if (report === undefined || index === undefined) return 'faces';
  const label = report.classes[report.splits[state.split].labels[index] ?? 0];
  const prediction = predictionOf(state, index);
  const correction = correctionAt(state, index);
  const decided = correction === undefined ? '' : ` ${decisionWords(correction, report.classes)}`;
  // What is shown comes first, because a narrow panel cuts the end.
  const filter = filterWords(state);
  const listed = filter && `${filter}, ${count(state.at + 1)} of ${count(state.list.length)}: `;
  const face = `${listed ?? ''}#${count(index)} ${state.split} · ${label}${decided}${prediction === undefined ? '' : ` · model says ${prediction}`}`;
  return state.mode === 'augment' ? `${face} · augment ${state.augment} · seed ${state.seed}` : face;
}

/** What the list is filtered by; undefined if it is not. */
function filterWords(state: DataState): string | undefined {
  const { only, filter, cell } = state;
  const classes = reportOf(state)?.classes ?? [];
  const name = only === undefined ? undefined : classes[only];
  const taken = cell && `${classes[cell.truth]} taken for ${classes[cell.predicted]}`;
  const kind = { all: undefined, wrong: 'wrong', twins: 'identical', constant: 'constant', cell: taken }[
    filter
  ];
  const words = [kind, name].filter((word) => word !== undefined);
  return words.length === 0 ? undefined : `only ${words.join(', ')}`;
}

/** The images that are identical to one: "identical to #12, validation #3". */
function twinWords({ twins, split }: DataState, index: number): string {
  const group =
    twins.status === 'ready'
      ? twins.value.find((own) => own.some((t) => t.split === split && t.index === index))
      : undefined;
  const others = (group ?? []).filter((twin) => twin.split !== split || twin.index !== index);
  const named = others
    .slice(0, 3)
    .map((twin) => `${twin.split === split ? '' : `${twin.split} `}#${count(twin.index)}`);
  return others.length === 0
    ? ''
    : `identical to ${named.join(', ')}${others.length > named.length ? ', …' : ''}`;
}

/** The lines that explain why there is no face to show; undefined if there is one. */
function nothingToShow(view: View): string[] | undefined {
  const { state, theme, cols, now } = view;
  if (state.report.status !== 'ready') {
    const empty = 'no data set is open: o opens one';
    const lines = waitingLines(state.report, { empty, theme, cols, now });
    const unnamed = state.report.status === 'failed' && state.report.message.includes('--classes');
    return unnamed ? [...lines, 'N names the classes as --classes does'] : lines;
  }
  if (state.list.length > 0) return undefined;
  const why = {
    all: `no ${state.split} images: s shows another split`,
    wrong: 'no wrong prediction here: w shows all faces again',
    twins: `no identical images in ${state.split}: d shows all faces again`,
    constant: 'no constant image here: k shows all faces again',
    cell: 'the model predicts that class for no image of this one: Esc shows all faces again',
  }[state.only === undefined ? state.filter : 'all'];
  return wrapped(state.only === undefined ? why : 'no image matches: c changes the class', cols);
}

export function faceLines(view: View): string[] {
  const nothing = nothingToShow(view);
  if (nothing !== undefined) return nothing;
  const { state } = view;
  if (state.mode === 'face') return [];
  return captions(view, gridOf(view), state.mode === 'sheet' ? sheet(view) : variants(view));
}

export function facePictures(view: View): PlacedPicture[] {
  const { state } = view;
  if (nothingToShow(view) !== undefined) return [];
  if (state.mode !== 'face') {
    const grid = gridOf(view);
    const tiles = state.mode === 'sheet' ? sheet(view) : variants(view);
    return tiles.flatMap(({ picture }, i) =>
      picture === undefined
        ? []
        : [{ picture, ...tileAt(grid, i), ...fitPicture(FACE_SIZE, FACE_SIZE, grid.tile) }],
    );
  }
  const picture = pictureAt(state, currentIndex(state));
  if (picture === undefined) return [];
  const size = fitPicture(picture.width, picture.height, view);
  return [{ picture, x: (view.cols - size.cols) >> 1, y: (view.rows - size.rows) >> 1, ...size }];
}

/** The number of faces that fit into a panel, and their size. Each has a caption below and a gap beside it. */
export interface Grid {
  readonly tile: Size;
  readonly across: number;
  readonly down: number;
}

/** Widths of a face in cells, best first. Its height in rows is half of it. */
const TILES = [22, 16, 12, 10];
/** If fewer faces than this fit, the next smaller size is used. */
const ENOUGH = 8;

export function gridOf({ cols, rows }: Size): Grid {
  const grids = TILES.map((width) => ({
    tile: { cols: width, rows: width >> 1 },
    across: Math.max(1, Math.floor(cols / (width + 2))),
    down: Math.max(1, Math.floor(rows / ((width >> 1) + 1))),
  }));
  return grids.find(({ across, down }) => across * down >= ENOUGH) ?? (grids.at(-1) as Grid);
}

const tileAt = ({ tile, across }: Grid, i: number): { x: number; y: number } => ({
  x: 1 + (i % across) * (tile.cols + 2),
  y: Math.floor(i / across) * (tile.rows + 1),
});

interface Tile {
  readonly picture: Picture | undefined;
  readonly caption: string;
  readonly selected: boolean;
  readonly bad: boolean;
}

/** The current page of the contact sheet. */
function sheet(view: View): Tile[] {
  const { state } = view;
  const { across, down } = gridOf(view);
  const first = Math.floor(state.at / (across * down)) * across * down;
  const report = reportOf(state);
  return state.list.slice(first, first + across * down).map((index, i) => {
    const label = report?.splits[state.split].labels[index] ?? 0;
    const prediction = predictionOf(state, index);
    const correction = correctionAt(state, index);
    const mark = correction === undefined ? '' : MARKS[correction.action];
    const name = report?.classes[(prediction === undefined ? correction?.label : undefined) ?? label] ?? '?';
    const wrong = state.predictions.status === 'ready' && state.predictions.value.predicted[index] !== label;
    return {
      picture: pictureAt(state, index),
      caption: `${mark}${prediction === undefined ? `${name} #${index}` : `${wrong ? '✗' : '✓'}${name.slice(0, 3)}→${prediction}`}`,
      selected: first + i === state.at,
      bad: wrong,
    };
  });
}

/** The original face, followed by the face as training sees it in each epoch. */
function variants(view: View): Tile[] {
  const { state } = view;
  const { across, down } = gridOf(view);
  const original = pictureAt(state, currentIndex(state));
  const tile = (picture: Picture | undefined, caption: string): Tile => ({
    ...{ picture, caption, selected: false, bad: false },
  });
  return [
    tile(original, 'original'),
    ...state.variants.pictures.map((picture, epoch) => tile(picture, `epoch ${epoch + 1}`)),
  ].slice(0, across * down);
}

/** The captions of all tiles as lines, with room for the pictures. */
function captions({ theme }: View, { tile, across, down }: Grid, tiles: readonly Tile[]): string[] {
  const lines: string[] = [];
  for (let row = 0; row < down; row++) {
    const texts = tiles.slice(row * across, (row + 1) * across).map(({ caption, selected, bad }) => {
      const text = padTo(`${selected ? '▸' : ' '}${caption}`, tile.cols);
      return selected ? theme.selected(text) : bad ? theme.bad(text) : text;
    });
    if (texts.length > 0) lines.push(...Array.from({ length: tile.rows }, () => ''), ` ${texts.join('  ')}`);
  }
  return lines;
}

/** Classes that are listed even where the last lines are cut. */
const FEW = 7;

export function classLines(view: View): string[] {
  const { state, theme, cols } = view;
  const report = reportOf(state);
  if (report === undefined) return [];
  const { labels } = report.splits[state.split];
  const counts = classCounts({ images: new Uint8Array(0), labels }, report.classes.length);
  const largest = Math.max(1, ...counts);
  const found =
    state.predictions.status === 'ready' && cols >= 38
      ? recalls(labels, state.predictions.value.predicted, counts)
      : undefined;
  const width = nameCols(report.classes, 8);
  const room = cols - 17 - width - (found === undefined ? 0 : 10);
  const [first, fit] = scrolled(Math.max(FEW, view.rows), report.classes.length, state.only ?? 0);
  return report.classes.slice(first, first + fit).map((name, i) => {
    const c = first + i;
    const n = counts[c] ?? 0;
    // Networks tend to neglect a class with less than half of an equal share.
    const rare = n < labels.length / report.classes.length / 2;
    const bars = room >= 3 ? ` ${bar(n / largest, room)}` : '';
    const recall = found === undefined ? '' : theme.dim(` ✓ ${share(found[c] ?? 0, n)}`.padStart(10));
    const line = `${state.only === c ? '▸' : ' '}${padTo(name, width)}${count(n).padStart(7)}${bars} ${share(n, labels.length).padStart(6)}${rare ? theme.warn('!') : ' '}`;
    return (state.only === c ? theme.strong(line) : line) + recall;
  });
}

function recalls(labels: Labels, predicted: Labels, counts: readonly number[]): number[] {
  const hits = counts.map(() => 0);
  labels.forEach((label, i) => {
    if (predicted[i] === label) hits[label] = (hits[label] ?? 0) + 1;
  });
  return hits;
}

export function checkLines(view: View): string[] {
  const { state, theme, cols } = view;
  const report = reportOf(state);
  if (report === undefined) return [];
  const ok = (good: boolean, text: string): string[] =>
    wrapped(`${good ? '✓' : '✗'} ${text}`, cols).map(good ? theme.good : theme.warn);
  const constant = report.splits[state.split].constant.length;
  // What is going on or has failed comes first: a low panel cuts the end.
  const [news, known] = [true, false].map((early) => [
    ...(isNews(state.twins) === early ? twinLines(view) : []),
    ...(isNews(state.predictions) === early ? modelLines(view) : []),
  ]) as [string[], string[]];
  return [
    ...nextLines(view),
    ...news,
    ...faceFacts(view),
    ...wrapped(twinWords(state, currentIndex(state) ?? 0), cols).filter(Boolean),
    ...report.notes.flatMap((note) => wrapped(note, cols)).map(theme.warn),
    ...correctionLines(view),
    ...ok(
      report.skipped === 0,
      `${count(report.skipped)} unreadable${report.skipped === 0 ? '' : ', left out:'}`,
    ),
    ...report.bad.flatMap((reason) => wrapped(reason, cols - 1).map((line) => ` ${line}`)),
    ...ok(constant === 0, `${count(constant)} constant (one gray)${constant === 0 ? '' : ': k shows them'}`),
    ...known,
  ];
}

const isNews = ({ status }: Loadable<unknown>): boolean => status === 'loading' || status === 'failed';

/** How far the next data set has been read, or why it cannot be. */
function nextLines({ state: { next, path }, theme, cols, now }: View): string[] {
  if (next.status === 'ready' || next.status === 'empty') return [];
  const lines = waitingLines(next, { empty: '', theme, cols, now });
  return next.status === 'failed' ? [...lines, ...wrapped(`${path} stays open`, cols)] : lines;
}

/** Facts about the current face. */
function faceFacts({ state, cols }: View): string[] {
  const picture = pictureAt(state, currentIndex(state));
  if (picture === undefined) return [];
  const { min, mean, max } = faceRange(picture.data);
  const prediction = predictionOf(state, currentIndex(state) ?? 0);
  return [
    ...wrapped(`this face: ${min} to ${max}, mean ${mean.toFixed(0)}`, cols),
    ...(prediction === undefined ? [] : [`model says ${prediction}`]),
  ];
}

/** The file of decisions, and how many it has. */
function correctionLines({ state, theme, cols, now }: View): string[] {
  const { corrections, labels } = state;
  if (corrections.status !== 'ready') {
    const lines = waitingLines(corrections, { empty: 'no file of decisions', theme, cols, now });
    return corrections.status === 'failed' ? [...lines, 'L chooses another file'] : lines;
  }
  const number = (action: LabelAction): number =>
    corrections.value.filter((own) => own.action === action).length;
  const words =
    corrections.value.length === 0
      ? 'no decisions'
      : `${count(number('relabel'))} relabelled, ${count(number('drop'))} dropped, ${count(number('keep'))} kept`;
  return wrapped(`${labels}: ${words}`, cols);
}

function twinLines({ state, theme, cols, now }: View): string[] {
  if (state.twins.status !== 'ready') {
    return waitingLines(state.twins, { empty: 'd finds identical images', theme, cols, now });
  }
  const groups = state.twins.value;
  if (groups.length === 0) return [theme.good('✓ no identical images')];
  const { leaks, disputes } = duplicateKinds(groups);
  return wrapped(
    `! ${count(groups.length)} groups of identical images: ${count(leaks)} in several splits, ${count(disputes)} with several labels`,
    cols,
  ).map(theme.warn);
}

function modelLines({ state, theme, cols, now }: View): string[] {
  const { predictions, weights } = state;
  if (predictions.status !== 'ready') {
    return waitingLines(predictions, { empty: 'w shows what a model gets wrong', theme, cols, now });
  }
  const labels = reportOf(state)?.splits[state.split].labels ?? new Uint8Array(0);
  const right = predictions.value.predicted.filter((predicted, i) => predicted === labels[i]).length;
  return wrapped(`${weights}: ${share(right, labels.length)} correct on ${state.split}`, cols);
}
