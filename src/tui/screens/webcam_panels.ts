import { basename } from 'node:path';
import { percent } from '../../util/axis.js';
import { nameOfSource } from '../../vision/source_spec.js';
import type { PanelView, PlacedPicture, ScreenView } from '../screen_module.js';
import { padTo, wrapped } from '../text.js';
import { focusOf, type WebcamState } from '../webcam_live.js';
import { caption, viewFrame } from '../webcam_picture.js';
import { bar, nameCols } from '../widgets.js';

/** The text for a frame without a face; the same as in the commands. */
const NO_FACE = 'No face found';
/** A live source counts as stalled after this time without a frame. Opening a source for this long shows a hint. */
const [STALLED_MS, HINT_MS] = [2000, 5000];
/** Size of the picture of the model's input, in cells. */
const INPUT = { cols: 24, rows: 12 };

type View = PanelView<WebcamState>;

/** Whether frames have stopped coming. */
export function stalled({ state, now }: Pick<ScreenView<WebcamState>, 'state' | 'now'>): boolean {
  const { phase, source, frozen, frameAt } = state;
  return phase === 'live' && source?.live === true && !frozen && now - frameAt > STALLED_MS;
}

/** The title of the picture: `● camera 0 · 640×480 · 12 fps`. The most important part comes first, as the end may be cut. */
export function pictureTitle(view: View): string {
  const { options, source, frame, frozen, drawn, phase } = view.state;
  const name = source?.name ?? (options === undefined ? 'camera' : nameOfSource(options.source));
  const sign = frozen ? '‖ frozen ' : isLive(view) ? '● ' : '';
  const record = options?.record !== undefined && phase === 'live' ? 'REC ' : '';
  const rate = frame === undefined ? [] : [`${frame.width}×${frame.height}`, `${frame.fps.toFixed(0)} fps`];
  const late =
    frame !== undefined && frame.dropped > 0 ? [`${frame.dropped.toLocaleString('en')} dropped`] : [];
  const parts = [basename(name), ...(drawn ? ['drawn faces, not detected'] : []), ...rate, ...late];
  return `${sign}${record}${parts.join(' · ')}`;
}

function isLive(view: View): boolean {
  return view.state.phase === 'live' && !stalled(view);
}

/** The status while there is no picture, else the labels of the faces. */
export function pictureLines(view: View): string[] {
  const { state, cols, rows, capability, theme } = view;
  if (state.frame === undefined || state.phase === 'failed')
    return statusLines(view).map((line) => ` ${line}`);
  const { labels } = viewFrame(state.frame, { cols, rows }, capability, focusOf(state));
  return Array.from({ length: rows }, (_, y) => {
    const here = labels.filter((label) => label.y === y).sort((a, b) => a.x - b.x);
    let line = '';
    let at = 0;
    for (const { x, text, focused } of here) {
      line += ' '.repeat(x - at) + (focused ? theme.selected(text) : theme.warn(text));
      at = x + text.length;
    }
    return line;
  });
}

export function picturePieces({ state, cols, rows, capability }: View): readonly PlacedPicture[] {
  if (state.frame === undefined || state.phase === 'failed') return [];
  return viewFrame(state.frame, { cols, rows }, capability, focusOf(state)).pictures;
}

/** The status while there is no picture. */
function statusLines({ state, theme, cols, now }: View): string[] {
  const room = cols - 2;
  const seconds = Math.max(0, Math.round((now - state.since) / 1000));
  switch (state.phase) {
    case 'off':
      return ['the camera is off', 'r opens it · o opens another source'];
    case 'opening': {
      const name = state.options === undefined ? 'the camera' : nameOfSource(state.options.source);
      const hint =
        now - state.since < HINT_MS
          ? []
          : ['no picture yet: is another program using it?', 'r tries again · o opens another source'];
      return [
        ...wrapped(`opening ${name}… ${seconds} s`, room),
        ...hint.flatMap((text) => wrapped(text, room)),
      ];
    }
    case 'failed':
      return [
        ...wrapped(`✗ ${state.failure ?? 'it failed'}`, room).map(theme.bad),
        '',
        ...wrapped(
          'r tries again · o opens another source (demo needs no camera) · m chooses another model',
          room,
        ),
      ];
    default:
      return [`loading the model… ${seconds} s`];
  }
}

/** The label of the face in focus, or the reason why there is none. */
export function faceTitle(view: View): string {
  const { state, now } = view;
  switch (state.phase) {
    case 'off':
      return 'off';
    case 'opening':
      return `opening, ${Math.max(0, Math.round((now - state.since) / 1000))} s`;
    case 'model':
      return 'loading the model';
    case 'failed':
      return 'no picture';
    case 'ended':
      return 'ended';
    default: {
      if (stalled(view)) return 'camera stalled';
      const face = state.frame?.faces.find(({ track }) => track === focusOf(state));
      return face === undefined ? NO_FACE : caption(face);
    }
  }
}

