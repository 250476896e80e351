import { FACE_SIZE } from '../util/classes.js';
import { type ImageDraw, plainDraw } from '../util/image_draw.js';

/**
 * Test-time augmentation: the probabilities of several versions of an image are averaged.
 *   none     the image
 *   flip     the image and its mirror
 *   tencrop  five crops, the corners and the centre, each with an edge of 5/6 of the image and enlarged to full size,
 *            and their mirrors (Krizhevsky et al. 2012)
 */
export const TTA = ['none', 'flip', 'tencrop'] as const;
export type Tta = (typeof TTA)[number];

/** Edge of a crop of `tencrop`, as a share of the image. */
const CROP = 5 / 6;

/** The versions of one image that are classified. @param size [height, width]; default: those of a face */
export function ttaDraws(
  image: number,
  tta: Tta,
  [height, width]: readonly [number, number, ...unknown[]] = [FACE_SIZE, FACE_SIZE],
): ImageDraw[] {
  const plain = plainDraw(image);
  const mirrored = (draw: ImageDraw): ImageDraw => ({
    ...draw,
    xx: -draw.xx,
    x0: draw.x0 + draw.xx * (width - 1),
  });
  if (tta === 'none') return [plain];
  if (tta === 'flip') return [plain, mirrored(plain)];
  const [across, down] = [(width - 1) * (1 - CROP), (height - 1) * (1 - CROP)];
  const corners = [
    [0, 0],
    [across, 0],
    [0, down],
    [across, down],
    [across / 2, down / 2],
  ] as const;
  const crops = corners.map(([x0, y0]) => ({ ...plain, xx: CROP, x0, yy: CROP, y0 }));
  return [...crops, ...crops.map(mirrored)];
}
