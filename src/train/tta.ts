import { FACE_SIZE } from '../util/classes.js';
import { type Affine, affineDraw, type ImageDraw, plainDraw } from '../util/image_draw.js';

/**
 * Test-time augmentation: the probabilities of several versions of an image are averaged.
 *   none     the image
 *   flip     the image and its mirror
 *   tencrop  five crops, the corners and the centre, each with an edge of 5/6 of the image and enlarged to full size,
 *            and their mirrors (Krizhevsky et al. 2012)
 *   tenview  the image, turned by 6 degrees to either side, 8 % smaller and 8 % larger, and their mirrors: changes as small
 *            as those that the networks in the box were trained with
 */
export const TTA = ['none', 'flip', 'tencrop', 'tenview'] as const;
export type Tta = (typeof TTA)[number];

/** Edge of a crop of `tencrop`, as a share of the image. */
const CROP = 5 / 6;

const TURN = (6 * Math.PI) / 180;
/** The views of `tenview` that are not mirrored. */
const VIEWS: readonly Affine[] = [
  {},
  { angle: TURN },
  { angle: -TURN },
  { scale: 1 / 0.92 },
  { scale: 1 / 1.08 },
];

/** For a sentence about what was fitted: " with --tta flip"; nothing where each image is classified as it is. */
export const withTta = (tta: Tta = 'none'): string => (tta === 'none' ? '' : ` with --tta ${tta}`);

/** The mean of the probabilities of all versions, each [N, classes]. */
export function meanOf(versions: readonly Float32Array[]): Float32Array {
  const result = new Float32Array(versions[0]?.length ?? 0);
  for (const probabilities of versions) {
    for (let i = 0; i < result.length; i++) {
      result[i] = (result[i] as number) + (probabilities[i] as number) / versions.length;
    }
  }
  return result;
}

/** The versions of one image that are classified. @param size [height, width]; default: those of a face */
export function ttaDraws(
  image: number,
  tta: Tta,
  shape: readonly [number, number, ...unknown[]] = [FACE_SIZE, FACE_SIZE],
): ImageDraw[] {
  const [height, width] = shape;
  const plain = plainDraw(image);
  const mirrored = (draw: ImageDraw): ImageDraw => ({
    ...draw,
    xx: -draw.xx,
    x0: draw.x0 + draw.xx * (width - 1),
    yx: -draw.yx,
    y0: draw.y0 + draw.yx * (width - 1),
  });
  const withMirrors = (draws: ImageDraw[]): ImageDraw[] => [...draws, ...draws.map(mirrored)];
  if (tta === 'none') return [plain];
  if (tta === 'flip') return withMirrors([plain]);
  if (tta === 'tenview') return withMirrors(VIEWS.map((view) => affineDraw(image, view, shape)));
  const [across, down] = [(width - 1) * (1 - CROP), (height - 1) * (1 - CROP)];
  const corners = [
    [0, 0],
    [across, 0],
    [0, down],
    [across, down],
    [across / 2, down / 2],
  ] as const;
  return withMirrors(corners.map(([x0, y0]) => ({ ...plain, xx: CROP, x0, yy: CROP, y0 })));
}
