import { inColor, type Picture } from '../util/picture.js';
import { resample } from '../util/resample.js';
import { drawBox, FOCUS, OTHER } from '../vision/overlay.js';
import { cut } from '../vision/pixels.js';
import type { Face, FrameMessage } from '../vision/protocol.js';
import type { Capability } from './paint/capability.js';
import { dotsPerCell } from './paint/paint.js';
import { type Cells, fitPicture } from './paint/picture.js';
import type { PlacedPicture } from './screen_module.js';

/** A label in cells of the panel. */
export interface PlacedLabel {
  readonly x: number;
  readonly y: number;
  readonly text: string;
  readonly focused: boolean;
}

/** A frame as the screen shows it: pieces of the picture, and text in the gaps between them. */
export interface FrameView {
  readonly pictures: readonly PlacedPicture[];
  readonly labels: readonly PlacedLabel[];
}

/** More pixels than a cell has across in common fonts would be sent for nothing. */
const MOST_ACROSS = 8;
const NOTHING: FrameView = { pictures: [], labels: [] };

/** The last view of each frame: lines and pictures are asked for one after the other. */
const views = new WeakMap<FrameMessage, { key: string; view: FrameView }>();

/**
 * Fits a frame into cols x rows cells, centred, with boxes drawn in the dots of the terminal and labels as text above
 * them. @param focus track of the face in focus
 */
export function viewFrame(
  frame: FrameMessage,
  { cols, rows }: { cols: number; rows: number },
  capability: Capability,
  focus: number,
): FrameView {
  const key = `${cols} ${rows} ${focus} ${capability.color} ${capability.glyphs} ${capability.graphics}`;
  const known = views.get(frame);
  if (known?.key === key) return known.view;
  const view = makeView(frame, cols, rows, capability, focus);
  views.set(frame, { key, view });
  return view;
}

function makeView(
  frame: FrameMessage,
  cols: number,
  rows: number,
  capability: Capability,
  focus: number,
): FrameView {
  if (frame.picture === undefined || cols < 1 || rows < 1) return NOTHING;
  const fit = fitPicture(frame.width, frame.height, { cols, rows });
  const [across, down] = dotsOf(frame.picture, fit, capability);
  const dots = inColor(resample(frame.picture, fit.cols * across, fit.rows * down, 'bilinear'));
  const [left, top] = [(cols - fit.cols) >> 1, (rows - fit.rows) >> 1];
  const [sx, sy] = [dots.width / frame.width, dots.height / frame.height];
  // The one in focus last: on top.
  const faces = [...frame.faces].sort((a, b) => Number(a.track === focus) - Number(b.track === focus));
  const labels: PlacedLabel[] = [];
  for (const face of faces) {
    const { x, y, width, height } = face.box;
    const box = { x: x * sx, y: y * sy, width: width * sx, height: height * sy };
    const focused = face.track === focus;
    drawBox(dots, box, focused ? FOCUS : OTHER, Math.max(1, across >> 1));
    const text = ` ${caption(face)} `;
    const at = {
      x: Math.max(0, Math.min(Math.round(box.x / across), fit.cols - text.length)),
      y: Math.max(0, Math.min(Math.round(box.y / down) - 1, fit.rows - 1)),
    };
    if (text.length <= fit.cols) labels.push({ ...at, text, focused });
  }
  const free = labels.filter((label, i) => !labels.slice(i + 1).some((other) => overlap(label, other)));
  const pictures = around(free, fit).map((place) => ({
    ...{ ...place, x: place.x + left, y: place.y + top },
    picture: cut(dots, {
      ...{ x: place.x * across, y: place.y * down },
      ...{ width: place.cols * across, height: place.rows * down },
    }),
  }));
  return { pictures, labels: free.map((label) => ({ ...label, x: label.x + left, y: label.y + top })) };
}

/** Dots of a cell: the terminal's own; where it shows pixels, as many as the frame has. Labels cut between cells. */
function dotsOf({ width }: Picture, { cols }: Cells, capability: Capability): readonly [number, number] {
  if (capability.graphics === undefined) return dotsPerCell(capability);
  const across = Math.max(1, Math.min(MOST_ACROSS, Math.round(width / cols)));
  return [across, 2 * across];
}

/** `Happy 87 %` */
export function caption({ label, probabilities }: Face): string {
  return `${label} ${Math.round(100 * Math.max(...probabilities))} %`;
}

function overlap(a: PlacedLabel, b: PlacedLabel): boolean {
  return a.y === b.y && a.x < b.x + b.text.length && b.x < a.x + a.text.length;
}

interface Place {
  readonly x: number;
  readonly y: number;
  readonly cols: number;
  readonly rows: number;
}

/** The cells of a picture that no label covers, in as few rectangles as rows allow. */
function around(labels: readonly PlacedLabel[], { cols, rows }: { cols: number; rows: number }): Place[] {
  const places: Place[] = [];
  let from = 0;
  const band = (to: number): void => {
    if (to > from) places.push({ x: 0, y: from, cols, rows: to - from });
  };
  for (let y = 0; y < rows; y++) {
    const here = labels.filter((label) => label.y === y).sort((a, b) => a.x - b.x);
    if (here.length === 0) continue;
    band(y);
    from = y + 1;
    let x = 0;
    for (const label of here) {
      if (label.x > x) places.push({ x, y, cols: label.x - x, rows: 1 });
      x = label.x + label.text.length;
    }
    if (x < cols) places.push({ x, y, cols: cols - x, rows: 1 });
  }
  band(rows);
  return places;
}
