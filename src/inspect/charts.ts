import type { Picture } from '../util/picture.js';
import { heatPicture } from './color.js';
import type { PointsPart, ReliabilityPart, SurfacePart } from './result.js';

type Color = readonly [number, number, number];

/** Colours of classes, in order, light enough for dark paper and dark enough for light; then again from the first. */
export const CLASS_COLORS: readonly Color[] = [
  [220, 60, 60],
  [80, 160, 60],
  [140, 90, 200],
  [235, 160, 30],
  [130, 130, 130],
  [50, 120, 220],
  [230, 90, 170],
  [40, 170, 170],
  [150, 110, 60],
  [110, 130, 30],
];

/** Edge of a chart in pixels. */
const SIZE = 384;
const PAPER = 250;
const LINE: Color = [120, 120, 120];
const BAR: Color = [90, 140, 220];

/** A chart as a picture, without words: those are in the part. */
export function chartPicture(part: PointsPart | ReliabilityPart | SurfacePart): Picture {
  if (part.kind === 'surface') return surfacePicture(part);
  return part.kind === 'points' ? scatterPicture(part) : reliabilityPicture(part);
}

function paper(): { picture: Picture; dot: (x: number, y: number, color: Color) => void } {
  const data = new Uint8Array(SIZE * SIZE * 3).fill(PAPER);
  return {
    picture: { width: SIZE, height: SIZE, channels: 3, data },
    dot: (x, y, color) => {
      if (x >= 0 && x < SIZE && y >= 0 && y < SIZE) data.set(color, (y * SIZE + x) * 3);
    },
  };
}

/** Each point as a square of 3 x 3 pixels in the colour of its class; up is more. */
function scatterPicture({ x, y, labels }: PointsPart): Picture {
  const { picture, dot } = paper();
  const placed = (values: readonly number[]): number[] => {
    const low = values.reduce((least, v) => Math.min(least, v), Number.POSITIVE_INFINITY);
    const high = values.reduce((most, v) => Math.max(most, v), Number.NEGATIVE_INFINITY);
    return values.map((v) => Math.round(4 + ((SIZE - 9) * (v - low)) / Math.max(1e-12, high - low)));
  };
  const [across, up] = [placed(x), placed(y)];
  labels.forEach((label, i) => {
    const color = CLASS_COLORS[label % CLASS_COLORS.length] as Color;
    for (let k = 0; k < 9; k++)
      dot((across[i] as number) + (k % 3) - 1, SIZE - 1 - (up[i] as number) + Math.floor(k / 3) - 1, color);
  });
  return picture;
}

/** Accuracy as a bar for every bin of confidence, and the diagonal of a network that means what it says. */
function reliabilityPicture({ bins }: ReliabilityPart): Picture {
  const { picture, dot } = paper();
  for (const { from, to, accuracy, count } of bins) {
    if (count === 0) continue;
    for (let x = Math.round(from * SIZE) + 1; x < Math.round(to * SIZE) - 1; x++)
      for (let y = 0; y < accuracy * SIZE; y++) dot(x, SIZE - 1 - y, BAR);
  }
  for (let i = 0; i < SIZE; i++) for (const wide of [0, 1]) dot(i, SIZE - 1 - i + wide, LINE);
  return picture;
}

/** The lowest value dark, the highest light; the axes as in the part, up is more. */
function surfacePicture({ values, at }: SurfacePart): Picture {
  const rows = values.toReversed().flat();
  const low = rows.reduce((least, v) => Math.min(least, v), Number.POSITIVE_INFINITY);
  const high = rows.reduce((most, v) => Math.max(most, v), Number.NEGATIVE_INFINITY);
  const size = { height: values.length, width: at.length };
  return heatPicture(
    rows.map((v) => v - low),
    size,
    high - low,
  );
}
