import { signedPicture } from '../util/signed_picture.js';
import { largest, signedLegend } from './color.js';
import { type Method, stem } from './method.js';
import { pixelGradient } from './pixel_gradient.js';
import { classSeed, type Subject } from './subject.js';

/** Points of the path per run. */
const BATCH = 16;
/** Points of the path: one run at first, and at most. */
const [FEWEST, MOST] = [BATCH, 27 * BATCH];
/** How far the sum of the attributions may be from the difference that it explains. */
const COMPLETE = 0.01;

/** The attributions of one image, and how well they add up. */
export interface Attributions {
  /** [H, W, C] */
  readonly values: Float32Array;
  /** Score of the image minus score of the baseline: what the attributions should add up to. */
  readonly difference: number;
  /** Their sum. */
  readonly sum: number;
  /** Points of the path that were used. */
  readonly steps: number;
}

/** How far the attributions are from complete, relative to the difference. */
export const incompleteness = ({ sum, difference }: Attributions): number =>
  Math.abs(sum - difference) / Math.abs(difference);

/**
 * Integrated gradients (Sundararajan et al. 2017): (x - baseline) times the mean gradient of a class score along the straight
 * path from baseline to x. The mean is a midpoint rule of 16 points; their number triples, which keeps those before, until the
 * attributions add up to the difference of the scores within 1 %, or there are 432.
 * @param x [H, W, C], preprocessed @param baseline the same shape
 */
export async function integratedGradients(
  subject: Subject,
  { x, baseline, label }: { x: Float32Array; baseline: Float32Array; label: number },
  progress: (done: number, total: number) => void = () => undefined,
): Promise<Attributions> {
  const probe = await subject.probe({ batch: BATCH, of: subject.scores });
  const classes = subject.classes.length;
  const images = new Float32Array(BATCH * x.length);
  const score = async (image: Float32Array): Promise<number> => {
    const single = await subject.probe({ batch: 1 });
    single.forward(image);
    return (await single.output(subject.scores)).data[label] as number;
  };
  const difference = (await score(x)) - (await score(baseline));
  const total = new Float64Array(x.length);
  for (let steps = FEWEST; ; steps *= 3) {
    const places = newPlaces(steps);
    for (let first = 0; first < places.length; first += BATCH) {
      for (let i = 0; i < BATCH; i++) {
        const share = places[first + i] as number;
        for (let k = 0; k < x.length; k++) {
          const from = baseline[k] as number;
          images[i * x.length + k] = from + share * ((x[k] as number) - from);
        }
      }
      probe.forward(images);
      probe.backward(classSeed(new Array<number>(BATCH).fill(label), classes));
      const gradient = await pixelGradient(probe);
      for (let i = 0; i < gradient.length; i++) {
        const k = i % x.length;
        total[k] = (total[k] as number) + (gradient[i] as number);
      }
      progress(steps - places.length + first + BATCH, steps);
    }
    const values = Float32Array.from(
      total,
      (g, k) => (g / steps) * ((x[k] as number) - (baseline[k] as number)),
    );
    const sum = values.reduce((all, value) => all + value, 0);
    const made = { values, difference, sum, steps };
    if (incompleteness(made) <= COMPLETE || steps >= MOST) return made;
  }
}

/** The middles of `steps` equal parts of [0, 1], without those of a third as many parts. */
function newPlaces(steps: number): number[] {
  const all = Array.from({ length: steps }, (_, i) => (i + 0.5) / steps);
  return steps === FEWEST ? all : all.filter((_, i) => i % 3 !== 1);
}

/** Sums the channels of [H, W, C] into [H, W]. */
export function overChannels(values: Float32Array, channels: number): Float32Array {
  const out = new Float32Array(values.length / channels);
  for (let i = 0; i < values.length; i++) {
    const at = Math.floor(i / channels);
    out[at] = (out[at] as number) + (values[i] as number);
  }
  return out;
}

/** How much each pixel contributes to a score. */
export const INTEGRATED_GRADIENTS: Method = {
  name: 'integrated-gradients',
  title: 'Integrated gradients',
  shows:
    'How much each pixel contributes to the score of a class, compared with a black image: the contributions add up to the difference of the two scores.',
  limits: 'It depends on the baseline: black pixels of the face get nothing, whatever they mean.',
  source: 'Sundararajan et al. 2017, arXiv 1703.01365',
  needs: 'face',
  run: async ({ subject, face, progress }) => {
    const { picture, subject: label } = face;
    const baseline = subject.input(new Uint8Array(picture.data.length), picture.channels);
    const found = await integratedGradients(subject, { x: face.input, baseline, label }, progress);
    const map = overChannels(found.values, subject.inputShape[2]);
    const limit = largest(map);
    const { width, height } = picture;
    const name = subject.classes[label] ?? String(label);
    return [
      {
        ...{ kind: 'pictures', title: `Contributions to the score of ${name}` },
        pictures: [
          { name: 'face', caption: face.name, picture },
          {
            ...{ name: stem(name), caption: name, label },
            picture: signedPicture(map, { width, height, limit }),
          },
        ],
        legend: signedLegend('contribution to the score', `-${limit.toPrecision(2)}`, limit.toPrecision(2)),
        note: `The contributions add up to ${found.sum.toFixed(3)}; the scores differ by ${found.difference.toFixed(3)} (${(100 * incompleteness(found)).toFixed(2)} % off, ${found.steps} steps).`,
      },
    ];
  },
};