/** Classes that have a bar even where the last lines are cut. */
const FEW = 7;

/** The bars of the face in focus, and the figures. */
export function faceLines(view: View): string[] {
  const { state, theme, cols, rows, now } = view;
  const classes = state.model?.classes ?? [];
  const face =
    state.phase === 'live' ? state.frame?.faces.find(({ track }) => track === focusOf(state)) : undefined;
  const best = face === undefined ? -1 : face.probabilities.indexOf(Math.max(...face.probabilities));
  const width = Math.min(nameCols(classes, 9), Math.max(9, cols >> 1));
  const room = Math.max(1, cols - 7 - width);
  const all = classes.map((name, i) => ({ name, i, share: face?.probabilities[i] ?? 0 }));
  const count = barRows(view);
  // Where there is no room for many classes, the most probable ones are shown.
  const shown = count < all.length ? all.toSorted((a, b) => b.share - a.share).slice(0, count) : all;
  const bars = shown.map(({ name, i, share }) => {
    if (face === undefined) return `${padTo(name, width)}–`;
    const line = `${padTo(name, width)}${bar(share, room)} ${percent(share, 0).padStart(5)}`;
    return i === best ? theme.strong(line) : line;
  });
  const words = state.phase === 'ended' ? summaryLines(view) : stateLines(view, now);
  const head = [...bars, ''];
  if (!showsInput(view)) return [...head, ...words].slice(0, rows);
  const gap = Array.from({ length: INPUT.rows }, () => '');
  return [
    ...head.slice(0, -1),
    theme.dim(`input of the model${state.frame?.heatMs === undefined ? '' : ', Grad-CAM'}:`),
    ...gap,
    ...words,
  ].slice(0, rows);
}

/** Number of bars: one for each class, but of many classes no more than leave room for the figures. */
function barRows({ state, rows }: View): number {
  const classes = state.model?.classes.length ?? 0;
  return Math.min(classes, Math.max(FEW, rows - 7));
}

/** Whether there is room for the model's input below the bars. */
function showsInput(view: View): boolean {
  const { state, rows, cols } = view;
  return state.phase === 'live' && rows >= barRows(view) + INPUT.rows + 5 && cols >= INPUT.cols;
}

/** The model's input for the face in focus. */
export function inputPicture(view: View): readonly PlacedPicture[] {
  const { state } = view;
  const at = state.frame?.faces.findIndex(({ track }) => track === focusOf(state)) ?? -1;
  const picture = state.frame?.inputs?.[at];
  if (picture === undefined || !showsInput(view)) return [];
  return [{ picture, x: 0, y: barRows(view) + 1, ...INPUT }];
}

function stateLines(view: View, now: number): string[] {
  const { state, theme } = view;
  const { frame, seenAt, model, smoothed, mirror } = state;
  if (frame === undefined) return [];
  const count = frame.faces.length;
  const seen = seenAt === undefined ? 'no face yet' : `last seen ${Math.round((now - seenAt) / 1000)} s ago`;
  const more = frame.leftOut === 0 ? '' : ` of ${count + frame.leftOut}`;
  const faces =
    count === 0 ? seen : count === 1 && more === '' ? '1 face' : `${count}${more} faces · f: next`;
  const { capture, detect, classify } = frame.ms;
  const ms = (time: number): string => time.toFixed(0);
  return [
    ...(stalled(view) ? [theme.bad('stalled: r reconnects')] : []),
    faces,
    `ms: grab ${ms(capture)} face ${ms(detect)} net ${ms(classify)}`,
    ...(frame.heatMs === undefined ? [] : [`Grad-CAM: ${ms(frame.heatMs)} ms`]),
    `model ${model?.name ?? '–'}`,
    `${smoothed ? 'smoothed' : 'not smoothed'}${mirror ? ' · mirrored' : ''}`,
  ];
}

function summaryLines({ state, cols }: View): string[] {
  const { summary } = state;
  if (summary === undefined) return [];
  const labels = Object.entries(summary.labels).sort(([, a], [, b]) => b - a);
  const counts = labels.map(([label, n]) => `${label} ${n.toLocaleString('en')}`).join(' · ');
  return [
    ...wrapped(
      `✓ ended: ${summary.frames.toLocaleString('en')} frames, ${summary.without.toLocaleString('en')} without a face`,
      cols,
    ),
    ...(counts === '' ? [] : wrapped(counts, cols)),
    'r starts again · o opens another source',
  ];
}
