/** A rectangle in pixels of the frame. */
export interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** Intersection over union, 0 to 1: how much two boxes are the same. */
export function iou(a: Box, b: Box): number {
  const across = Math.min(a.x + a.width, b.x + b.width) - Math.max(a.x, b.x);
  const down = Math.min(a.y + a.height, b.y + b.height) - Math.max(a.y, b.y);
  if (across <= 0 || down <= 0) return 0;
  const both = across * down;
  return both / (a.width * a.height + b.width * b.height - both);
}

/** The box made larger (or smaller, below 0) by `margin` times its size on every side. */
export function grow({ x, y, width, height }: Box, margin: number): Box {
  return {
    x: x - margin * width,
    y: y - margin * height,
    width: width * (1 + 2 * margin),
    height: height * (1 + 2 * margin),
  };
}

/** Where a box lies in the mirrored frame. */
export function mirrorBox(box: Box, frameWidth: number): Box {
  return { ...box, x: frameWidth - box.x - box.width };
}

/** Whole pixels, for output. */
export function roundBox({ x, y, width, height }: Box): Box {
  return { x: Math.round(x), y: Math.round(y), width: Math.round(width), height: Math.round(height) };
}

/** The largest first; equal ones from left to right, so that the order is always the same. */
export function bySize(a: Box, b: Box): number {
  return b.width * b.height - a.width * a.height || a.x - b.x || a.y - b.y;
}
