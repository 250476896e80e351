import type { Inspection } from '../../src/inspect/result.js';
import { CLASS_NAMES } from '../../src/util/classes.js';
import type { Picture } from '../../src/util/picture.js';
import { Rng } from '../../src/util/random.js';

const pattern = (width: number, height: number, channels: 1 | 3): Picture => ({
  ...{ width, height, channels },
  data: Uint8Array.from({ length: width * height * channels }, (_, i) => (i * 7) % 256),
});

const named = (count: number, width: number, channels: 1 | 3) =>
  Array.from({ length: count }, (_, i) => ({
    ...{ name: `p-${i}`, caption: `picture ${i}`, label: i % 7, picture: pattern(width, width, channels) },
  }));

/** A cloud of points for each class, on a circle. */
function clouds(count: number): { x: number[]; y: number[]; labels: number[] } {
  const rng = new Rng(1);
  const labels = Array.from({ length: count }, (_, i) => i % 7);
  const around = (center: (angle: number) => number) =>
    labels.map((label) => 3 * center((2 * Math.PI * label) / 7) + 0.6 * rng.normal());
  return { labels, x: around(Math.cos), y: around(Math.sin) };
}

const method = (name: string, title: string) => ({
  ...{ method: name, title, shows: `What ${title} shows.`, limits: 'What it does not show.', seconds: 1.25 },
  source: 'Author et al. 2017, arXiv 1610.02391',
});

/** An inspection with a part of every kind. @param count of points in the embedding */
export function fullInspection(count = 70): Inspection {
  const at = Array.from({ length: 15 }, (_, i) => (i - 7) / 7);
  return {
    model: {
      ...{ name: 'fer-cnn', weights: 'runs/r1/best.safetensors', classes: CLASS_NAMES },
      ...{ inputShape: [48, 48, 1], parameters: 541_191 },
    },
    face: {
      ...{ name: 'validation face 12', picture: pattern(48, 48, 1), label: 3 },
      probabilities: [0.05, 0.01, 0.02, 0.8, 0.07, 0.03, 0.02],
    },
    data: { name: 'synthetic', split: 'validation', count: 420 },
    ...{ adapter: 'llvmpipe', seed: 7 },
    sections: [
      {
        ...method('grad-cam', 'Grad-CAM'),
        parts: [
          {
            ...{ kind: 'pictures', title: 'Every class', note: 'A note.', pictures: named(7, 48, 3) },
            legend: {
              quantity: 'share',
              colors: [
                [0, 0, 0],
                [200, 60, 80],
                [255, 245, 170],
              ],
              low: 'none',
              high: 'most',
            },
          },
          {
            kind: 'table',
            title: 'Checks',
            columns: ['class', 'sum', 'count'],
            rows: [['Happy', 0.12345, 1234]],
          },
        ],
      },
      {
        ...method('feature-maps', 'Feature maps'),
        parts: [{ kind: 'pictures', title: 'Layers', pictures: named(4, 282, 3) }],
      },
      {
        ...method('filters', 'Filters'),
        parts: [{ kind: 'pictures', title: 'conv2d', pictures: named(32, 3, 3) }],
      },
      {
        ...method('reliability', 'Reliability'),
        parts: [
          {
            ...{ kind: 'reliability', title: 'Confidence and accuracy', ece: 0.0625 },
            bins: [
              { from: 0, to: 0.5, count: 0, confidence: 0, accuracy: 0 },
              { from: 0.5, to: 1, count: 420, confidence: 0.8, accuracy: 0.7375 },
            ],
          },
        ],
      },
      {
        ...method('pca', 'PCA'),
        parts: [{ kind: 'points', title: 'Last hidden layer', axes: ['first', 'second'], ...clouds(count) }],
      },
      {
        ...method('loss-surface', 'Loss surface'),
        parts: [
          {
            ...{ kind: 'surface', title: 'Around the weights', at, quantity: 'cross-entropy' },
            values: at.map((y) => at.map((x) => 0.5 + 4 * x ** 2 + 2 * y ** 2 + x * y)),
          },
        ],
      },
    ],
    skipped: [{ method: 'umap', why: 'three faces are too few' }],
  };
}
