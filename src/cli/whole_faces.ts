import { statSync } from 'node:fs';
import { printable } from '../util/printable.js';
import { findFaces } from '../vision/find_faces.js';

/** Smaller files are pictures of the size of a face crop. */
const LEAST_BYTES = 6000;
/** Pictures that are looked at. */
const MOST = 20;
/** A face that takes less of its picture than this is not what the picture shows as a whole. A cascade finds 50 to 100 % of a face crop. */
const SHARE = 0.4;

/**
 * What to tell somebody whose pictures are taken for face crops, but show a face that is clearly smaller than the picture; undefined
 * if there are none. Looks at the first 20 larger pictures.
 */
export async function cropHint(paths: readonly string[]): Promise<string | undefined> {
  const large = paths.filter((path) => (statSync(path, { throwIfNoEntry: false })?.size ?? 0) >= LEAST_BYTES);
  if (large.length === 0) return undefined;
  const photos = (await findFaces(large.slice(0, MOST))).filter(({ width, height, faces: [face] }) => {
    return face !== undefined && face.box.width * face.box.height < SHARE * width * height;
  });
  const [first] = photos;
  const face = first?.faces[0];
  if (first === undefined || face === undefined) return undefined;
  const others = photos.length === 1 ? '' : `, and ${photos.length - 1} more like it`;
  return (
    `${printable(first.path ?? '')}: the picture of ${first.width} x ${first.height} was classified as one face, but its face takes only ` +
    `${Math.round(face.box.width)} x ${Math.round(face.box.height)}${others}; --detect finds the faces first`
  );
}
