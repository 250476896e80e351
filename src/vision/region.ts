import { UsageError } from '../util/errors.js';
import type { Picture } from '../util/picture.js';
import type { Box, FaceBox } from './geometry.js';
import { cut } from './pixels.js';

/** Parses `x,y,width,height` in pixels of the frame. Throws UsageError. */
export function parseRegion(text: string): Box {
  const numbers = text.split(',').map((part) => (/^\s*\d+\s*$/.test(part) ? Number(part) : Number.NaN));
  const [x = Number.NaN, y = Number.NaN, width = Number.NaN, height = Number.NaN] = numbers;
  if (numbers.length !== 4 || !(x >= 0 && y >= 0 && width >= 1 && height >= 1)) {
    throw new UsageError(
      `--roi ${text}: expected x,y,width,height in whole pixels of the frame, e.g. 100,50,320,240`,
    );
  }
  return { x, y, width, height };
}

/** The part of a region that lies in a picture. Throws UsageError if there is none. */
export function regionIn(region: Box, { width, height }: Pick<Picture, 'width' | 'height'>): Box {
  const { x, y } = region;
  if (x >= width || y >= height) {
    throw new UsageError(
      `--roi ${x},${y},${region.width},${region.height}: outside of the frame of ${width} x ${height}`,
    );
  }
  return { x, y, width: Math.min(region.width, width - x), height: Math.min(region.height, height - y) };
}

/** Finds boxes in a region of a picture; they are those of the whole picture. */
export async function searchedIn(
  picture: Picture,
  region: Box | undefined,
  search: (part: Picture) => Promise<FaceBox[]>,
): Promise<FaceBox[]> {
  if (region === undefined) return search(picture);
  const part = regionIn(region, picture);
  const found = await search(cut(picture, part));
  return found.map((box) => ({ ...box, x: box.x + part.x, y: box.y + part.y }));
}

/** Whether the middle of a box lies in a region. */
export function isInside(box: Box, region: Box): boolean {
  const [x, y] = [box.x + box.width / 2 - region.x, box.y + box.height / 2 - region.y];
  return x >= 0 && y >= 0 && x < region.width && y < region.height;
}
