import { PIXELS } from '../data/split_builder.js';
import type { Split, SplitName } from '../data/types.js';
import { FACE_SIZE } from '../util/classes.js';

/**
 * Pictures that are probably no photographs of faces, by statistics of their gray values alone.
 * `blank`: hardly any contrast. `plain`: one gray value fills a large part: text, signs, symbols. `drawn`: hard edges
 * everywhere, or very few tones: cartoons and line drawings.
 *
 * Not found: photographs of something else, the back of a head, a drawing with soft shading. Wrongly found: a face before a
 * white or black ground, and a photograph with very high contrast. So these are candidates for a look, not a verdict.
 */
export const NOT_FACE_KINDS = ['blank', 'plain', 'drawn'] as const;
export type NotFaceKind = (typeof NOT_FACE_KINDS)[number];

/** What the statistics say about one picture. */
export interface FaceStatistics {
  /** Standard deviation of the gray values. */
  readonly deviation: number;
  /** Different gray values. */
  readonly tones: number;
  /** Share of the most frequent gray value. */
  readonly plain: number;
  /** Share of pixels whose right or lower neighbour differs by more than 32 gray values. */
  readonly edges: number;
}

/** A picture that is probably no face. */
export interface NotFace extends FaceStatistics {
  readonly split: SplitName;
  readonly index: number;
  readonly label: number;
  readonly kind: NotFaceKind;
}

const EDGE = 32;

// Chosen by looking at FER-2013: of its 28,709 training images, 11 are black, and beyond these limits most are no photographs.
const BLANK_BELOW = 6;
const PLAIN_ABOVE = 0.4;
const DRAWN_ABOVE = 0.42;
const FEW_TONES = 16;

/** @param face [48, 48] gray values 0..255 */
export function faceStatistics(face: Uint8Array): FaceStatistics {
  const counts = new Uint32Array(256);
  let [sum, squares, edges] = [0, 0, 0];
  for (let i = 0; i < face.length; i++) {
    const value = face[i] as number;
    counts[value] = (counts[value] as number) + 1;
    sum += value;
    squares += value * value;
    const right = (i + 1) % FACE_SIZE === 0 ? value : (face[i + 1] as number);
    const below = face[i + FACE_SIZE] ?? value;
    if (Math.abs(value - right) > EDGE || Math.abs(value - below) > EDGE) edges++;
  }
  const mean = sum / face.length;
  return {
    deviation: Math.sqrt(Math.max(0, squares / face.length - mean * mean)),
    tones: counts.filter((count) => count > 0).length,
    plain: Math.max(...counts) / face.length,
    edges: edges / face.length,
  };
}

/** The kind of a picture that is probably no face; undefined for all others. */
export function notFaceKind({ deviation, tones, plain, edges }: FaceStatistics): NotFaceKind | undefined {
  if (deviation < BLANK_BELOW) return 'blank';
  if (edges > DRAWN_ABOVE || tones <= FEW_TONES) return 'drawn';
  return plain > PLAIN_ABOVE ? 'plain' : undefined;
}

/** The pictures that are probably no faces, in file order. */
export function notFaces(split: SplitName, { images, labels }: Split): NotFace[] {
  return Array.from(labels).flatMap((label, index) => {
    const statistics = faceStatistics(images.subarray(index * PIXELS, (index + 1) * PIXELS));
    const kind = notFaceKind(statistics);
    return kind === undefined ? [] : [{ split, index, label, kind, ...statistics }];
  });
}
