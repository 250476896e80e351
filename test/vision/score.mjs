import { iou } from '../../dist/vision/geometry.js';

/** A found box that overlaps the true one by so much has found it. */
const SAME = 0.4;

/**
 * Compares found boxes with the truth, frame by frame; a face that is partly outside counts neither way.
 * @param found [frames][faces] boxes, or objects with a `box` @param truth as compose.mjs writes it
 * Returns counts, recall and precision, and `pairs`: [frame, true face, found face].
 */
export function score(found, truth) {
  let [faces, hits, extra] = [0, 0, 0];
  const pairs = [];
  truth.frames.forEach(({ faces: real }, frame) => {
    const free = [...(found[frame] ?? [])];
    for (const face of real) {
      const at = free.findIndex((one) => iou(one.box ?? one, face.box) >= SAME);
      if (face.whole) faces++;
      if (at < 0) continue;
      const [one] = free.splice(at, 1);
      if (!face.whole) continue;
      hits++;
      pairs.push({ frame, real: face, found: one });
    }
    extra += free.length;
  });
  return {
    faces,
    hits,
    extra,
    recall: faces === 0 ? 1 : hits / faces,
    precision: hits + extra === 0 ? 1 : hits / (hits + extra),
    pairs,
  };
}
