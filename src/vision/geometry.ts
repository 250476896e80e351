/** A rectangle in pixels of the frame. */
export interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** The box of a face. */
export interface FaceBox extends Box {
  /** Angle by which the line through the eyes is turned, in radians, clockwise in the picture; undefined: not known. */
  readonly roll?: number;
}

/** The area that two boxes share. */
export function overlap(a: Box, b: Box): number {
  const across = Math.min(a.x + a.width, b.x + b.width) - Math.max(a.x, b.x);
  const down = Math.min(a.y + a.height, b.y + b.height) - Math.max(a.y, b.y);
  return across <= 0 || down <= 0 ? 0 : across * down;
}

/** Intersection over union of two boxes, 0 to 1. */
export function iou(a: Box, b: Box): number {
  const both = overlap(a, b);
  if (both === 0) return 0;
  return both / (a.width * a.height + b.width * b.height - both);
}

/** Enlarges a box by `margin` times its size on every side; a negative margin shrinks it. */
export function grow({ x, y, width, height }: Box, margin: number): Box {
  return {
    x: x - margin * width,
    y: y - margin * height,
    width: width * (1 + 2 * margin),
    height: height * (1 + 2 * margin),
  };
}

/** Mirrors a box along with its frame. */
export function mirrorBox(box: Box, frameWidth: number): Box {
  return { ...box, x: frameWidth - box.x - box.width };
}

/** Rounds a box to whole pixels, for output. */
export function roundBox({ x, y, width, height }: Box): Box {
  return { x: Math.round(x), y: Math.round(y), width: Math.round(width), height: Math.round(height) };
}

/** Compares boxes for sorting: largest first, then from left to right, then from top to bottom. */
export function bySize(a: Box, b: Box): number {
  return b.width * b.height - a.width * a.height || a.x - b.x || a.y - b.y;
}
