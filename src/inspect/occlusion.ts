import { percent } from '../util/axis.js';
import type { Picture } from '../util/picture.js';
import { signedPicture } from '../util/signed_picture.js';
import { largest, signedLegend } from './color.js';
import { type Method, stem } from './method.js';

/** Where the patches lie. */
export interface OcclusionGrid {
  /** Height and width of a patch, in pixels. */
  readonly patch: number;
  /** Distance from one patch to the next. */
  readonly stride: number;
}

/** Probabilities [n, classes] of pictures [n, H, W, channels]. */
type Predict = (pixels: Uint8Array) => Promise<Float32Array>;

/** A patch of a sixth of the image, which moves by half of itself. */
function gridOf({ width, height }: Picture): OcclusionGrid {
  const patch = Math.max(1, Math.round(Math.min(width, height) / 6));
  return { patch, stride: Math.max(1, Math.round(patch / 2)) };
}

/** The starts of patches along an axis; the last one ends at its end. */
function starts(extent: number, { patch, stride }: OcclusionGrid): number[] {
  const all: number[] = [];
  for (let at = 0; at + patch < extent; at += stride) all.push(at);
  return [...all, Math.max(0, extent - patch)];
}

/**
 * Covers one patch after the other with the mean tone of the picture, and notes by how much the probability of each class
 * falls. A pixel gets the mean of all patches that cover it.
 * @returns [classes][height * width]; positive where covering lowers the probability
 */
export async function occlusion(
  picture: Picture,
  grid: OcclusionGrid,
  predict: Predict,
): Promise<Float32Array[]> {
  const { width, height, channels, data } = picture;
  const mean = Math.round(data.reduce((sum, tone) => sum + tone, 0) / data.length);
  const places = starts(height, grid).flatMap((top) => starts(width, grid).map((left) => ({ top, left })));
  const pixelsOf = ({ top, left }: { top: number; left: number }): number[] => {
    const rows = Math.min(grid.patch, height);
    const columns = Math.min(grid.patch, width);
    return Array.from({ length: rows * columns }, (_, i) => {
      return (top + Math.floor(i / columns)) * width + left + (i % columns);
    });
  };
  const covered = new Uint8Array((places.length + 1) * data.length);
  covered.set(data);
  places.forEach((place, i) => {
    const copy = covered.subarray((i + 1) * data.length, (i + 2) * data.length);
    copy.set(data);
    for (const pixel of pixelsOf(place)) copy.fill(mean, pixel * channels, (pixel + 1) * channels);
  });
  const probabilities = await predict(covered);
  const classes = probabilities.length / (places.length + 1);
  const times = new Uint16Array(width * height);
  for (const place of places)
    for (const pixel of pixelsOf(place)) times[pixel] = (times[pixel] as number) + 1;
  return Array.from({ length: classes }, (_, label) => {
    const sum = new Float32Array(width * height);
    places.forEach((place, i) => {
      const drop = (probabilities[label] as number) - (probabilities[(i + 1) * classes + label] as number);
      for (const pixel of pixelsOf(place))
        sum[pixel] = (sum[pixel] as number) + drop / (times[pixel] as number);
    });
    return sum;
  });
}

/** What the network needs to see. */
export const OCCLUSION: Method = {
  name: 'occlusion',
  title: 'Occlusion',
  shows:
    'By how much the probability of a class falls when a gray patch covers that place: the network itself is asked, no gradient is involved.',
  limits: 'A gray patch is no natural face, and evidence that is in two places at once hardly shows.',
  source: 'Zeiler & Fergus 2014, arXiv 1311.2901',
  needs: 'face',
  run: async ({ subject, face, progress }) => {
    const { picture } = face;
    const grid = gridOf(picture);
    const maps = await occlusion(picture, grid, (pixels) =>
      subject.predict(subject.input(pixels, picture.channels), progress),
    );
    const shown = face.classes.map((label) => maps[label] ?? new Float32Array());
    const limit = Math.max(...shown.map(largest));
    const { width, height } = picture;
    const pictures = face.classes.map((label, i) => {
      const name = subject.classes[label] ?? String(label);
      const caption = `${name}, ${percent(face.probabilities[label] ?? 0)}`;
      return {
        ...{ name: stem(name), caption, label },
        picture: signedPicture(shown[i] ?? [], { width, height, limit }),
      };
    });
    return [
      {
        ...{ kind: 'pictures', title: 'Fall of the probability of each class', pictures },
        legend: signedLegend(
          'change of the probability when the place is covered',
          `rises by ${percent(limit)}`,
          `falls by ${percent(limit)}`,
        ),
        note: `Patches of ${grid.patch} x ${grid.patch} pixels, ${grid.stride} apart; one scale for all classes.`,
      },
    ];
  },
};
