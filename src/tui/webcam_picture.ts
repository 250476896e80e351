import { inColor, type Picture } from '../util/picture.js';
import { resample } from '../util/resample.js';
import { type Box, overlap } from '../vision/geometry.js';
import { drawBox, FOCUS, OTHER, placeLabel } from '../vision/overlay.js';
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

/** Most pixels of a cell from left to right: common fonts do not have more. */
const MOST_ACROSS = 8;
const NOTHING: FrameView = { pictures: [], labels: [] };

/** The last view of each frame: the panel requests its lines and its pictures one after the other. */
const views = new WeakMap<FrameMessage, { key: string; view: FrameView }>();

/**
 * Fits a frame into cols x rows cells, centred, with boxes drawn in the dots of the terminal and labels as text beside
 * them, where they cover least of other faces. @param focus track of the face in focus
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
  // The one in focus first: its label has the first choice, and its box is drawn last, on top.
  const faces = [...frame.faces].sort((a, b) => Number(b.track === focus) - Number(a.track === focus));
  for (const { box, track } of faces.toReversed()) {
    drawBox(dots, scaled(box, sx, sy), track === focus ? FOCUS : OTHER, Math.max(1, across >> 1));
  }
  const boxes = faces.map(({ box }) => scaled(box, sx / across, sy / down));
  const free = labelsOf(faces, focus, boxes, fit);
  const pictures = around(free, fit).map((place) => ({
    ...{ ...place, x: place.x + left, y: place.y + top },
    picture: cut(dots, {
      ...{ x: place.x * across, y: place.y * down },
      ...{ width: place.cols * across, height: place.rows * down },
    }),
  }));
  return { pictures, labels: free.map((label) => ({ ...label, x: label.x + left, y: label.y + top })) };
}

function scaled({ x, y, width, height }: Box, sx: number, sy: number): Box {
  return { x: x * sx, y: y * sy, width: width * sx, height: height * sy };
}

/** A label for each face that has room, the first ones first; without the probability where that would cover another face. */
function labelsOf(
  faces: readonly Face[],
  focus: number,
  boxes: readonly Box[],
  { cols, rows }: Cells,
): PlacedLabel[] {
  const placed: Box[] = [];
  return faces.flatMap((face, i) => {
    const sizes = [` ${caption(face)} `, face.label]
      .filter((text) => text.length <= cols)
      .map((text) => ({ text, width: text.length, height: 1 }));
    if (sizes.length === 0) return [];
    const others = [...boxes.filter((_, other) => other !== i), ...placed];
    const place = placeLabel({ width: cols, height: rows }, boxes[i] as Box, sizes, others);
    if (placed.some((label) => overlap(label, place) > 0)) return [];
    placed.push(place);
    return [{ x: place.x, y: place.y, text: place.text, focused: face.track === focus }];
  });
}

/**
 * Dots per cell: those of the terminal, or, if it shows pixels, as many as the frame has. Whole dots per cell let labels replace
 * whole cells.
 */
function dotsOf({ width }: Picture, { cols }: Cells, capability: Capability): readonly [number, number] {
  if (capability.graphics === undefined) return dotsPerCell(capability);
  const across = Math.max(1, Math.min(MOST_ACROSS, Math.round(width / cols)));
  return [across, 2 * across];
}

/** `Happy 87 %` */
export function caption({ label, probabilities }: Face): string {
  return `${label} ${Math.round(100 * Math.max(...probabilities))} %`;
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
