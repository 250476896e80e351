import { type Box, iou } from './geometry.js';

/**
 * What YuNet (Wu, Peng and Yu, "YuNet: a tiny millisecond-level face detector", 2023) says about a picture, decoded.
 *
 * The network looks at the picture with three grids, whose cells are 8, 16 and 32 pixels wide. For each cell, row by row, it gives
 *
 * - `cls`: how much it looks like a face, 0 to 1, and `obj`: how well its box fits, 0 to 1; their product is the score;
 * - `bbox`: the middle of the face, from the cell's top left corner in cells, and the logarithms of its width and height in cells;
 * - `kps`: five points, from the cell's top left corner in cells: the eye at the left of the picture, the eye at its right, the tip of the nose,
 *   and the corners of the mouth.
 *
 * Many cells see the same face; the one with the highest score stands for it. The format is that of the files `yunet_n_*.onnx` in
 * https://github.com/ShiqiYu/libfacedetection.train and of OpenCV's models since March 2023.
 */
export const STRIDES = [8, 16, 32] as const;

/** Values in each cell, by the output's name without its stride. */
export const OUTPUTS = { cls: 1, obj: 1, bbox: 4, kps: 10 } as const;

/** The outputs of one grid of `cols` cells a row, each [cells, values]. */
export type YuNetGrid = { readonly [name in keyof typeof OUTPUTS]: Float32Array } & {
  readonly stride: number;
  readonly cols: number;
};

export interface Point {
  readonly x: number;
  readonly y: number;
}

/** A face, in pixels of the network's picture. */
export interface YuNetFace {
  readonly box: Box;
  /** 0 to 1 */
  readonly score: number;
  /** Eye at the left of the picture, eye at its right, nose, corner of the mouth at the left, corner at the right. */
  readonly points: readonly Point[];
}

/** The faces that score at least `least`, each once, best first. Of two whose boxes overlap by more than `same` (intersection over union), the better stays. */
export function decodeYuNet(grids: readonly YuNetGrid[], least: number, same: number): YuNetFace[] {
  const found = grids.flatMap((grid) => facesOf(grid, least)).sort((one, other) => other.score - one.score);
  const kept: YuNetFace[] = [];
  for (const face of found) {
    if (kept.every(({ box }) => iou(box, face.box) <= same)) kept.push(face);
  }
  return kept;
}

function facesOf(grid: YuNetGrid, least: number): YuNetFace[] {
  const faces: YuNetFace[] = [];
  for (let cell = 0; cell < grid.cls.length; cell++) {
    const score = (grid.cls[cell] as number) * (grid.obj[cell] as number);
    if (score >= least) faces.push(faceOf(grid, cell, score));
  }
  return faces;
}

function faceOf({ stride, cols, bbox, kps }: YuNetGrid, cell: number, score: number): YuNetFace {
  const [left, top] = [cell % cols, Math.floor(cell / cols)];
  const at = (values: Float32Array, i: number): Point => ({
    x: stride * (left + (values[i] as number)),
    y: stride * (top + (values[i + 1] as number)),
  });
  const middle = at(bbox, 4 * cell);
  const width = stride * Math.exp(bbox[4 * cell + 2] as number);
  const height = stride * Math.exp(bbox[4 * cell + 3] as number);
  return {
    box: { x: middle.x - width / 2, y: middle.y - height / 2, width, height },
    score,
    points: [0, 2, 4, 6, 8].map((i) => at(kps, 10 * cell + i)),
  };
}
